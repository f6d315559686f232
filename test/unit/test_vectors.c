/* test_vectors.c - the vendor's compiled programs: every tensor instruction's steps on every tile, parameter bytes,
 * transfers, narrow memory. Needs the figures of ../shared (SHARED_DIR); without them only the published sums are held. */
#include "arch/arch.h"
#include "graph/model.h"
#include "schedule/schedule.h"
#include "tools/truth/grid.h"
#include "test.h"

struct compiled { ets_arch *arch; ets_model *model; struct eti_schedule schedule; };

static struct compiled compile(const char *path)
{
    struct compiled c;
    ets_error e;
    ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &c.arch, &e), e);
    ASSERT_OK(ets_model_load(path, NULL, &c.model, &e), e);
    ASSERT_OK(eti_schedule_make(&c.arch->v, c.model->graph, false, NULL, &c.schedule, &e), e);
    return c;
}

static void release(struct compiled *c)
{
    eti_schedule_free(&c->schedule);
    ets_model_free(c->model);
    ets_arch_free(c->arch);
}

#define MOST_OPS 4096
struct steps { uint32_t n[16]; uint64_t of[16][MOST_OPS]; }; /* each tile's ops in order */

static struct steps ours(const struct compiled *c, bool with_head)
{
    static struct steps s;
    const struct eti_program *p = &c->schedule.program;
    memset(&s, 0, sizeof s);
    for (size_t i = 0; i < p->n_phases; i++) {
        const struct eti_phase *phase = &p->phases[i];
        bool head = phase->owner >= 28; /* behind the pool of a MobileNet v1 */
        for (uint32_t k = phase->first; k < phase->first + phase->count; k++) {
            const struct eti_command *op = &p->commands[k];
            if (op->unit != ETI_OP || !op->steps || (head && !with_head)) continue;
            for (uint32_t t = 0; t < 16; t++)
                if (op->tiles >> t & 1) s.of[t][s.n[t]++] = op->steps;
        }
    }
    return s;
}

/* Rows: model,chunk,word,op,tiles(hex),loop0..loop4,cells,out_words,trips */
static struct steps vendors(const char *csv, const char *model)
{
    static struct steps s;
    char line[512];
    FILE *f = fopen(csv, "r");
    memset(&s, 0, sizeof s);
    while (fgets(line, sizeof line, f)) {
        size_t n = strlen(model);
        if (strncmp(line, model, n) != 0 || line[n] != ',') continue;
        char *field = line, *fields[14];
        for (int i = 0; i < 14 && field; i++) {
            fields[i] = field;
            field = strchr(field, ',');
            if (field) *field++ = '\0';
        }
        unsigned long tiles = strtoul(fields[4], NULL, 16);
        uint64_t trips = strtoull(fields[12], NULL, 10);
        for (uint32_t t = 0; t < 16; t++)
            if (tiles >> t & 1) s.of[t][s.n[t]++] = trips;
    }
    fclose(f);
    return s;
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* In a softmax the vendor's order of independent ops differs; there the same ops have to be there. */
static void assert_equal_steps(struct steps *a, struct steps *b, uint32_t ordered)
{
    for (uint32_t t = 0; t < 16; t++) {
        ck_assert_uint_eq(a->n[t], b->n[t]);
        for (uint32_t i = 0; i < a->n[t] && i < ordered; i++) ck_assert_uint_eq(a->of[t][i], b->of[t][i]);
        if (a->n[t] <= ordered) continue;
        qsort(a->of[t] + ordered, a->n[t] - ordered, sizeof(uint64_t), by_size);
        qsort(b->of[t] + ordered, b->n[t] - ordered, sizeof(uint64_t), by_size);
        ck_assert_mem_eq(a->of[t] + ordered, b->of[t] + ordered, (a->n[t] - ordered) * sizeof(uint64_t));
    }
}

static void compare_steps(const char *model, const char *path, bool with_head, uint32_t ordered)
{
    const char *csv = test_shared("vectors/op_loops_public.csv");
    if (!csv || !path) return;
    struct compiled c = compile(path);
    struct steps a = ours(&c, with_head), b = vendors(csv, model);
    assert_equal_steps(&a, &b, ordered);
    release(&c);
}

START_TEST(steps_of_every_tensor_instruction)
{ /* in order: two input copies and 27 layers; pool and head by what is there */
    compare_steps("mobilenet_v1_0.25_128_quant", test_shared("models/mobilenet_v1_0.25_128_quant.tflite"), true, 29);
    compare_steps("mobilenet_v1_0.5_160_quant", test_shared("models/mobilenet_v1_0.5_160_quant.tflite"), true, 29);
    compare_steps("mobilenet_v1_0.75_192_quant", test_shared("models/mobilenet_v1_0.75_192_quant.tflite"), true, 29);
    compare_steps("mobilenet_v1_1.0_224_quant_embedding_extractor", TREE("models/mobilenet-v1-1.0-224.yaml"), false, 29);
    /* three layers in two strips, with the copies between layouts; we run a layer at a time, not a strip at a time */
    compare_steps("deeplabv3_mnv2_dm05_pascal_quant", test_shared("models/deeplabv3_mnv2_dm05_pascal_quant.tflite"), true, 5);
}
END_TEST

/* The extractor ends at the average pool: 6,718,096 steps in all, 473,761 on the busiest tile. */
START_TEST(mobilenet_v1_sums)
{
    struct compiled c = compile(TREE("models/mobilenet-v1-1.0-224.yaml"));
    struct steps s = ours(&c, false);
    uint64_t all = 0, busiest = 0;
    for (uint32_t t = 0; t < 16; t++) {
        uint64_t sum = 0;
        for (uint32_t i = 0; i < s.n[t]; i++) sum += s.of[t][i];
        all += sum;
        busiest = sum > busiest ? sum : busiest;
    }
    ck_assert_uint_eq(all, 6718096);
    ck_assert_uint_eq(busiest, 473761);
    release(&c);
}
END_TEST

/* Published sizes of compiled models (google-coral/test_data): instructions, parameters, input, output, narrow memory a tile. */
static const struct { const char *file; uint64_t instructions, parameters, input, output, narrow; } compiled[] = {
    {"deeplabv3_mnv2_dm05_pascal_quant", 160672, 766720, 789512, 279040, 192744},
    {"mobilenet_v1_0.25_128_quant", 170032, 566912, 49152, 1008, 8996},
    {"mobilenet_v1_0.5_160_quant", 205936, 1473280, 76800, 1008, 20512},
    {"mobilenet_v1_0.75_192_quant", 195280, 2777600, 110592, 1008, 43824},
};

/* Within 3 %: up to the pool they are exact (places_of_every_tensor_instruction). */
static void assert_instructions(const struct compiled *c, uint64_t bytes)
{
    double off = (double)c->schedule.instruction_bytes / (double)bytes - 1;
    ck_assert_msg(off > -0.03 && off < 0.03, "%llu instruction bytes, the vendor's program has %llu",
                  (unsigned long long)c->schedule.instruction_bytes, (unsigned long long)bytes);
}

START_TEST(bytes_of_compiled_models)
{
    for (size_t i = 0; i < sizeof compiled / sizeof *compiled; i++) {
        char name[128];
        snprintf(name, sizeof name, "models/%s.tflite", compiled[i].file);
        if (!test_shared(name)) continue;
        struct compiled c = compile(test_shared(name));
        assert_instructions(&c, compiled[i].instructions);
        ck_assert_uint_eq(c.schedule.cached_bytes + c.schedule.streamed_bytes, compiled[i].parameters);
        ck_assert_uint_eq(c.schedule.streamed_bytes, 0);
        ck_assert_uint_eq(c.schedule.input_bytes, compiled[i].input);
        ck_assert_uint_eq(c.schedule.output_bytes, compiled[i].output);
        ck_assert_uint_eq(c.schedule.narrow_peak_bytes, compiled[i].narrow);
        release(&c);
    }
}
END_TEST

/* Width in hundredths, blocks; parameters, narrow memory, instruction bytes of the compiled networks (18 of them). */
START_TEST(grid_family)
{
    const char *csv = test_shared("vectors/compiled_grid_public.csv");
    FILE *f = csv ? fopen(csv, "r") : NULL;
    char line[256];
    uint32_t rows = 0;
    for (; f && fgets(line, sizeof line, f);) {
        float width;
        unsigned repeats;
        unsigned long cached, streamed, narrow, instructions;
        if (sscanf(line, "Grid_A%f_D%u,%lu,%lu,%lu,%lu", &width, &repeats, &cached, &streamed, &narrow, &instructions) != 6) continue;
        struct compiled c;
        ets_error e;
        c.model = grid_model((uint32_t)(100 * width + 0.5f), repeats, &e);
        ck_assert_msg(c.model != NULL, "%s", e.text);
        ASSERT_OK(ets_arch_load(TREE("arch/coral-usb.yaml"), NULL, 0, NULL, &c.arch, &e), e);
        ASSERT_OK(eti_schedule_make(&c.arch->v, c.model->graph, false, NULL, &c.schedule, &e), e);
        ck_assert_uint_eq(c.schedule.cached_bytes, cached);
        ck_assert_uint_eq(c.schedule.streamed_bytes, streamed);
        ck_assert_uint_eq(c.schedule.narrow_peak_bytes, narrow);
        assert_instructions(&c, instructions);
        release(&c);
        rows++;
    }
    if (f) fclose(f);
    ck_assert(!csv || rows == 18);
}
END_TEST

/* MobileNet v1 1.0/224 from our own YAML: layers up to the pool are the extractor's 3,363,072 bytes. */
START_TEST(bytes_of_the_yaml_mobilenet)
{
    struct compiled c = compile(TREE("models/mobilenet-v1-1.0-224.yaml"));
    uint64_t sum = 0;
    for (uint32_t i = 0; i < 28; i++) sum += c.schedule.layers[i].parameter_bytes;
    ck_assert_uint_eq(sum, 3363072);
    ck_assert_uint_eq(c.schedule.narrow_peak_bytes, 78912);
    ck_assert_uint_eq(c.schedule.input_bytes, 150528);
    release(&c);
}
END_TEST

/* Where each tensor instruction stands in the program, in instruction words: exact from the start to the last layer
 * before the pool, so every record of every border exchange is there, no more and no fewer. */
static void compare_places(const char *model, const char *path, uint32_t n_ops)
{
    const char *csv = test_shared("vectors/op_loops_public.csv");
    if (!csv || !path) return;
    struct compiled c = compile(path);
    const struct eti_program *p = &c.schedule.program;
    char line[512];
    FILE *f = fopen(csv, "r");
    uint64_t words = 0;
    uint32_t seen = 0;
    for (size_t i = 0; i < p->n_phases && seen < n_ops; i++) {
        words += p->phases[i].fence_iwords;
        for (uint32_t k = p->phases[i].first; k < p->phases[i].first + p->phases[i].count && seen < n_ops; k++) {
            if (p->commands[k].unit == ETI_OP) {
                size_t n = strlen(model);
                char *got;
                while ((got = fgets(line, sizeof line, f)) && (strncmp(line, model, n) != 0 || line[n] != ',')) continue;
                unsigned long word = 0, tiles = 0;
                ck_assert(got && sscanf(line + n, ",0,%lu,OP,%lx", &word, &tiles) == 2);
                ck_assert_uint_eq(words, word);
                ck_assert_uint_eq(p->commands[k].tiles, tiles);
                seen++;
            }
            words += p->commands[k].iwords;
        }
    }
    ck_assert_uint_eq(seen, n_ops);
    fclose(f);
    release(&c);
}

START_TEST(places_of_every_tensor_instruction)
{
    compare_places("mobilenet_v1_0.25_128_quant", test_shared("models/mobilenet_v1_0.25_128_quant.tflite"), 29);
    compare_places("mobilenet_v1_0.5_160_quant", test_shared("models/mobilenet_v1_0.5_160_quant.tflite"), 83);
    compare_places("mobilenet_v1_0.75_192_quant", test_shared("models/mobilenet_v1_0.75_192_quant.tflite"), 38);
    compare_places("mobilenet_v1_1.0_224_quant_embedding_extractor", TREE("models/mobilenet-v1-1.0-224.yaml"), 83);
}
END_TEST

/* Which weighted layers run in bands x strips, as "first-last:bands x strips"; where their bands end in the input. */
static void assert_parts(const char *path, const char *wanted, uint32_t first_band_rows)
{
    struct compiled c = compile(path);
    char found[256] = "";
    uint32_t seen = 0, first = 0, rows = 0;
    size_t n = 0;
    const struct eti_layer_plan *open = NULL;
    for (uint32_t i = 0; i < c.model->graph->n_ops; i++) {
        const struct eti_layer_plan *p = &c.schedule.layers[i];
        if (eti_op_kind(c.model->graph->ops[i].type)->class_ != ETI_WEIGHTED) continue;
        if (p->passes > 1 && !open) {
            first = seen;
            open = p;
            rows = rows || !p->input_in_bands ? rows : p->bands[0].in.n;
        }
        if (open && p->group_ends) {
            n += (size_t)snprintf(found + n, sizeof found - n, "%s%u-%u:%ux%u", n ? " " : "", first, seen, open->passes / open->n_strips, open->n_strips);
            open = NULL;
        }
        seen++;
    }
    ck_assert_str_eq(found, wanted);
    ck_assert_uint_eq(rows, first_band_rows);
    release(&c);
}

/* Repeated broadcasts and input transfers of the vendor's programs. Two differences: the first band of PoseNet reaches a row
 * further there, and DeepLab's last group takes in the next 1x1 convolution, which stands behind a pool in our file. */
START_TEST(groups_that_run_in_parts)
{
    assert_parts(TREE("models/posenet-mobilenet-v1-0.75-353x481.yaml"), "0-3:1x2", 0);
    assert_parts(TREE("models/posenet-mobilenet-v1-0.75-481x641.yaml"), "0-7:2x2", 254);
    assert_parts(TREE("models/posenet-mobilenet-v1-0.75-721x1281.yaml"), "0-11:3x4 12-25:1x2", 270);
    assert_parts(TREE("models/bodypix-mobilenet-v1-0.75-512.yaml"), "0-3:1x2 4-7:1x2", 0);
    assert_parts(TREE("models/deeplab-v3-mobilenet-v2-0.5-513.yaml"), "3-5:1x2", 0);
    assert_parts(TREE("models/deeplab-v3-mobilenet-v2-1.0-513.yaml"), "0-11:2x2 42-44:1x2 45-47:1x2 48-50:1x2", 270);
    assert_parts(TREE("models/mobilenet-v2-1.0-224.yaml"), "", 0);
}
END_TEST

/* Rows of parameters that cross the ring in an inference, repeats counted: what ring producers send when there is room. */
static uint64_t rows_sent(const char *path)
{
    struct compiled c = compile(path);
    const struct eti_program *p = &c.schedule.program;
    uint64_t bytes = 0;
    for (size_t i = 0; i < p->n_phases; i++) {
        for (uint32_t k = p->phases[i].first; k < p->phases[i].first + p->phases[i].count; k++) {
            const struct eti_command *q = &p->commands[k];
            bool parameters = false;
            for (uint32_t w = 0; w < q->n_waits; w++) parameters |= q->waits[w].counter == ETI_ROOM_0 || q->waits[w].counter == ETI_ROOM_1;
            if (parameters && q->unit == ETI_RING_PRODUCER) bytes += q->bytes;
        }
    }
    release(&c);
    return bytes / 256;
}

/* Of the vendor's programs, heads of PoseNet differ by ten rows; DeepLab's last group without its 1x1 convolution (324 rows). */
START_TEST(rows_are_sent_as_often)
{
    static const struct { const char *path; uint64_t rows, off; } programs[] = {
        {TREE("models/posenet-mobilenet-v1-0.75-353x481.yaml"), 5860, 10},
        {TREE("models/posenet-mobilenet-v1-0.75-481x641.yaml"), 6290, 10},
        {TREE("models/posenet-mobilenet-v1-0.75-721x1281.yaml"), 15270, 20},
        {TREE("models/deeplab-v3-mobilenet-v2-0.5-513.yaml"), 3080, 0},
        {TREE("models/deeplab-v3-mobilenet-v2-1.0-513.yaml"), 14895 - 324, 0},
    };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        uint64_t rows = rows_sent(programs[i].path);
        ck_assert_uint_le(rows, programs[i].rows);
        ck_assert_uint_ge(rows + programs[i].off, programs[i].rows);
    }
}
END_TEST

Suite *suite_vectors(void);
Suite *suite_vectors(void)
{
    Suite *s = suite_create("vectors");
    TCase *t = tcase_create("vendor programs");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, steps_of_every_tensor_instruction);
    tcase_add_test(t, mobilenet_v1_sums);
    tcase_add_test(t, bytes_of_compiled_models);
    tcase_add_test(t, grid_family);
    tcase_add_test(t, bytes_of_the_yaml_mobilenet);
    tcase_add_test(t, groups_that_run_in_parts);
    tcase_add_test(t, rows_are_sent_as_often);
    tcase_add_test(t, places_of_every_tensor_instruction);
    suite_add_tcase(s, t);
    return s;
}
