/* test_laws.c - what holds of every network on every grid of tiles, and of every way to write a file that says the same. */
#include "base/num.h"
#include "random_graph.h"
#include "test.h"

#define COUNT(list) (sizeof list / sizeof *list)

static ets_summary summary_of(const ets_arch *a, const ets_model *m)
{
    ets_report *r = NULL;
    ets_error e;
    ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
    ets_summary s = *ets_report_summary(r);
    ets_report_free(r);
    return s;
}

static ets_arch *with(const ets_arch *base, const char *key, const char *value)
{
    ets_setting set = {key, value};
    ets_arch *a = NULL;
    ets_error e;
    ASSERT_OK(ets_arch_with(base, &set, 1, NULL, &a, &e), e);
    return a;
}

static uint64_t value_of(const ets_arch *a, const char *key)
{
    for (size_t i = 0; i < ets_arch_field_count(a); i++) {
        ets_arch_field f = ets_arch_field_at(a, i);
        char *end;
        if (strcmp(f.key, key) != 0) continue;
        uint64_t n = strtoull(f.value, &end, 10);
        if (end[0] && end[1] == 'i') return n << (*end == 'K' ? 10 : *end == 'M' ? 20 : 30);
        return *end == 'k' ? n * 1000 : *end == 'M' ? n * 1000000 : *end == 'G' ? n * 1000000000 : n;
    }
    ck_abort_msg("no key '%s'", key);
}

/* Cycles of `bytes` at a rate, rounded down. */
static uint64_t least_cycles(const ets_arch *a, uint64_t bytes, const char *rate)
{
    return (uint64_t)((double)bytes * (double)value_of(a, "clock_hz") / (double)value_of(a, rate) * (1 - 1e-9));
}

/* Link and chip take turns, so bytes in and bytes out take their time one after the other, at the rates that the machine states if the
 * host does not raise its clock; one step of all tiles is all products that an array has. */
START_TEST(nothing_is_faster_than_its_rate)
{
    uint64_t seed = 91;
    for (int k = 0; k < 150; k++) {
        ets_arch *any = test_random_machine(&seed), *a = with(any, "host.boost_percent", "100"), *b = with(a, "link.runs_ahead", "0");
        ets_model *m = test_random_graph(&seed, 10);
        ets_summary s = summary_of(b, m);
        uint64_t in = least_cycles(b, s.link_in_bytes, "link.in_bytes_per_s"), out = least_cycles(b, s.link_out_bytes, "link.out_bytes_per_s");
        ck_assert_uint_ge(s.cycles, in + out);
        ck_assert_uint_ge(summary_of(a, m).cycles, in > out ? in : out);
        uint64_t products = value_of(b, "grid.x") * value_of(b, "grid.y") * value_of(b, "tile.cores") * value_of(b, "tile.cells") * value_of(b, "tile.lanes");
        ck_assert_uint_ge(s.cycles * products, s.tpu_macs);
        ck_assert_uint_ge(s.steps_all_tiles, s.steps_busiest_tile);
        ck_assert_uint_le(s.steps_busiest_tile, s.cycles);
        ets_model_free(m);
        ets_arch_free(any);
        ets_arch_free(a);
        ets_arch_free(b);
    }
}
END_TEST

/* Values that leave the program as it is, each slower than any machine of the tests and as fast as one may be. A host that raises its
 * clock because it is busy is no part that serves in order. What is computed and moved is the same then, and takes the same energy, but
 * for what is drawn while a call lasts. */
START_TEST(a_faster_part_never_makes_a_network_slower_nor_saves_work)
{
    static const struct { const char *key, *slow, *fast; } parts[] = {
        {"link.in_bytes_per_s", "5M", "10G"}, {"link.out_bytes_per_s", "2M", "10G"}, {"link.transfer_ns", "100k", "0"},
        {"link.pixel_ns", "400", "0"}, {"link.invoke_ns", "900k", "0"}, {"ring.latency_cycles", "300", "0"}, {"ring.bytes_per_cycle", "4", "256"},
        {"mesh.cycles_per_word", "9", "1"}, {"mesh.latency_cycles", "300", "0"}, {"mover.cycles_per_word", "9", "1"}, {"relay.hop_cycles", "900", "1"},
        {"scalar.fence_cycles", "3000", "0"}, {"scalar.packet_cycles", "900", "1"}, {"scalar.issue_cycles_per_iword", "40", "0"},
        {"tile.fill_cycles", "400", "0"}, {"tile.output_cycles", "20", "0"}, {"tile.wide_bytes_per_cycle", "16", "1024"},
    };
    static const ets_setting steady[] = {{"host.boost_percent", "100"}, {"energy.static_mw", "0"}};
    uint64_t seed = 92;
    for (int k = 0; k < 150; k++) {
        ets_arch *any = test_random_machine(&seed), *a = NULL;
        ets_error e;
        ASSERT_OK(ets_arch_with(any, steady, COUNT(steady), NULL, &a, &e), e);
        ets_model *m = test_random_graph(&seed, 10);
        ets_summary before = summary_of(a, m);
        for (size_t i = 0; i < COUNT(parts); i++) {
            ets_arch *slow = with(a, parts[i].key, parts[i].slow), *fast = with(a, parts[i].key, parts[i].fast);
            ets_summary more = summary_of(slow, m), less = summary_of(fast, m);
            ck_assert_msg(less.cycles <= before.cycles && before.cycles <= more.cycles, "%s: %llu, %llu, %llu", parts[i].key,
                          (unsigned long long)less.cycles, (unsigned long long)before.cycles, (unsigned long long)more.cycles);
            ck_assert_msg(less.energy_nj == before.energy_nj && before.energy_nj == more.energy_nj, "%s: %llu, %llu, %llu nJ", parts[i].key,
                          (unsigned long long)less.energy_nj, (unsigned long long)before.energy_nj, (unsigned long long)more.energy_nj);
            ets_arch_free(slow);
            ets_arch_free(fast);
        }
        ets_model_free(m);
        ets_arch_free(a);
        ets_arch_free(any);
    }
}
END_TEST

/* Operators that need more of either memory than there is are counted, each once, and only then more of it is said to be used than
 * there is. Parameters stay where operators leave room. */
START_TEST(what_has_no_room_is_counted)
{
    static const struct { const char *key, *value; } memories[] = {{"link.runs_ahead", "0"}, {"tile.narrow_bytes", "1Ki"}, {"tile.wide_bytes", "4Ki"}};
    uint64_t seed = 93, narrow_is_short = 0, wide_is_short = 0, neither = 0;
    for (size_t k = 0; k < 300; k++) {
        ets_arch *any = test_random_machine(&seed), *a = with(any, memories[k % COUNT(memories)].key, memories[k % COUNT(memories)].value);
        ets_model *m = test_random_graph(&seed, 10);
        ets_report *r = NULL;
        ets_error e;
        ASSERT_OK(ets_simulate(a, m, NULL, NULL, &r, &e), e);
        const ets_summary *s = ets_report_summary(r);
        uint64_t narrow = value_of(a, "tile.narrow_bytes"), wide = value_of(a, "tile.wide_bytes"), tiles = value_of(a, "grid.x") * value_of(a, "grid.y");
        uint32_t n_narrow = 0, n_wide = 0, n_either = 0;
        for (size_t i = 0; i < s->n_layers; i++) {
            const ets_layer *l = ets_report_layer(r, i);
            ck_assert_int_eq(l->overfull, l->narrow_bytes_per_tile > narrow || l->wide_bytes_per_tile > wide);
            ck_assert(l->where == ETS_ON_TPU || (!l->overfull && !l->wide_bytes_per_tile));
            if (l->wide_bytes_per_tile <= wide) ck_assert_uint_le(s->onchip_parameter_bytes, (wide - l->wide_bytes_per_tile) * tiles);
            n_narrow += l->narrow_bytes_per_tile > narrow;
            n_wide += l->wide_bytes_per_tile > wide;
            n_either += l->overfull;
        }
        ck_assert_uint_eq(s->n_overfull_layers, n_either);
        ck_assert_int_eq(n_narrow > 0, s->narrow_peak_bytes_per_tile > narrow);
        if (n_wide) ck_assert_uint_eq(s->onchip_parameter_bytes, 0);
        narrow_is_short += n_narrow > 0;
        wide_is_short += n_wide > 0;
        neither += !n_either;
        ets_report_free(r);
        ets_model_free(m);
        ets_arch_free(any);
        ets_arch_free(a);
    }
    ck_assert(narrow_is_short > 40 && wide_is_short > 40 && neither > 40);
}
END_TEST

/* With room for all, less memory of either kind is no faster, but for what remains when maps are cut into parts and parameters packed
 * (docs/STUDY.md): else the smallest memory would be what a sweep praises. */
START_TEST(less_memory_never_looks_better)
{
    static const struct { const char *key; uint64_t least; } memories[] = {{"tile.narrow_bytes", 1024}, {"tile.wide_bytes", 4096}};
    uint64_t seed = 94, slower = 0, refused = 0;
    for (int k = 0; k < 120; k++) {
        ets_arch *any = test_random_machine(&seed), *a = with(any, "host.boost_percent", "100");
        ets_model *m = test_random_graph(&seed, 12);
        for (size_t i = 0; i < COUNT(memories); i++) {
            uint64_t fastest = UINT64_MAX;
            char value[32];
            for (uint64_t bytes = memories[i].least << 12; bytes >= memories[i].least; bytes /= 2) {
                snprintf(value, sizeof value, "%llu", (unsigned long long)bytes);
                ets_arch *b = with(a, memories[i].key, value);
                ets_summary s = summary_of(b, m);
                ets_arch_free(b);
                refused += s.n_overfull_layers > 0;
                if (s.n_overfull_layers) continue;
                ck_assert_msg(fastest == UINT64_MAX || s.cycles * 100 >= fastest * 94, "%d: %s=%s: %llu cycles, with more of it %llu", k, memories[i].key, value,
                              (unsigned long long)s.cycles, (unsigned long long)fastest);
                slower += fastest != UINT64_MAX && s.cycles > fastest;
                fastest = s.cycles < fastest ? s.cycles : fastest;
            }
        }
        ets_model_free(m);
        ets_arch_free(a);
        ets_arch_free(any);
    }
    ck_assert(slower > 50 && refused > 50);
}
END_TEST

/* Seven percent more memory is at most a tenth slower, where layers run in parts, too (docs/STUDY.md says how often it is slower at all). */
START_TEST(a_little_more_memory_is_hardly_slower)
{
    static const char *const names[] = {"resnet-50-v1-224", "bodypix-mobilenet-v1-0.75-512", "vgg-16-224", "ssd-mobilenet-v2-face-320"};
    ets_arch *a = NULL;
    ets_error e;
    uint32_t compared = 0;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &a, &e), e);
    for (size_t i = 0; i < COUNT(names); i++) {
        char file[80], value[32];
        ets_model *m = NULL;
        snprintf(file, sizeof file, TREE("models/%s.yaml"), names[i]);
        ASSERT_OK(ets_model_load(file, NULL, &m, &e), e);
        uint64_t before = 0;
        for (uint64_t bytes = 48 * 1024; bytes < 512 * 1024; bytes = bytes * 107 / 100 / 256 * 256) {
            snprintf(value, sizeof value, "%llu", (unsigned long long)bytes);
            ets_arch *b = with(a, "tile.narrow_bytes", value);
            ets_summary s = summary_of(b, m);
            ets_arch_free(b);
            ck_assert_msg(!before || s.n_overfull_layers || s.cycles <= before + before / 10, "%s with %s bytes: %llu cycles, with less %llu", names[i],
                          value, (unsigned long long)s.cycles, (unsigned long long)before);
            compared += before && !s.n_overfull_layers;
            before = s.n_overfull_layers ? 0 : s.cycles;
        }
        ets_model_free(m);
    }
    ets_arch_free(a);
    ck_assert_uint_gt(compared, 80);
}
END_TEST

static ets_summary summary_of_text(const ets_arch *a, const char *text)
{
    ets_model *m = NULL;
    ets_error e;
    ASSERT_OK(ets_model_parse("it", text, strlen(text), NULL, &m, &e), e);
    ets_summary s = summary_of(a, m);
    ets_model_free(m);
    return s;
}

/* The sections of a machine, of a first line without blanks before it and all that is indented, the last one first. */
static void reverse_sections(const char *text, size_t n, char *out)
{
    for (size_t end = n; end;) {
        size_t begin = end - 1;
        while (begin && (text[begin - 1] != '\n' || text[begin] == ' ')) begin--;
        memcpy(out, text + begin, end - begin);
        out += end - begin;
        end = begin;
    }
}

/* Names of layers and the order of keys say nothing of time. */
START_TEST(names_and_order_of_keys_change_nothing)
{
    static const char one[] = "edgetpu_sim_model: 1\nname: it\ntype: uint8\ninputs: {x: [1, 30, 22, 3]}\nlayers:\n"
                              "  - {op: conv_2d, name: a, kernel: 3, stride: 2, out: 24}\n  - {op: depthwise_conv_2d, name: b, kernel: 5, pad: valid}\n"
                              "  - {op: conv_2d, name: c, from: a, out: 24, kernel: 5, pad: valid}\n  - {op: add, name: d, from: [b, c]}\n";
    static const char same[] = "edgetpu_sim_model: 1\ninputs: {zebra: [1, 30, 22, 3]}\nlayers:\n"
                               "  - {stride: 2, out: 24, kernel: 3, name: 'layer 17', op: conv_2d}\n  - {pad: valid, op: depthwise_conv_2d, kernel: 5, name: a}\n"
                               "  - {kernel: 5, op: conv_2d, from: 'layer 17', pad: valid, out: 24, name: b}\n  - {from: [a, b], op: add}\n"
                               "type: uint8\nname: it\n";
    ets_arch *a = NULL, *b = NULL;
    ets_error e;
    static char text[16384], backwards[16384];
    FILE *f = fopen(TREE("arch/coral-usb.yaml"), "r");
    ck_assert_ptr_nonnull(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    ck_assert_uint_lt(n, sizeof text - 1);
    size_t head = strcspn(text, "\n") + 1; /* says what the file is, and stays */
    memcpy(backwards, text, head);
    reverse_sections(text + head, n - head, backwards + head);
    ASSERT_OK(ets_arch_parse("one", text, n, NULL, 0, NULL, &a, &e), e);
    ASSERT_OK(ets_arch_parse("other", backwards, n, NULL, 0, NULL, &b, &e), e);
    ck_assert_int_ne(memcmp(text, backwards, n), 0);
    ets_summary s = summary_of_text(a, one), renamed = summary_of_text(a, same), reordered = summary_of_text(b, one);
    ck_assert_mem_eq(&s, &renamed, sizeof s);
    ck_assert_mem_eq(&s, &reordered, sizeof s);
    ets_arch_free(a);
    ets_arch_free(b);
}
END_TEST

Suite *suite_laws(void);
Suite *suite_laws(void)
{
    Suite *s = suite_create("laws");
    TCase *t = tcase_create("laws");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, nothing_is_faster_than_its_rate);
    tcase_add_test(t, a_faster_part_never_makes_a_network_slower_nor_saves_work);
    tcase_add_test(t, what_has_no_room_is_counted);
    tcase_add_test(t, less_memory_never_looks_better);
    tcase_add_test(t, a_little_more_memory_is_hardly_slower);
    tcase_add_test(t, names_and_order_of_keys_change_nothing);
    suite_add_tcase(s, t);
    return s;
}
