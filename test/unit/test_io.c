/* test_io.c - files, gzip, YAML trees, the FlatBuffer cursor, the JSON writer. */
#include <fcntl.h>
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
    ASSERT_FAILS(eti_file_open(&f, TREE("README.md/x"), NULL, &e), ETS_IO, e, "a part of the path is not a directory");
    char name[5000];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    ASSERT_FAILS(eti_file_open(&f, name, NULL, &e), ETS_IO, e, "the path is too long");
    char loop[] = "/tmp/loop-XXXXXX";
    close(mkstemp(loop));
    ck_assert(unlink(loop) == 0 && symlink(loop, loop) == 0);
    ASSERT_FAILS(eti_file_open(&f, loop, NULL, &e), ETS_IO, e, "too many symbolic links");
    unlink(loop);
    ASSERT_FAILS(eti_file_wrap(&f, "t", "x", ETI_MAX_FILE_BYTES + (size_t)1, NULL, &e), ETS_IO, e, "t: is larger than 1 GiB");
}
END_TEST

/* What has no size that is known before: a pipe; and what may stand in its place, but cannot be read. */
START_TEST(pipes_are_read_to_their_end)
{
    int ends[2], kept = dup(STDIN_FILENO);
    struct eti_file f;
    ets_error e;
    ck_assert(pipe(ends) == 0 && kept >= 0);
    ck_assert(write(ends[1], "edgetpu", 7) == 7 && close(ends[1]) == 0);
    dup2(ends[0], STDIN_FILENO);
    ASSERT_OK(eti_file_open(&f, "-", NULL, &e), e);
    ck_assert_uint_eq(f.size, 7);
    ck_assert_mem_eq(f.data, "edgetpu", 7);
    eti_file_close(&f);
    int folder = open("/", O_RDONLY);
    dup2(folder, STDIN_FILENO);
    ASSERT_FAILS(eti_file_open(&f, "-", NULL, &e), ETS_IO, e, "is a directory, not a file");
    close(STDIN_FILENO);
    ASSERT_FAILS(eti_file_open(&f, "-", NULL, &e), ETS_IO, e, "standard input: cannot be read");
    dup2(kept, STDIN_FILENO);
    close(kept);
    close(folder);
    close(ends[0]);
}
END_TEST

/* A file that is made shorter after it was opened is what it was; only a very large one is mapped. */
START_TEST(files_may_change_once_they_are_read)
{
    char path[] = "/tmp/change-XXXXXX";
    int fd = mkstemp(path);
    struct eti_file f;
    ets_error e;
    ck_assert(fd >= 0 && ftruncate(fd, 3 << 20) == 0 && pwrite(fd, "last", 4, (3 << 20) - 4) == 4);
    ASSERT_OK(eti_file_open(&f, path, NULL, &e), e);
    ck_assert(ftruncate(fd, 1) == 0);
    ck_assert_uint_eq(f.size, 3 << 20);
    size_t other = 0;
    for (size_t i = 0; i < f.size - 4; i++) other += f.data[i] != 0;
    ck_assert_uint_eq(other, 0);
    ck_assert_mem_eq(f.data + f.size - 4, "last", 4);
    eti_file_close(&f);
    for (size_t more = 0; more < 2; more++) {
        size_t size = ETI_MOST_READ_BYTES + more;
        ck_assert(ftruncate(fd, (off_t)size) == 0 && pwrite(fd, "last", 4, (off_t)size - 4) == 4);
        ASSERT_OK(eti_file_open(&f, path, NULL, &e), e);
        ck_assert_uint_eq(f.size, size);
        ck_assert_int_eq(f.mapped != NULL, more);
        ck_assert_mem_eq(f.data + f.size - 4, "last", 4);
        eti_file_close(&f);
    }
    close(fd);
    unlink(path);
}
END_TEST

/* Machines and networks by name: what is meant, what there is. */
START_TEST(shipped_files_are_found_by_name)
{
    char path[256];
    ets_error e;
    setenv("EDGETPU_SIM_DATA", "", 1);
    ASSERT_OK(ets_data_find("arch", "coral-usb", ".", path, sizeof path, &e), e);
    ck_assert_str_eq(path, "./arch/coral-usb.yaml");
    ASSERT_FAILS(ets_data_find("arch", "coral-us", ".", path, sizeof path, &e), ETS_IO, e, "did you mean 'coral-usb");
    ASSERT_FAILS(ets_data_find("arch", "abacus-with-wooden-beads", ".", path, sizeof path, &e), ETS_IO, e,
                 "is neither a file nor a known machine (there is: coral-devboard, coral-devboard-micro, ");
    ASSERT_FAILS(ets_data_find("arch", "64x64", ".", path, sizeof path, &e), ETS_IO, e, "a known machine (it is part of: systolic-64x64)");
    ASSERT_FAILS(ets_data_find("models", "abacus-with-wooden-beads", ".", path, sizeof path, &e), ETS_IO, e, " more)");
    ASSERT_FAILS(ets_data_find("models", "", ".", path, sizeof path, &e), ETS_IO, e, "'' is neither a file nor a known reference model (there is: bodypix");
    ASSERT_FAILS(ets_data_find("nowhere", "coral-usb", ".", path, sizeof path, &e), ETS_IO, e, "none are found; EDGETPU_SIM_DATA names the folder that holds nowhere/");
    ASSERT_FAILS(ets_data_find("arch", "./coral-usb", ".", path, sizeof path, &e), ETS_IO, e, "neither a file nor a known machine");
    ASSERT_FAILS(ets_data_find("arch", "coral-usb", ".", path, 8, &e), ETS_IO, e, "neither a file nor a known machine");
    setenv("EDGETPU_SIM_DATA", "/nowhere", 1); /* the next place is looked at */
    ASSERT_OK(ets_data_find("arch", "coral-usb", ".", path, sizeof path, &e), e);
    unsetenv("EDGETPU_SIM_DATA");
    ASSERT_OK(ets_data_find("arch", "coral-usb", ".", path, sizeof path, &e), e);
}
END_TEST

static int stop_at_second(void *ctx, const char *name, const char *path)
{
    (void)path;
    ck_assert_str_eq(name, *(int *)ctx ? "coral-devboard-micro" : "coral-devboard");
    return ++*(int *)ctx == 2;
}

START_TEST(a_list_is_sorted_and_can_be_left)
{
    int n = 0;
    ets_error e;
    setenv("EDGETPU_SIM_DATA", ".", 1); /* twice the same folder: each name once */
    ASSERT_OK(ets_data_list("arch", ".", stop_at_second, &n, NULL, &e), e);
    ck_assert_int_eq(n, 2);
    unsetenv("EDGETPU_SIM_DATA");
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
        {"a:\n\t- 1\n", ETS_SYNTAX, "t.yaml:2:1: not valid YAML: found character that cannot start any token while scanning for the next token; a tab"},
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

/* What is no UTF-8 becomes U+FFFD, a byte at a time: the shortest forms only, no surrogates, nothing above U+10FFFF. */
START_TEST(json_is_utf8)
{
#define NO "\xef\xbf\xbd"
    static const struct { const char *text, *json; } cases[] = {
        {"\x7f", "\"\\u007f\""}, {"\xc2\x80", "\"\xc2\x80\""}, {"\xdf\xbf", "\"\xdf\xbf\""}, {"\xc1\xbf", "\"" NO NO "\""}, {"\x80", "\"" NO "\""},
        {"\xc3(", "\"" NO "(\""}, {"\xe0\xa0\x80", "\"\xe0\xa0\x80\""}, {"\xe0\x9f\xbf", "\"" NO NO NO "\""}, {"\xed\x9f\xbf", "\"\xed\x9f\xbf\""},
        {"\xed\xa0\x80", "\"" NO NO NO "\""}, {"\xe2\x82", "\"" NO NO "\""}, {"\xf0\x90\x80\x80", "\"\xf0\x90\x80\x80\""},
        {"\xf0\x8f\xbf\xbf", "\"" NO NO NO NO "\""}, {"\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""}, {"\xf4\x90\x80\x80", "\"" NO NO NO NO "\""},
        {"\xf5\x80\x80\x80", "\"" NO NO NO NO "\""}, {"\xf1\x80\x80\x80", "\"\xf1\x80\x80\x80\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct eti_text out;
        eti_text_init(&out, NULL);
        eti_json_quoted(&out, cases[i].text);
        ck_assert_str_eq(out.data, cases[i].json);
        eti_text_free(&out);
    }
#undef NO
}
END_TEST

Suite *suite_io(void);
Suite *suite_io(void)
{
    Suite *s = suite_create("io");
    TCase *t = tcase_create("syntax");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, what_is_no_file_is_said);
    tcase_add_test(t, pipes_are_read_to_their_end);
    tcase_add_test(t, files_may_change_once_they_are_read);
    tcase_add_test(t, shipped_files_are_found_by_name);
    tcase_add_test(t, a_list_is_sorted_and_can_be_left);
    tcase_add_test(t, gzip_is_read_and_its_damage_found);
    tcase_add_test(t, yaml_faults_have_their_place);
    tcase_add_test(t, yaml_nodes_know_where_they_stand);
    tcase_add_test(t, flatbuffer_reads_what_is_there);
    tcase_add_test(t, flatbuffer_stays_inside);
    tcase_add_test(t, json_escapes_and_never_writes_nan);
    tcase_add_test(t, json_is_utf8);
    suite_add_tcase(s, t);
    return s;
}
