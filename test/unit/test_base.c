/* test_base.c - messages, exact arithmetic, numbers as text, memory. */
#include <inttypes.h>
#include <math.h>
#include <locale.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/num.h"
#include "base/error.h"
#include "base/rank.h"
#include "base/text.h"
#include "test.h"

START_TEST(messages_fit_whatever_the_path)
{
    for (size_t n = 0; n < 2000; n += 7) {
        ets_error *e = malloc(sizeof *e); /* on the heap: a byte too far is seen */
        char *path = malloc(n + 1);
        memset(path, 'p', n);
        path[n] = '\0';
        struct eti_place at = {path, 3, 9, 0, false};
        ck_assert_int_eq(eti_fail(e, ETS_RANGE, &at, "grid.x: %s is wrong", path), ETS_RANGE);
        ck_assert(strlen(e->text) < sizeof e->text);
        ck_assert_uint_eq(e->line, 3);
        ck_assert_uint_eq(e->column, 9);
        if (n) ck_assert_ptr_nonnull(strstr(e->text, ":3:9: grid.x: "));
        free(path);
        free(e);
    }
    ck_assert_int_eq(eti_fail(NULL, ETS_IO, NULL, "unheard"), ETS_IO);
}
END_TEST

START_TEST(messages_hold_no_control_bytes)
{
    ets_error e;
    eti_fail(&e, ETS_IO, NULL, "%s", "bell \a, delete \x7f, \xc3\xa9");
    ck_assert_str_eq(e.text, "bell ?, delete ?, \xc3\xa9");
}
END_TEST

START_TEST(a_neighbour_is_suggested_a_stranger_not)
{
    static const char *const keys[] = {"grid.x", "grid.y", "tile.cells", "clock_hz"};
    ck_assert_str_eq(eti_did_you_mean("grid.z", keys, 4), "grid.x");
    ck_assert_str_eq(eti_did_you_mean("tile.cell", keys, 4), "tile.cells");
    ck_assert_str_eq(eti_did_you_mean("clok_hz", keys, 4), "clock_hz");
    ck_assert_ptr_null(eti_did_you_mean("bananas", keys, 4));
    static const char *const ops[] = {"conv_2d", "concat", "max_pool"};
    ck_assert_str_eq(eti_did_you_mean("concatenation", ops, 3), "concat"); /* as others call it */
    ck_assert_str_eq(eti_did_you_mean("max_pooling_layer", ops, 3), "max_pool");
    ck_assert_ptr_null(eti_did_you_mean("con", ops, 3));
    char word[80]; /* longer than what is compared */
    memset(word, 'w', sizeof word);
    word[sizeof word - 1] = '\0';
    const char *const longest[] = {word, word + 70};
    ck_assert_ptr_null(eti_did_you_mean("a stranger", longest, 2));
    ck_assert_str_eq(eti_did_you_mean(word, longest + 1, 1), word + 70);
    ck_assert_ptr_null(eti_did_you_mean("w", longest, 1));
}
END_TEST

#ifdef __SIZEOF_INT128__ /* 32-bit machines have nothing to compare with */
START_TEST(scaled_products_are_exact)
{
    uint64_t seed = 10;
    for (int i = 0; i < 200000; i++) {
        uint64_t a = test_random(&seed) >> test_random(&seed) % 64, b = test_random(&seed) >> test_random(&seed) % 64;
        uint64_t c = (test_random(&seed) >> test_random(&seed) % 64) | 1;
        __extension__ unsigned __int128 product = (unsigned __int128)a * b, floor = product / c, ceil = floor + (product % c != 0);
        ck_assert_uint_eq(eti_mul_div_floor(a, b, c), floor > UINT64_MAX ? UINT64_MAX : (uint64_t)floor);
        ck_assert_uint_eq(eti_mul_div_ceil(a, b, c), ceil > UINT64_MAX ? UINT64_MAX : (uint64_t)ceil);
        ck_assert_uint_eq(eti_mul_high(a, b), (uint64_t)(product >> 64));
    }
}
END_TEST
#endif

/* Time from the count, once: 480 MHz does not divide a nanosecond. */
START_TEST(time_comes_from_the_count)
{
    ck_assert_uint_eq(eti_ns_of_cycles(480000000, 480000000), 1000000000);
    ck_assert_uint_eq(eti_ns_of_cycles(1, 480000000), 2);
    ck_assert_uint_eq(eti_cycles_of_ns(2, 480000000), 1);
    ck_assert_uint_eq(eti_cycles_of_bytes(465000000, 465000000, 500000000), 500000000);
    ck_assert_uint_eq(eti_cycles_of_bytes(1, 465000000, 500000000), 2); /* 1.08, rounded up */
}
END_TEST

START_TEST(numbers_with_suffixes)
{
    static const struct { const char *text; uint64_t value; } good[] = {
        {"0", 0}, {"250M", 250000000}, {"0.5G", 500000000}, {"192Ki", 196608}, {"1.5k", 1500}, {"18446744073709551615", UINT64_MAX},
    };
    static const char *const bad[] = {"0.00000000000000000001", "0.18446744073709551616", "18446744073709551615k", "-", "", "-1", "1.5", "M", "1 k", "0x10", "1e3", "18446744073709551616", "99999999999999999999G", "1.", "1.k"};
    uint64_t value;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(eti_parse_u64(good[i].text, &value), "%s", good[i].text);
        ck_assert_uint_eq(value, good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) ck_assert_msg(!eti_parse_u64(bad[i], &value), "%s", bad[i]);
}
END_TEST

static void assert_written(double value, const char *text)
{
    struct eti_text t;
    eti_text_init(&t, NULL);
    eti_text_add_double(&t, value);
    ck_assert_str_eq(t.data, text);
    eti_text_free(&t);
}

START_TEST(whole_numbers_are_written_as_such)
{
    static const struct { double value; const char *text; } of[] = {{0, "0"}, {100, "100"}, {-40, "-40"}, {123456789, "123456789"}, {1e15, "1000000000000000"},
                                                                   {1e20, "1e+20"}, {0.25, "0.25"}, {99.5, "99.5"}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) assert_written(of[i].value, of[i].text);
}
END_TEST

START_TEST(counts_are_written_as_printf_does)
{
    uint64_t seed = 3, value = 0;
    for (int i = 0; i < 2000; i++, value = i == 1 ? UINT64_MAX : test_random(&seed) >> i % 64) {
        struct eti_text t;
        char expected[24];
        snprintf(expected, sizeof expected, "%" PRIu64, value);
        eti_text_init(&t, NULL);
        eti_text_add_u64(&t, value);
        ck_assert_str_eq(t.data, expected);
        eti_text_free(&t);
    }
}
END_TEST

/* Short and long, on both sides of what is written at one go. */
START_TEST(texts_of_any_length_are_printed_whole)
{
    struct eti_text t;
    size_t length = 0;
    eti_text_init(&t, NULL);
    for (int n = 0; n < 600; n++) {
        eti_text_printf(&t, "%*d|", n, 7);
        length += (size_t)(n ? n : 1) + 1;
        ck_assert_uint_eq(t.length, length);
        ck_assert_uint_eq(strlen(t.data), length);
        ck_assert_str_eq(t.data + length - 2, "7|");
    }
    eti_text_free(&t);
}
END_TEST

static void round_trips(uint64_t n)
{
    uint64_t seed = 11;
    for (uint64_t i = 0; i < n; i++) {
        struct eti_text t;
        uint64_t bits = test_random(&seed);
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (value - value != 0) continue;
        eti_text_init(&t, NULL);
        eti_text_add_double(&t, value);
        ck_assert_ptr_null(strchr(t.data, ','));
        setlocale(LC_NUMERIC, "C");
        back = strtod(t.data, NULL);
        setlocale(LC_NUMERIC, "de_DE.UTF-8");
        ck_assert(back == value);
        eti_text_free(&t);
    }
}

START_TEST(what_is_no_number_is_written_as_such)
{
    static const struct { double value; const char *text; } cases[] = {{NAN, "nan"}, {INFINITY, "inf"}, {-INFINITY, "-inf"}, {-0.5, "-0.5"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_written(cases[i].value, cases[i].text);
}
END_TEST

START_TEST(doubles_read_back_in_any_locale)
{
    round_trips(3000);
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8")) round_trips(3000);
    setlocale(LC_NUMERIC, "C");
}
END_TEST

/* The largest first, equal ones as they were: for any number of things, also those at the ends of runs. */
START_TEST(ranks_are_sorted_and_stable)
{
    struct eti_ranked things[300], scratch[300];
    uint64_t seed = 3;
    for (uint32_t n = 0; n <= 300; n++) {
        uint64_t sizes[300], kinds = test_between(&seed, 1, 40);
        for (uint32_t i = 0; i < n; i++) {
            struct eti_ranked t = {sizes[i] = test_random(&seed) % kinds, i};
            things[i] = t;
        }
        const struct eti_ranked *sorted = eti_rank(things, scratch, n);
        bool seen[300] = {false};
        for (uint32_t i = 0; i < n; i++) {
            ck_assert_uint_lt(sorted[i].index, n);
            ck_assert(!seen[sorted[i].index]);
            seen[sorted[i].index] = true;
            ck_assert_uint_eq(sorted[i].size, sizes[sorted[i].index]);
            if (!i) continue;
            ck_assert_uint_ge(sorted[i - 1].size, sorted[i].size);
            if (sorted[i - 1].size == sorted[i].size) ck_assert_uint_lt(sorted[i - 1].index, sorted[i].index);
        }
    }
}
END_TEST

/* What comes of bytes that a terminal, an editor or a reader of UTF-8 would stumble over. */
START_TEST(names_are_plain_text)
{
    static const struct { const char *given, *kept; } texts[] = {
        {"conv_1/weights: 50 % \\ \"", "conv_1/weights: 50 % \\ \""}, {"\xc3\xa4 \xe4\xb8\xad \xf0\x9f\x98\x80", "\xc3\xa4 \xe4\xb8\xad \xf0\x9f\x98\x80"},
        {"\033[31m\007\177\r\n", "?[31m????"},
        {"\xc2\x9b" "31m \xc2\xa0", "??31m \xc2\xa0"}, /* a terminal takes U+009B as ESC [ */
        {"\x9b" "31m\xff\xfe", "?31m??"}, {"\xc0\x80 \xed\xa0\x80 \xf5\x80\x80\x80", "?? ??? ????"},
        {"\xe2\x80\xae" "fed \xe2\x81\xa6 \xe2\x80\xa8 \xe2\x80\x93", "???fed ??? ??? \xe2\x80\x93"},
        {"cut \xe4\xb8", "cut ??"},
    };
    struct eti_arena arena;
    ets_error e;
    eti_arena_init(&arena, NULL);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_str_eq(eti_arena_text(&arena, texts[i].given, strlen(texts[i].given)), texts[i].kept);
        eti_fail(&e, ETS_RANGE, NULL, "%s", texts[i].given);
        ck_assert_str_eq(e.text, texts[i].kept);
        char given[64];
        snprintf(given, sizeof given, "%s", texts[i].given);
        ets_make_plain(given);
        ck_assert_str_eq(given, texts[i].kept);
    }
    ck_assert_str_eq(eti_arena_text(&arena, "a\0b", 3), "a?b");
    eti_arena_free(&arena);
}
END_TEST

START_TEST(arena_blocks_are_apart_aligned_and_zero)
{
    struct eti_arena arena;
    uint64_t seed = 12;
    eti_arena_init(&arena, NULL);
    for (int i = 0; i < 2000; i++) {
        size_t n = test_between(&seed, 0, 5000);
        unsigned char *p = eti_arena_alloc(&arena, n, 1);
        ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < n; k++) ck_assert_uint_eq(p[k], 0);
        memset(p, 0xff, n);
    }
    ck_assert_ptr_null(eti_arena_alloc(&arena, SIZE_MAX / 2, 4));
    eti_arena_free(&arena);
}
END_TEST

/* A control character, and a byte that is no UTF-8, becomes a question mark wherever it is; nothing else does. */
START_TEST(text_is_printable)
{
    static const char bytes[] = {1, 0x1f, 0x20, 0x7e, 0x7f, (char)0x80, (char)0xff};
    struct eti_arena arena;
    eti_arena_init(&arena, NULL);
    for (size_t length = 1; length < 26; length++)
        for (size_t at = 0; at < length; at++)
            for (size_t k = 0; k < sizeof bytes; k++) {
                char text[32];
                memset(text, 'x', length);
                text[at] = bytes[k];
                const char *copy = eti_arena_text(&arena, text, length);
                ck_assert_ptr_nonnull(copy);
                if (bytes[k] != 0x20 && bytes[k] != 0x7e) text[at] = '?';
                ck_assert(memcmp(copy, text, length) == 0 && copy[length] == '\0');
            }
    eti_arena_free(&arena);
}
END_TEST

Suite *suite_base(void);
Suite *suite_base(void)
{
    Suite *s = suite_create("base");
    TCase *t = tcase_create("base");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, messages_fit_whatever_the_path);
    tcase_add_test(t, messages_hold_no_control_bytes);
    tcase_add_test(t, a_neighbour_is_suggested_a_stranger_not);
#ifdef __SIZEOF_INT128__
    tcase_add_test(t, scaled_products_are_exact);
#endif
    tcase_add_test(t, time_comes_from_the_count);
    tcase_add_test(t, numbers_with_suffixes);
    tcase_add_test(t, whole_numbers_are_written_as_such);
    tcase_add_test(t, counts_are_written_as_printf_does);
    tcase_add_test(t, texts_of_any_length_are_printed_whole);
    tcase_add_test(t, what_is_no_number_is_written_as_such);
    tcase_add_test(t, doubles_read_back_in_any_locale);
    tcase_add_test(t, ranks_are_sorted_and_stable);
    tcase_add_test(t, names_are_plain_text);
    tcase_add_test(t, arena_blocks_are_apart_aligned_and_zero);
    tcase_add_test(t, text_is_printable);
    suite_add_tcase(s, t);
    return s;
}
