/* explain_array.c - a layer on a systolic array: the product it is, how it is cut to the memories, folds and turns, and the formulas
 * of docs/MODEL.md with their numbers. */
#include <stdio.h>

#include "base/num.h"
#include "predict/explain.h"

typedef unsigned long long ull;

static const char *const flows[ETI_DATAFLOWS] = {"weights stay", "sums stay", "activations stay"};
static const char *const row_words[] = {"depth", "pixels", "depth"}, *const column_words[] = {"outputs", "outputs", "pixels"},
                  *const turn_words[] = {"pixels", "depth", "outputs"};

static void explain_vector(struct eti_explainer *x, const struct eti_array_plan *p)
{
    const struct eti_arch *a = &x->arch->v;
    x->e->mapping = eti_explain_say(x, "no product: %llu operations on the vector unit of %llu lanes", (ull)p->work.operations, (ull)a->vector.lanes);
    eti_explain_loop(x, "parts", p->tiling.compute.count[0], "as many as the memories need");
    eti_explain_formula(x, "vector unit", eti_explain_say(x, "%llu start + %llu operations / %llu lanes a part", (ull)a->vector.start_cycles,
                                                          (ull)p->work.operations, (ull)a->vector.lanes), p->tiling.compute_cycles, "cycles");
}

/* A product that is one part, seen as one pass without ports: the closed form. */
static void closed_form(struct eti_explainer *x, const struct eti_array_plan *p, const struct eti_gemm *g)
{
    struct eti_array a = eti_array_of(&x->arch->v);
    struct eti_folds f = eti_folds_of(&a, p->tiling.flow, g);
    uint64_t folds = f.down * f.across, load = p->tiling.flow == ETI_OUTPUT_STATIONARY ? 0 : a.rows;
    const char *text;
    if (a.convention == ETI_DOUBLE_BUFFERED)
        text = eti_explain_say(x, "%llu load + %llu x max(%llu turns, %llu rows) + %llu turns + %llu skew", (ull)load, (ull)(folds - 1), (ull)f.turns, (ull)a.rows,
                               (ull)f.turns, (ull)a.skew);
    else text = eti_explain_say(x, "%llu folds x (%llu turns + %llu skew + %llu load)", (ull)folds, (ull)f.turns, (ull)a.skew, (ull)load);
    eti_explain_formula(x, "closed form", text, eti_pass_cycles(&a, p->tiling.flow, g), "cycles");
}

static void explain_product(struct eti_explainer *x, const struct eti_array_plan *p)
{
    const struct eti_arch *a = &x->arch->v;
    const struct eti_tiling *t = &p->tiling;
    struct eti_array array = eti_array_of(a);
    struct eti_gemm g = eti_gemm_of(&p->work);
    uint64_t parts[3] = {eti_ceil_div(g.pixels, t->part_pixels), eti_ceil_div(p->work.channels, t->part_channels),
                         eti_ceil_div(p->work.groups > 1 ? p->work.groups : p->work.outputs, t->part_outputs)};
    struct eti_gemm part = {eti_min(t->part_pixels, g.pixels), p->work.taps * t->part_channels, eti_min(t->part_outputs, g.outputs)};
    struct eti_folds f;
    if (p->work.groups > 1) {
        part.depth = p->work.taps * p->work.channels * t->bundle;
        part.outputs = p->work.outputs * t->bundle;
    }
    f = eti_folds_of(&array, t->flow, &part);
    x->e->mapping = eti_explain_say(x, "%s%llu pixels x %llu depth by %llu depth x %llu outputs; %s: %s on %llu rows, %s on %llu columns, passing by: %s; %.1f %% of its places hold an operand",
                                    p->work.groups > 1 ? eti_explain_say(x, "%llu products, %llu side by side, of ", (ull)p->work.groups, (ull)t->bundle) : "",
                                    (ull)g.pixels, (ull)g.depth, (ull)g.depth, (ull)g.outputs, flows[t->flow], row_words[t->flow], (ull)a->array.rows,
                                    column_words[t->flow], (ull)a->array.columns, turn_words[t->flow], 100 * t->mapping_efficiency);
    const char *outside = t->pixels_outside ? "parts of pixels" : "parts of outputs", *inside = t->pixels_outside ? "parts of outputs" : "parts of pixels";
    const char *pixels = eti_explain_say(x, "%llu at a time", (ull)part.pixels);
    const char *outputs = eti_explain_say(x, p->work.groups > 1 ? "%llu groups at a time" : "%llu at a time", (ull)t->part_outputs);
    if (p->work.steps > 1)
        eti_explain_loop(x, "steps", p->work.steps, eti_explain_say(x, "then the state: %llu operations on %llu lanes, %llu to start",
                                                                    (ull)(p->work.operations / p->work.steps), (ull)a->vector.lanes, (ull)a->vector.start_cycles));
    eti_explain_loop(x, outside, t->pixels_outside ? parts[0] : parts[2], t->pixels_outside ? pixels : outputs);
    eti_explain_loop(x, inside, t->pixels_outside ? parts[2] : parts[0], t->pixels_outside ? outputs : pixels);
    eti_explain_loop(x, "parts of the depth", parts[1], eti_explain_say(x, "%llu taps x %llu channels; sums stay in the output memory", (ull)p->work.taps, (ull)t->part_channels));
    eti_explain_loop(x, "folds of the array", f.down * f.across, eti_explain_say(x, "%llu down x %llu across, of the first part", (ull)f.down, (ull)f.across));
    eti_explain_loop(x, "turns of a fold", f.turns, turn_words[t->flow]);
    if (parts[0] * parts[1] * parts[2] * p->work.steps == 1 && p->work.groups == 1) closed_form(x, p, &g);
    eti_explain_formula(x, "array at work", eti_explain_say(x, "%llu folds in %llu parts, ports and results in it", (ull)t->folds, (ull)(parts[0] * parts[1] * parts[2] * p->work.steps)),
                        t->compute_cycles, "cycles");
}

ets_status eti_explain_array(struct eti_explainer *x)
{
    const struct eti_arch *a = &x->arch->v;
    const struct eti_array_plan *p = &x->schedule.array[x->layer];
    struct eti_memory m;
    ETI_TRY(eti_memory_of(a, x->mem, &m, x->err));
    if (p->work.product) explain_product(x, p);
    else explain_vector(x, p);
    if (p->work.weight_bytes)
        x->e->parameters = eti_explain_say(x, "%.1f KiB, from DRAM at every inference", (double)p->work.weight_bytes / 1024);
    if (a->schedule.convention == ETI_SCALESIM) return ETS_OK;
    uint64_t bytes = p->tiling.read_bytes + p->tiling.write_bytes;
    eti_explain_formula(x, "DRAM", eti_explain_say(x, "(%llu bytes read + %llu written) / %.2f GB/s%s%s", (ull)p->tiling.read_bytes, (ull)p->tiling.write_bytes,
                                                   (double)m.bytes_per_s / 1e9, p->work.in_kept ? "; its input was kept on the chip" : "",
                                                   p->work.out_kept ? "; its result stays there" : ""), eti_memory_cycles(&m, bytes, bytes), "cycles");
    return ETS_OK;
}
