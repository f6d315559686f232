/* test_limits.c - both sides of each limit of base/limits.h: one more is refused with its place, and what is just allowed is read,
 * simulated and written. */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/limits.h"
#include "graph/graph.h"
#include "random_graph.h"
#include "test.h"

/* ------------------------------------------------------------------ text that is made -------------------- */

struct text { char *data; size_t n, room; };

static void add(struct text *t, const char *what, size_t times)
{
    size_t each = strlen(what);
    if (t->n + each * times > t->room) {
        t->room = 2 * (t->n + each * times);
        t->data = realloc(t->data, t->room);
        ck_assert_ptr_nonnull(t->data);
    }
    for (size_t i = 0; i < times; i++, t->n += each) memcpy(t->data + t->n, what, each);
}

/* As much memory as is left, in `ctx`. */
struct heap { size_t left; };

static void *small_heap(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    struct heap *h = ctx;
    if (new_size > old_size && new_size - old_size > h->left) return NULL;
    void *now = new_size ? realloc(ptr, new_size) : NULL;
    if (!new_size) free(ptr);
    if (new_size && !now) return NULL;
    h->left += ptr ? old_size : 0;
    h->left -= new_size;
    return now;
}

#define MODEL "edgetpu_sim_model: 1\nname: m\n"

/* A network with its text forgotten. */
static ets_status parse(struct text *t, ets_model **m, ets_error *e)
{
    memset(e, 0, sizeof *e);
    *m = NULL;
    ets_status status = ets_model_parse("m.yaml", t->data, t->n, NULL, m, e);
    free(t->data);
    memset(t, 0, sizeof *t);
    return status;
}

static void refused(struct text *t, ets_status status, const char *message)
{
    ets_model *m;
    ets_error e;
    ck_assert_int_eq(parse(t, &m, &e), status);
    ck_assert_msg(strncmp(e.text, message, strlen(message)) == 0, "message is: %s", e.text);
}

static void accepted(struct text *t)
{
    ets_model *m;
    ets_error e;
    ASSERT_OK(parse(t, &m, &e), e);
    ets_model_free(m);
}

static int count_bytes(void *ctx, const char *text, size_t n)
{
    (void)text;
    *(size_t *)ctx += n;
    return 0;
}

/* All the way, on both kinds of machine. */
static void runs(struct text *t)
{
    static const char *const machines[] = {TREE("arch/coral-usb.yaml"), TREE("arch/systolic-64x64.yaml")};
    ets_model *m;
    ets_error e;
    ASSERT_OK(parse(t, &m, &e), e);
    for (int i = 0; i < 2; i++) {
        ets_arch *a = NULL;
        ets_report *r = NULL;
        size_t n = 0;
        ets_writer to = {count_bytes, &n};
        ASSERT_OK(ets_arch_load(machines[i], NULL, 0, NULL, &a, &e), e);
        ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
        ASSERT_OK(ets_report_write(r, ETS_FORMAT_CSV, NULL, &to, &e), e);
        ck_assert_uint_gt(n, 20 * ets_report_layer_count(r));
        ets_report_free(r);
        ets_arch_free(a);
    }
    ets_model_free(m);
}

/* ------------------------------------------------------------------ YAML --------------------------------- */

START_TEST(yaml_has_an_end)
{
    struct text t = {0};
    add(&t, "[", ETI_MAX_YAML_DEPTH + 1);
    refused(&t, ETS_RANGE, "m.yaml:1:33: nested more than 32 deep");
    add(&t, "a: [", 1);
    add(&t, "1,", ETI_MAX_YAML_NODES);
    add(&t, "]\n", 1);
    refused(&t, ETS_RANGE, "m.yaml:1:2000001: more than 1000000 values");
    for (uint32_t i = 0; i <= ETI_MAX_YAML_KEYS; i++) {
        char line[32];
        snprintf(line, sizeof line, "k%u: 1\n", i);
        add(&t, line, 1);
    }
    refused(&t, ETS_RANGE, "m.yaml:4097:1: more than 4096 keys in one mapping");
    add(&t, MODEL "description: \"", 1);
    add(&t, "x", ETI_MAX_TEXT_BYTES + 1);
    add(&t, "\"\n", 1);
    refused(&t, ETS_RANGE, "m.yaml:3:14: a text of more than 65536 bytes");
    add(&t, "a: &a [x, x]\nb: &b [*a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n", 1); /* what grows without a limit */
    refused(&t, ETS_SYNTAX, "m.yaml:1:4: anchors and aliases are not used here");
    add(&t, "a: *b\n", 1);
    refused(&t, ETS_SYNTAX, "m.yaml:1:4: anchors and aliases are not used here");
    add(&t, MODEL, 1);
    add(&t, "#", ETI_MAX_YAML_BYTES - t.n - 1);
    add(&t, "\n", 1);
    refused(&t, ETS_SCHEMA, "m.yaml:1:1: missing 'inputs'");
    add(&t, "#", ETI_MAX_YAML_BYTES + 1);
    refused(&t, ETS_RANGE, "m.yaml: is larger than 64 MiB, the largest YAML that is read");
    add(&t, MODEL "inputs: {x: [1, 2, 2, 4]}\nlayers:\n  - {op: relu, name: \"", 1);
    add(&t, "x", ETI_MAX_TEXT_BYTES);
    add(&t, "\"}\n", 1);
    runs(&t);
}
END_TEST

/* What would take minutes, or gigabytes, of a file of a few hundred kB to a few MB. */
START_TEST(small_files_do_not_take_long)
{
    struct text t = {0};
    ets_arch *a = NULL;
    ets_error e;
    char line[64];
    for (int i = 0; i < 200000; i++) { /* libyaml compares each with each */
        snprintf(line, sizeof line, "%%TAG !a%d! x\n", i);
        add(&t, line, 1);
    }
    refused(&t, ETS_RANGE, "m.yaml: at byte 198: more than 16 directives");
    add(&t, "%YAML 1.1\n---\n" MODEL "inputs: {x: [1, 2]}\nlayers: [{op: relu}]\n", 1);
    accepted(&t);
    add(&t, "%TAG !e! ", 1);
    add(&t, "a", 8 << 20);
    add(&t, "\n---\n" MODEL "inputs: {x: [1, 2]}\nlayers:\n", 1);
    add(&t, "  - {op: !e!a relu}\n", 100000); /* each with a copy of those 8 MB */
    refused(&t, ETS_SYNTAX, "m.yaml:7:10: tags are not used here; write the value alone");
    add(&t, "--- !!map\n{}\n", 1);
    refused(&t, ETS_SYNTAX, "m.yaml:1:5: tags are not used here");
    add(&t, "[general]\nrun_name = ", 1);
    add(&t, "x", ETI_MAX_TEXT_BYTES + 1);
    ck_assert_int_eq(ets_arch_parse("m.cfg", t.data, t.n, NULL, 0, NULL, &a, &e), ETS_RANGE);
    ck_assert_str_eq(e.text, "m.cfg:2:1: a text of more than 65536 bytes");
    t.n = 0;
    add(&t, MODEL "inputs:\n", 1);
    for (int i = 0; i < 2000; i++) { /* keys that differ at their end only */
        add(&t, "  ? ", 1);
        add(&t, "k", 20000);
        snprintf(line, sizeof line, "%d\n  : [1, 8]\n", i);
        add(&t, line, 1);
    }
    add(&t, "layers: [{op: relu}]\n", 1);
    accepted(&t);
    add(&t, MODEL "inputs: {x: [1, 8]}\nlayers:\n  - {op: concat, from: [x", 1); /* each of those below is sought from the start */
    add(&t, ", x", 400000);
    for (int i = 0; i < 60000; i++) {
        snprintf(line, sizeof line, ", r%d", i);
        add(&t, line, 1);
    }
    add(&t, "]}\n", 1);
    for (int i = 0; i < 60000; i++) {
        snprintf(line, sizeof line, "  - {op: relu, name: r%d, from: x}\n", i);
        add(&t, line, 1);
    }
    refused(&t, ETS_SCHEMA, "m.yaml:5:5: concat 'concat_1' works on 1 tensor, not 460001");
}
END_TEST

/* Results are counted before there is room for them, and do not each have a copy of a long name. */
START_TEST(parts_do_not_take_much)
{
    static struct heap heap;
    ets_allocator mem = {small_heap, &heap};
    ets_model *m = NULL;
    ets_error e;
    struct text t = {0};
    add(&t, MODEL "inputs: {x: [1, 4096]}\nlayers:\n", 1);
    add(&t, "  - {op: split, axis: 1, parts: 4096, from: x}\n", 50000);
    heap.left = 60 << 20;
    ck_assert_int_eq(ets_model_parse("m.yaml", t.data, t.n, &mem, &m, &e), ETS_RANGE);
    ck_assert_str_eq(e.text, "m.yaml:127:5: more than 500000 tensors");
    t.n = 0;
    add(&t, MODEL "inputs: {x: [1, 4096]}\nlayers:\n", 1);
    for (int i = 0; i < 4; i++) {
        add(&t, "  - {op: split, axis: 1, parts: 4096, from: x, name: ", 1);
        add(&t, "n", 60000);
        add(&t, i % 2 ? "a" : "b", (size_t)i + 1);
        add(&t, "}\n", 1);
    }
    ASSERT_OK(ets_model_parse("m.yaml", t.data, t.n, &mem, &m, &e), e);
    ets_model_free(m);
    free(t.data);
}
END_TEST

/* ------------------------------------------------------------------ networks ----------------------------- */

#define SMALL MODEL "inputs: {x: [1, 4, 4, 16]}\nlayers:\n"

/* Groups of a long chain, none of which fits, are tried by the hundred: each needed room of its own, 4 GB for 2,000 operators. */
START_TEST(groups_that_are_tried_take_no_room)
{
    struct heap heap = {24 << 20};
    ets_allocator mem = {small_heap, &heap};
    ets_setting narrow = {"tile.narrow_bytes", "128Ki"};
    struct text t = {0};
    ets_arch *a = NULL;
    ets_model *m = NULL;
    ets_report *r = NULL;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), &narrow, 1, NULL, &a, &e), e);
    add(&t, MODEL "inputs: {x: [1, 512, 512, 32]}\nlayers:\n", 1);
    add(&t, "  - {op: conv_2d, kernel: 3, out: 64}\n  - {op: conv_2d, kernel: 3, out: 48}\n  - {op: conv_2d, kernel: 3, out: 32}\n", 300);
    ASSERT_OK(ets_model_parse("m.yaml", t.data, t.n, NULL, &m, &e), e);
    ASSERT_OK(ets_simulate(a, m, NULL, &mem, &r, &e), e);
    ets_report_free(r);
    ets_model_free(m);
    ets_arch_free(a);
    free(t.data);
}
END_TEST

START_TEST(networks_have_a_size)
{
    struct text t = {0};
    add(&t, SMALL, 1);
    add(&t, "  - {op: conv_2d, out: 16}\n", ETI_MAX_OPS + 1);
    refused(&t, ETS_RANGE, "m.yaml:5:3: more than 100000 layers");
    add(&t, SMALL, 1);
    add(&t, "  - {op: conv_2d, out: 16}\n", ETI_MAX_OPS);
    runs(&t);
    for (uint32_t more = 0; more < 2; more++) { /* 1 + 122 x (4096 + 1 axis) tensors; 498 x (result) more fill up */
        uint32_t splits = ETI_MAX_TENSORS / (ETI_MAX_OPERANDS + 1), left = ETI_MAX_TENSORS - 1 - splits * (ETI_MAX_OPERANDS + 1);
        add(&t, MODEL "inputs: {x: [1, 1, 1, 4096]}\nlayers:\n", 1);
        add(&t, "  - {op: split, axis: 3, parts: 4096, from: x}\n", splits);
        add(&t, "  - {op: relu, from: x}\n", left + more);
        if (more) refused(&t, ETS_RANGE, "m.yaml:");
        else accepted(&t);
    }
    add(&t, MODEL "inputs: {x: [1, 1, 1, 8192]}\nlayers:\n  - {op: split, axis: 3, parts: 4097}\n", 1);
    refused(&t, ETS_RANGE, "m.yaml:5:5: parts: at most 4096");
}
END_TEST

START_TEST(a_join_has_an_end)
{
    struct text t = {0};
    for (uint32_t n = ETI_MAX_OPERANDS; n <= ETI_MAX_OPERANDS + 1; n++) {
        add(&t, MODEL "inputs: {x: [1, 1, 1, 4]}\nlayers:\n  - {op: concat, axis: 3, from: [x", 1);
        add(&t, ", x", n - 1);
        add(&t, "]}\n", 1);
        if (n > ETI_MAX_OPERANDS) refused(&t, ETS_SCHEMA, "m.yaml:5:5: concat");
        else runs(&t);
    }
}
END_TEST

START_TEST(tensors_have_a_size)
{
    struct text t = {0};
    add(&t, MODEL "inputs: {x: [1, 1, 1, 1, 1, 1, 1, 1, 1]}\nlayers:\n  - {op: relu}\n", 1);
    refused(&t, ETS_SCHEMA, "m.yaml:3:13: ");
    add(&t, MODEL "inputs: {x: [1, 1, 1, 1, 1, 1, 1, 2]}\nlayers:\n  - {op: relu}\n", 1);
    runs(&t);
    add(&t, MODEL "inputs: {x: [1, 32768, 32769, 1]}\nlayers:\n  - {op: relu}\n", 1);
    refused(&t, ETS_RANGE, "m.yaml:3:13: tensor 'x' of [1, 32768, 32769, 1] int8 takes 1073774592 bytes; at most 1073741824 are allowed");
    add(&t, MODEL "inputs: {x: [1, 32768, 32768, 1]}\nlayers:\n  - {op: relu}\n", 1);
    runs(&t);
    add(&t, MODEL "inputs: {x: [1, 4, 4, 4]}\nlayers:\n  - {op: conv_2d, kernel: 1000000000, out: 4}\n", 1);
    refused(&t, ETS_RANGE, "m.yaml:5:");
}
END_TEST

START_TEST(windows_have_a_size)
{
    struct text t = {0};
    add(&t, MODEL "inputs: {x: [1, 4, 4, 4]}\nlayers:\n  - {op: depthwise_conv_2d, kernel: [65537, 1]}\n", 1);
    refused(&t, ETS_RANGE, "m.yaml:5:5: depthwise_conv_2d 'depthwise_conv_2d_1': a stride, or a kernel with its dilation, of more than 65536");
    add(&t, MODEL "inputs: {x: [1, 4, 4, 4]}\nlayers:\n  - {op: conv_2d, kernel: 3, dilation: 32768, out: 4}\n", 1);
    refused(&t, ETS_RANGE, "m.yaml:5:5: conv_2d 'conv_2d_1': a stride, or a kernel with its dilation, of more than 65536");
    add(&t, MODEL "inputs: {x: [1, 4, 4, 4]}\nlayers:\n  - {op: max_pool, kernel: 1, stride: 65537}\n", 1);
    refused(&t, ETS_RANGE, "m.yaml:5:5: max_pool 'max_pool_1': a stride");
    add(&t, "a, 56, 56, 3, 3, 64, 256, 65537,\n", 1);
    refused(&t, ETS_RANGE, "m.yaml:1:1: conv_2d 'a': a stride");
    add(&t, MODEL "inputs: {x: [1, 4, 4, 4]}\nlayers:\n  - {op: depthwise_conv_2d, kernel: [65536, 1]}\n"
            "  - {op: conv_2d, kernel: 3, dilation: 32767, stride: 65536, out: 4}\n", 1);
    runs(&t);
}
END_TEST

/* Sixteen convolutions of 2^46 products are 2^50; figures of that size are right. */
START_TEST(products_have_a_number)
{
    struct text t = {0};
    ets_model *m;
    ets_error e;
    add(&t, MODEL "inputs: {x: [1, 4096, 4096, 1]}\nlayers:\n", 1);
    add(&t, "  - {op: conv_2d, kernel: 2048, out: 1}\n", 17);
    refused(&t, ETS_RANGE, "m.yaml:21:5: conv_2d 'conv_2d_17': more than 2^50 products in the network");
    add(&t, MODEL "inputs: {x: [1, 4096, 4096, 1]}\nlayers:\n", 1);
    add(&t, "  - {op: avg_pool, kernel: 4096, stride: 1}\n", 5);
    refused(&t, ETS_RANGE, "m.yaml:9:5: avg_pool 'avg_pool_5'");
    add(&t, MODEL "inputs: {x: [1, 4096, 4096, 1]}\nlayers:\n", 1);
    add(&t, "  - {op: conv_2d, kernel: 2048, out: 1}\n", 16);
    ASSERT_OK(parse(&t, &m, &e), e);
    ck_assert_uint_eq(ets_model_describe(m).macs, ETI_MAX_PRODUCTS);
    ets_model_free(m);
}
END_TEST

/* Tiles at the edge fill 2047 rows of 2^23 pixels each for the window behind: more than 32 bits count. */
START_TEST(borders_of_any_size_are_counted)
{
    struct text t = {0};
    ets_model *m;
    ets_arch *a;
    ets_report *r;
    ets_error e;
    add(&t, MODEL "inputs: {x: [1, 1, 33554432, 4]}\nlayers:\n  - {op: relu}\n  - {op: depthwise_conv_2d, kernel: [4095, 1]}\n", 1);
    ASSERT_OK(parse(&t, &m, &e), e);
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    ck_assert_uint_ge(ets_report_layer(r, 0)->split.halo_cycles, (uint64_t)2047 << 23);
    ets_report_free(r);
    ets_arch_free(a);
    ets_model_free(m);
}
END_TEST

/* ------------------------------------------------------------------ files -------------------------------- */

START_TEST(files_have_a_size)
{
    char path[] = "/tmp/ets_limits_XXXXXX";
    int fd = mkstemp(path);
    ets_model *m = NULL;
    ets_error e;
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, (off_t)ETI_MAX_FILE_BYTES + 1), 0);
    close(fd);
    ASSERT_FAILS(ets_model_load(path, NULL, &m, &e), ETS_IO, e, "is larger than 1 GiB, the largest input that is read");
    unlink(path);
}
END_TEST

/* A gzip member of `n` MB of zeros. */
static size_t pack_zeros(uint8_t *to, size_t room, size_t n)
{
    static uint8_t zeros[1 << 20];
    z_stream z;
    memset(&z, 0, sizeof z);
    ck_assert_int_eq(deflateInit2(&z, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_out = to;
    z.avail_out = (unsigned)room;
    for (size_t i = 0; i <= n; i++) {
        z.next_in = zeros;
        z.avail_in = i < n ? sizeof zeros : 0;
        ck_assert_int_ge(deflate(&z, i < n ? Z_NO_FLUSH : Z_FINISH), Z_OK);
    }
    deflateEnd(&z);
    return z.total_out;
}

START_TEST(a_bomb_is_put_out)
{
    static uint8_t packed[8 << 20];
    size_t n = pack_zeros(packed, sizeof packed, (ETI_MAX_FILE_BYTES >> 20) + 1);
    ets_model *m = NULL;
    ets_error e;
    ASSERT_FAILS(ets_model_parse("bomb.gz", packed, n, NULL, &m, &e), ETS_RANGE, e, "inflates to more than 1 GiB");
}
END_TEST

START_TEST(rows_have_an_end)
{
    struct text t = {0};
    add(&t, "layer,", 1);
    add(&t, "1,", ETI_MAX_CSV_FIELDS);
    add(&t, "\n", 1);
    refused(&t, ETS_SYNTAX, "m.yaml:1:69: more than 32 fields in a row");
    add(&t, "a,1,2,3\n", 1);
    add(&t, "x", ETI_MAX_TEXT_BYTES + 1);
    add(&t, ",1,2,3\n", 1);
    refused(&t, ETS_RANGE, "m.yaml:2:1: a field of more than 65536 bytes");
}
END_TEST

/* ------------------------------------------------------------------ FlatBuffers -------------------------- */

struct bytes { uint8_t *data; uint32_t n; };
static void put16(struct bytes *b, uint32_t v) { b->data[b->n++] = (uint8_t)v; b->data[b->n++] = (uint8_t)(v >> 8); }
static uint32_t put32(struct bytes *b, uint32_t v)
{
    put16(b, v);
    put16(b, v >> 16);
    return b->n - 4;
}
/* The reference at `at` leads to here. */
static void leads_here(struct bytes *b, uint32_t at)
{
    struct bytes there = {b->data, at};
    put32(&there, b->n - at);
}

/* A vector of `count` references that all lead to what `vtable` begins and the caller goes on with: one and the same. */
static void all_the_same(struct bytes *b, uint32_t count, const uint16_t *vtable, uint32_t words)
{
    uint32_t first = put32(b, count) + 4, at;
    b->n += 4 * count;
    at = b->n;
    for (uint32_t i = 0; i < words; i++) put16(b, vtable[i]);
    for (uint32_t i = 0; i < count; i++) leads_here(b, first + 4 * i);
    put32(b, b->n - at);
}

/* A file whose tensors are one and the same, with a name of `name_bytes`, and its operators, which make it. */
static void overlapping(struct bytes *b, uint32_t n_tensors, uint32_t name_bytes, uint32_t n_operators)
{
    static const uint16_t model[] = {10, 16, 4, 8, 12}, code[] = {6, 8, 4}, graph[] = {12, 12, 4, 0, 0, 8}, tensor[] = {12, 8, 0, 0, 0, 4},
                          operator[] = {10, 8, 0, 0, 4};
    uint32_t root = put32(b, 0), codes, graphs, tensors, operators, vtable;
    memcpy(b->data + b->n, "TFL3", 4);
    b->n += 4;
    vtable = b->n;
    for (int i = 0; i < 5; i++) put16(b, model[i]);
    leads_here(b, root);
    put32(b, b->n - vtable), put32(b, 3);
    codes = put32(b, 0), graphs = put32(b, 0);
    leads_here(b, codes);
    all_the_same(b, 1, code, 3);
    put32(b, 32); /* a custom one */
    leads_here(b, graphs);
    all_the_same(b, 1, graph, 6);
    tensors = put32(b, 0), operators = put32(b, 0);
    leads_here(b, tensors);
    all_the_same(b, n_tensors, tensor, 6);
    tensors = put32(b, 0);
    leads_here(b, tensors); /* to the name */
    put32(b, name_bytes);
    memset(b->data + b->n, 'n', name_bytes);
    b->n += name_bytes;
    leads_here(b, operators);
    all_the_same(b, n_operators, operator, 5);
    operators = put32(b, 0);
    leads_here(b, operators); /* to its results */
    put32(b, 1), put32(b, 0);
}

/* Half a megabyte that would take 6 GB. */
START_TEST(parts_that_overlap_are_not_read_for_ever)
{
    static uint8_t data[1 << 20];
    struct test_memory memory = {0};
    ets_allocator mem = test_allocator(&memory);
    struct bytes b = {data, 0};
    ets_model *m = NULL;
    ets_error e;
    overlapping(&b, 100000, 60000, 0);
    ASSERT_FAILS(ets_model_parse("m.tflite", data, b.n, &mem, &m, &e), ETS_SYNTAX, e, "the parts of the file overlap");
    ck_assert_uint_lt(memory.requests, 1000);
    b.n = 0;
    overlapping(&b, 1, 60000, 100000); /* an operator has the name of its result */
    ASSERT_FAILS(ets_model_parse("m.tflite", data, b.n, &mem, &m, &e), ETS_SYNTAX, e, "the parts of the file overlap");
    ck_assert_uint_lt(memory.requests, 1000);
    b.n = 0;
    overlapping(&b, 10, ETI_MAX_TEXT_BYTES + 1, 0);
    ASSERT_FAILS(ets_model_parse("m.tflite", data, b.n, &mem, &m, &e), ETS_SYNTAX, e, "a name of more than 65536 bytes");
    b.n = 0;
    overlapping(&b, 10, ETI_MAX_TEXT_BYTES, 0); /* the file is read, and is none: it has no operators */
    ASSERT_FAILS(ets_model_parse("m.tflite", data, b.n, &mem, &m, &e), ETS_SCHEMA, e, "no operators");
    ck_assert_uint_eq(memory.bytes, 0);
}
END_TEST

/* ------------------------------------------------------------------ work --------------------------------- */

/* The search for the parts of a product is work, too: tens of thousands of columns in turn, and it ends where the caller says. */
START_TEST(a_search_ends_where_the_caller_says)
{
    struct text t = {0};
    ets_model *m = NULL;
    ets_arch *a = NULL;
    ets_report *r = NULL;
    ets_options o = ETS_OPTIONS_INIT;
    ets_error e;
    add(&t, "a, M, N, K,\nwide, 9, 71134826, 2,\n", 1);
    ASSERT_OK(parse(&t, &m, &e), e);
    ASSERT_OK(ets_arch_load(TREE("arch/systolic-16x16.yaml"), NULL, 0, NULL, &a, &e), e);
    o.work_limit = 100000;
    ASSERT_FAILS(ets_simulate(a, m, &o, NULL, &r, &e), ETS_CANCELLED, e, "more work than the 100000 units");
    ck_assert_ptr_null(r);
    ets_arch_free(a);
    ets_model_free(m);
}
END_TEST

/* Thousands of results that wait for their reader have to leave, one by one, behind a join of thousands. */
START_TEST(a_search_for_room_does_not_take_long)
{
    struct text t = {0};
    char line[80];
    add(&t, MODEL "inputs: {x: [1, 4, 4, 16]}\nlayers:\n  - {op: relu, name: a0, from: x}\n", 1);
    for (int i = 1; i < 12000; i++) {
        snprintf(line, sizeof line, "  - {op: relu, name: a%d}\n", i);
        add(&t, line, 1);
    }
    add(&t, "  - {op: concat, name: c, axis: 3, from: [a11999", 1);
    add(&t, ", a11999", 4000);
    add(&t, "]}\n  - {op: relu, name: b11999, from: a11999}\n", 1);
    for (int i = 11998; i >= 0; i--) {
        snprintf(line, sizeof line, "  - {op: add, name: b%d, from: [b%d, a%d]}\n", i, i + 1, i);
        add(&t, line, 1);
    }
    add(&t, "outputs: [c, b0]\n", 1);
    runs(&t);
}
END_TEST

/* Each operator behind a chain of views walks it: that is counted, too. */
START_TEST(chains_of_views_are_counted)
{
    struct text t = {0};
    char line[80];
    ets_model *m = NULL;
    ets_arch *a = NULL;
    ets_predictor *p = NULL;
    ets_report *r = NULL;
    ets_summary summary;
    ets_options o = ETS_OPTIONS_INIT;
    ets_predictor_options po = ETS_PREDICTOR_OPTIONS_INIT;
    ets_error e;
    add(&t, MODEL "inputs: {x: [1, 4, 4, 16]}\nlayers:\n  - {op: relu, name: v0}\n", 1);
    for (int i = 1; i < 3000; i++) {
        snprintf(line, sizeof line, "  - {op: reshape, shape: [1, 4, 4, 16], name: v%d, from: v%d}\n", i, i - 1);
        add(&t, line, 1);
    }
    for (int i = 0; i < 3000; i++) {
        snprintf(line, sizeof line, "  - {op: max_pool, kernel: 3, stride: 1, from: v%d}\n", i);
        add(&t, line, 1);
    }
    ASSERT_OK(parse(&t, &m, &e), e);
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    o.work_limit = po.work_limit = 3000000;
    ASSERT_FAILS(ets_simulate(a, m, &o, NULL, &r, &e), ETS_CANCELLED, e, "more work than the 3000000 units");
    ASSERT_OK(ets_predictor_new(a, &po, NULL, &p, &e), e);
    ASSERT_FAILS(ets_predict(p, m, &summary, &e), ETS_CANCELLED, e, "more work than the 3000000 units");
    o.work_limit = 12000000;
    ASSERT_OK(ets_simulate(a, m, &o, NULL, &r, &e), e);
    ets_report_free(r);
    ets_predictor_free(p);
    ets_arch_free(a);
    ets_model_free(m);
}
END_TEST

#define MOST_SECONDS 20 /* of the processor; a hundredth of it is usual, and minutes are what it took */

static void runs_at_once(struct text *t, bool trace)
{
    ets_model *m;
    ets_arch *a;
    ets_report *r;
    ets_options o = ETS_OPTIONS_INIT;
    ets_error e;
    clock_t begin = clock();
    o.trace = trace;
    ASSERT_OK(parse(t, &m, &e), e);
    ASSERT_OK(ets_arch_load(TREE("arch/systolic-64x64.yaml"), NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_simulate(a, m, &o, NULL, &r, &e), e);
    ets_report_free(r);
    ets_arch_free(a);
    ets_model_free(m);
    ck_assert_msg((clock() - begin) / CLOCKS_PER_SEC < MOST_SECONDS, "it took %d s", (int)((clock() - begin) / CLOCKS_PER_SEC));
}

/* Operators that are all different, on an array; readers behind views, in a trace. */
START_TEST(operators_are_not_compared_with_each_other)
{
    struct text t = {0};
    char line[80];
    add(&t, SMALL, 1);
    add(&t, "  - {op: pad, pads: [[1, 0], [0, 0]]}\n", ETI_MAX_OPS);
    runs_at_once(&t, false);
    add(&t, SMALL, 1);
    for (int i = 0; i < 50000; i++) {
        snprintf(line, sizeof line, "  - {op: reshape, shape: [1, 4, 4, 16], name: v%d}\n", i);
        add(&t, line, 1);
    }
    for (int i = 0; i < 50000; i++) {
        snprintf(line, sizeof line, "  - {op: relu, from: v%d}\n", i);
        add(&t, line, 1);
    }
    runs_at_once(&t, true);
}
END_TEST

/* A file may name its inputs and outputs as often as it likes. */
START_TEST(ends_are_not_compared_with_each_other)
{
    struct eti_graph_builder b;
    struct eti_graph *g;
    struct eti_tensor x = {.type = ETI_I8, .quant = ETI_QUANT_TENSOR, .shape = {2, {1, 8}}, .name = "x"};
    struct eti_place here = {"", 0, 0, 0, false};
    int32_t in, out;
    struct eti_op op = {.type = ETI_OP_RELU, .name = "it", .type_name = "relu", .inputs = &in, .n_inputs = 1, .outputs = &out, .n_outputs = 1};
    ets_error e;
    ASSERT_OK(eti_graph_begin(&b, "ends", "test", NULL, &e), e);
    ASSERT_OK(eti_graph_add_tensor(&b, &x, &here, &in, &e), e);
    ASSERT_OK(eti_graph_add_tensor(&b, &x, &here, &out, &e), e);
    ASSERT_OK(eti_graph_add_op(&b, &op, &e), e);
    for (int i = 0; i < 1000000; i++) {
        ASSERT_OK(eti_graph_add_input(&b, in, &e), e);
        ASSERT_OK(eti_graph_add_output(&b, out, &e), e);
    }
    ASSERT_OK(eti_graph_finish(&b, &g, &e), e);
    eti_graph_free(g);
}
END_TEST

/* More threads than there are: as many as there may be. */
START_TEST(threads_have_a_number)
{
    const ets_model *models[600];
    static ets_summary out[600];
    ets_predictor *p = NULL;
    ets_arch *a = NULL;
    uint64_t seed = 7;
    ets_error e;
    ets_model *m = test_random_graph(&seed, 5);
    for (size_t i = 0; i < 600; i++) models[i] = m;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_predictor_new(a, NULL, NULL, &p, &e), e);
    ASSERT_OK(ets_predict_batch(p, models, 600, UINT32_MAX, out, NULL, &e), e);
    for (size_t i = 1; i < 600; i++) ck_assert_mem_eq(&out[i], &out[0], sizeof out[0]);
    ets_predictor_free(p);
    ets_arch_free(a);
    ets_model_free(m);
}
END_TEST

Suite *suite_limits(void);
Suite *suite_limits(void)
{
    Suite *s = suite_create("limits");
    TCase *t = tcase_create("both sides");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, threads_have_a_number);
    suite_add_tcase(s, t);
#ifdef __SANITIZE_THREAD__
    return s; /* the others have one thread, and are long */
#endif
    tcase_add_test(t, yaml_has_an_end);
    tcase_add_test(t, small_files_do_not_take_long);
    tcase_add_test(t, parts_do_not_take_much);
    tcase_add_test(t, networks_have_a_size);
    tcase_add_test(t, groups_that_are_tried_take_no_room);
    tcase_add_test(t, a_join_has_an_end);
    tcase_add_test(t, tensors_have_a_size);
    tcase_add_test(t, windows_have_a_size);
    tcase_add_test(t, products_have_a_number);
    tcase_add_test(t, borders_of_any_size_are_counted);
    tcase_add_test(t, files_have_a_size);
#ifndef __SANITIZE_ADDRESS__
    tcase_add_test(t, a_bomb_is_put_out); /* 1 GiB, which takes several with that sanitizer */
#else
    (void)a_bomb_is_put_out;
#endif
    tcase_add_test(t, rows_have_an_end);
    tcase_add_test(t, parts_that_overlap_are_not_read_for_ever);
    tcase_add_test(t, a_search_ends_where_the_caller_says);
    tcase_add_test(t, a_search_for_room_does_not_take_long);
    tcase_add_test(t, chains_of_views_are_counted);
    tcase_add_test(t, operators_are_not_compared_with_each_other);
    tcase_add_test(t, ends_are_not_compared_with_each_other);
    return s;
}
