/* test_io.c - files, gzip, YAML trees, the FlatBuffer cursor, the JSON writer. */
#include <unistd.h>
#include <zlib.h>

#include "io/file.h"
#include "io/flatbuf.h"
#include "io/json.h"
#include "io/yamltree.h"
#include "test.h"

START_TEST(what_is_no_file_is_said)
{
    struct eti_file f;
    ets_error e;
    ASSERT_FAILS(eti_file_open(&f, "/nowhere/x.yaml", NULL, &e), ETS_IO, e, "/nowhere/x.yaml: no such file");
    ASSERT_FAILS(eti_file_open(&f, "/", NULL, &e), ETS_IO, e, "is a directory, not a file");
    ASSERT_FAILS(eti_file_open(&f, "/dev/null", NULL, &e), ETS_IO, e, "is empty");
}
END_TEST

static size_t gzip(const char *text, size_t n, unsigned char *out, size_t room)
{
    z_stream z;
    memset(&z, 0, sizeof z);
    deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    z.next_in = (unsigned char *)(uintptr_t)text;
    z.avail_in = (unsigned)n;
    z.next_out = out;
    z.avail_out = (unsigned)room;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return z.total_out;
}

START_TEST(gzip_is_read_and_its_damage_found)
{
    unsigned char packed[4096];
    char text[3000];
    struct eti_file f;
    ets_error e;
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i * i % 23);
    size_t n = gzip(text, sizeof text, packed, sizeof packed);
    ASSERT_OK(eti_file_wrap(&f, "t", packed, n, NULL, &e), e);
    ck_assert_uint_eq(f.size, sizeof text);
    ck_assert_mem_eq(f.data, text, sizeof text);
    eti_file_close(&f);
    size_t both = n + gzip("end\n", 4, packed + n, sizeof packed - n); /* `cat a.gz b.gz` */
    ASSERT_OK(eti_file_wrap(&f, "t", packed, both, NULL, &e), e);
    ck_assert_uint_eq(f.size, sizeof text + 4);
    ck_assert_mem_eq(f.data, text, sizeof text);
    ck_assert_mem_eq(f.data + sizeof text, "end\n", 4);
    eti_file_close(&f);
    for (size_t cut = n + 1; cut < both; cut++)
        ck_assert_int_eq(eti_file_wrap(&f, "t", packed, cut, NULL, &e), ETS_SYNTAX);
    packed[n + 1] ^= 0x55;
    ck_assert_int_eq(eti_file_wrap(&f, "t", packed, both, NULL, &e), ETS_SYNTAX);
    for (size_t cut = 2; cut < n; cut += 11)
        ck_assert_int_eq(eti_file_wrap(&f, "t", packed, cut, NULL, &e), ETS_SYNTAX);
    packed[n / 2] ^= 0x55;
    ck_assert_int_eq(eti_file_wrap(&f, "t", packed, n, NULL, &e), ETS_SYNTAX);
}
END_TEST

static ets_status yaml(const char *text, struct eti_yaml **root, struct eti_arena *arena, ets_error *e)
{
    eti_arena_init(arena, NULL);
    return eti_yaml_parse("t.yaml", (const uint8_t *)text, strlen(text), arena, root, e);
}

START_TEST(yaml_faults_have_their_place)
{
    static char deep[200];
    for (int i = 0; i < 40; i++) deep[i] = '[';
    const struct { const char *text; ets_status status; const char *message; } faults[] = {
        {"a: 1\nb: 2\na: 3\n", ETS_SCHEMA, "t.yaml:3:1: a: already set on line 1"},
        {"a: &x 1\nb: *x\n", ETS_SYNTAX, "t.yaml:1:4: anchors and aliases"},
        {"a: *x\n", ETS_SYNTAX, "anchors and aliases"},
        {"a: 1\n---\nb: 2\n", ETS_SYNTAX, "t.yaml:3:1: a second document"},
        {"a: [1, 2\nb: 3\n", ETS_SYNTAX, "t.yaml:2:2: not valid YAML"},
        {"? [a]\n: 1\n", ETS_SYNTAX, "a key must be a single word"},
        {deep, ETS_RANGE, "nested more than 32 deep"},
        {"", ETS_SYNTAX, "holds no value"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct eti_arena arena;
        struct eti_yaml *root;
        ets_error e;
        ASSERT_FAILS(yaml(faults[i].text, &root, &arena, &e), faults[i].status, e, faults[i].message);
        eti_arena_free(&arena);
    }
}
END_TEST

START_TEST(yaml_nodes_know_where_they_stand)
{
    struct eti_arena arena;
    struct eti_yaml *root;
    ets_error e;
    ASSERT_OK(yaml("a: 1\nb:\n  - x\n  - {c: 'y z'}\n", &root, &arena, &e), e);
    const struct eti_yaml *b = eti_yaml_get(root, "b");
    ck_assert_uint_eq(b->n_children, 2);
    ck_assert_uint_eq(b->child->line, 3);
    ck_assert_uint_eq(b->child->column, 5);
    ck_assert_str_eq(eti_yaml_get(b->child->next, "c")->text, "y z");
    ck_assert(!eti_yaml_get(b->child->next, "c")->plain);
    eti_arena_free(&arena);
}
END_TEST

/* A root table with a scalar, a string and a vector of 3 numbers, by hand. */
static const uint8_t small[] = {
    16, 0, 0, 0, 'T', 'E', 'S', 'T', /* root at 16 */
    8, 0, 16, 0, 4, 0, 12, 0,        /* vtable at 8: 8 bytes, table of 16; fields at 4 and 12 */
    8, 0, 0, 0,                      /* table at 16, vtable 8 back */
    42, 0, 0, 0,                     /* field 0 */
    0, 0, 0, 0, 4, 0, 0, 0,          /* padding; field 1: a vector 4 further on */
    3, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0,
};

static void read_small(const uint8_t *data, size_t size, ets_status *status, uint32_t *first, int32_t *second)
{
    struct eti_fb fb;
    ets_error e;
    eti_fb_init(&fb, "t", data, size, &e);
    struct eti_fb_table root = eti_fb_root(&fb);
    *first = eti_fb_u32(&fb, root, 0, 1);
    struct eti_fb_vector v = eti_fb_vector(&fb, root, 1, 4);
    *second = eti_fb_i32_at(&fb, v, 1);
    *status = fb.status;
}

START_TEST(flatbuffer_reads_what_is_there)
{
    ets_status status;
    uint32_t first;
    int32_t second;
    read_small(small, sizeof small, &status, &first, &second);
    ck_assert_int_eq(status, ETS_OK);
    ck_assert_uint_eq(first, 42);
    ck_assert_int_eq(second, 8);
}
END_TEST

/* The sanitizer is the judge: no damage makes the cursor leave the buffer. */
START_TEST(flatbuffer_stays_inside)
{
    uint64_t seed = 13;
    for (int i = 0; i < 200000; i++) {
        size_t n = test_between(&seed, 0, sizeof small);
        uint8_t *copy = malloc(n ? n : 1);
        ets_status status;
        uint32_t first;
        int32_t second;
        memcpy(copy, small, n);
        for (uint64_t k = test_between(&seed, 0, 3); k && n; k--) copy[test_random(&seed) % n] ^= (uint8_t)(1u << test_random(&seed) % 8);
        read_small(copy, n, &status, &first, &second);
        free(copy);
    }
}
END_TEST

START_TEST(json_escapes_and_never_writes_nan)
{
    struct eti_text out;
    struct eti_json j;
    eti_text_init(&out, NULL);
    eti_json_init(&j, &out);
    eti_json_begin(&j, NULL, '{');
    eti_json_text(&j, "a\"b", "x\\\n\x01\xff\xc3\xa9");
    eti_json_double(&j, "n", 0.0 / 0.0 * 0);
    eti_json_double(&j, "d", 0.1);
    eti_json_begin(&j, "l", '[');
    eti_json_end(&j, ']');
    eti_json_end(&j, '}');
    ck_assert_str_eq(out.data, "{\n  \"a\\\"b\": \"x\\\\\\u000a\\u0001\xef\xbf\xbd\xc3\xa9\",\n  \"n\": null,\n  \"d\": 0.1,\n  \"l\": []\n}\n");
    eti_text_free(&out);
}
END_TEST

Suite *suite_io(void);
Suite *suite_io(void)
{
    Suite *s = suite_create("io");
    TCase *t = tcase_create("syntax");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, what_is_no_file_is_said);
    tcase_add_test(t, gzip_is_read_and_its_damage_found);
    tcase_add_test(t, yaml_faults_have_their_place);
    tcase_add_test(t, yaml_nodes_know_where_they_stand);
    tcase_add_test(t, flatbuffer_reads_what_is_there);
    tcase_add_test(t, flatbuffer_stays_inside);
    tcase_add_test(t, json_escapes_and_never_writes_nan);
    suite_add_tcase(s, t);
    return s;
}
