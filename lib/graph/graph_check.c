/* graph_check.c - order and rules of a whole graph, one rule a function. */
#include "graph/graph_check.h"

#include <string.h>

#include "base/alloc.h"
#include "base/num.h"

/* ------------------------------------------------------------------ order -------------------------------- */

static ets_status find_producers(struct eti_graph *g, ets_error *err)
{
    for (uint32_t i = 0; i < g->n_ops; i++) {
        const struct eti_op *op = &g->ops[i];
        for (uint32_t k = 0; k < op->n_outputs; k++) {
            struct eti_tensor *t = &g->tensors[op->outputs[k]];
            if (t->producer >= 0)
                return eti_fail(err, ETS_SCHEMA, &op->place, "tensor '%s' is made by both '%s' and '%s'", t->name,
                                g->ops[t->producer].name, op->name);
            t->producer = (int32_t)i;
        }
    }
    for (uint32_t i = 0; i < g->n_ops; i++)
        for (uint32_t k = 0; k < g->ops[i].n_computed; k++) g->tensors[g->ops[i].computed[k]].n_consumers++;
    return ETS_OK;
}

/* Producers are known. */
static ets_status list_activations(struct eti_graph *g, ets_error *err)
{
    int32_t *lists = eti_arena_raw(&g->arena, 3 * (size_t)g->n_tensors, sizeof *lists);
    if (!lists) return eti_nomem(err);
    g->activations = lists;
    g->sources = lists + g->n_tensors;
    g->results = lists + 2 * (size_t)g->n_tensors;
    g->n_activations = g->n_sources = g->n_results = 0;
    for (uint32_t i = 0; i < g->n_tensors; i++) {
        const struct eti_tensor *t = &g->tensors[i];
        if (t->constant) continue;
        g->activations[g->n_activations++] = (int32_t)i;
        if (t->producer < 0) g->sources[g->n_sources++] = (int32_t)i;
        else if (t->taken) g->results[g->n_results++] = (int32_t)i;
    }
    return ETS_OK;
}

static bool is_in_order(const struct eti_graph *g)
{
    for (uint32_t i = 0; i < g->n_ops; i++)
        for (uint32_t k = 0; k < g->ops[i].n_computed; k++)
            if (g->tensors[g->ops[i].computed[k]].producer >= (int32_t)i) return false;
    return true;
}

/* Kahn's algorithm. `missing`: inputs of an operator that are not made yet; `first`/`readers`: who reads a tensor. */
struct sorter { uint32_t *missing, *first, *readers, *order; struct eti_op *sorted; };

static void list_readers(const struct eti_graph *g, struct sorter *s)
{
    for (uint32_t t = 0; t < g->n_tensors; t++) s->first[t + 1] = s->first[t] + g->tensors[t].n_consumers;
    for (uint32_t i = g->n_ops; i-- > 0;) {
        for (uint32_t k = 0; k < g->ops[i].n_computed; k++) {
            int32_t t = g->ops[i].computed[k];
            if (g->tensors[t].producer >= 0) s->missing[i]++;
            s->readers[--s->first[t + 1]] = i;
        }
    }
    for (uint32_t t = 0; t < g->n_tensors; t++) s->first[t] = s->first[t + 1]; /* now where its readers begin */
}

static ets_status sort(struct eti_graph *g, struct sorter *s, ets_error *err)
{
    uint32_t n = 0;
    list_readers(g, s);
    for (uint32_t i = 0; i < g->n_ops; i++)
        if (!s->missing[i]) s->order[n++] = i;
    for (uint32_t at = 0; at < n; at++) {
        const struct eti_op *op = &g->ops[s->order[at]];
        for (uint32_t k = 0; k < op->n_outputs; k++) {
            int32_t t = op->outputs[k];
            for (uint32_t r = 0; r < g->tensors[t].n_consumers; r++)
                if (!--s->missing[s->readers[s->first[t] + r]]) s->order[n++] = s->readers[s->first[t] + r];
        }
    }
    for (uint32_t i = 0; n < g->n_ops && i < g->n_ops; i++)
        if (s->missing[i])
            return eti_fail(err, ETS_SCHEMA, &g->ops[i].place, "'%s' needs, directly or through others, its own result: the graph has a cycle", g->ops[i].name);
    for (uint32_t i = 0; i < g->n_ops; i++) s->sorted[i] = g->ops[s->order[i]];
    memcpy(g->ops, s->sorted, g->n_ops * sizeof *g->ops);
    for (uint32_t i = 0; i < g->n_ops; i++)
        for (uint32_t k = 0; k < g->ops[i].n_outputs; k++) g->tensors[g->ops[i].outputs[k]].producer = (int32_t)i;
    return ETS_OK;
}

ets_status eti_graph_order(struct eti_graph *g, ets_error *err)
{
    ETI_TRY(find_producers(g, err));
    ETI_TRY(list_activations(g, err));
    if (is_in_order(g)) return ETS_OK;
    size_t uses = 0; /* each is an index that an operator holds in memory */
    for (uint32_t t = 0; t < g->n_tensors; t++) uses += g->tensors[t].n_consumers;
    struct eti_arena scratch;
    struct sorter s;
    eti_arena_init(&scratch, &g->arena.mem);
    s.missing = eti_arena_alloc(&scratch, g->n_ops, sizeof *s.missing);
    s.first = eti_arena_alloc(&scratch, (size_t)g->n_tensors + 1, sizeof *s.first);
    s.readers = eti_arena_alloc(&scratch, uses, sizeof *s.readers);
    s.order = eti_arena_alloc(&scratch, g->n_ops, sizeof *s.order);
    s.sorted = eti_arena_alloc(&scratch, g->n_ops, sizeof *s.sorted);
    bool room = s.missing && s.first && s.readers && s.order && s.sorted;
    ets_status status = room ? sort(g, &s, err) : eti_nomem(err);
    eti_arena_free(&scratch);
    return status;
}

/* ------------------------------------------------------------------ rules -------------------------------- */

static ets_status has_operators(struct eti_graph *g, ets_error *err)
{
    struct eti_place at = {g->name, 0, 0, 0, false};
    return g->n_ops ? ETS_OK : eti_fail(err, ETS_SCHEMA, &at, "the model has no operators");
}

static ets_status has_outputs(struct eti_graph *g, ets_error *err)
{
    struct eti_place at = {g->name, 0, 0, 0, false};
    if (!g->n_outputs) return eti_fail(err, ETS_SCHEMA, &at, "the model has no output");
    return ETS_OK;
}

static ets_status outputs_are_made(struct eti_graph *g, ets_error *err)
{
    struct eti_place at = {g->name, 0, 0, 0, false};
    for (uint32_t i = 0; i < g->n_outputs; i++) {
        const struct eti_tensor *t = &g->tensors[g->outputs[i]];
        if (t->producer < 0 && !t->constant && !t->given)
            return eti_fail(err, ETS_SCHEMA, &at, "the output '%s' is made by no operator", t->name);
    }
    return ETS_OK;
}

static ets_status inputs_are_free(struct eti_graph *g, ets_error *err)
{
    struct eti_place at = {g->name, 0, 0, 0, false};
    for (uint32_t i = 0; i < g->n_inputs; i++) {
        const struct eti_tensor *t = &g->tensors[g->inputs[i]];
        if (t->producer >= 0 || t->constant)
            return eti_fail(err, ETS_SCHEMA, &at, "the input '%s' is also made inside the model", t->name);
    }
    return ETS_OK;
}

/* Every operand that is no constant comes from an operator or the outside. Variables of recurrent cells keep their own state. */
static ets_status operands_exist(struct eti_graph *g, ets_error *err)
{
    for (uint32_t i = 0; i < g->n_ops; i++) {
        const struct eti_op *op = &g->ops[i];
        if (op->type == ETI_OP_LSTM || op->type == ETI_OP_OPAQUE) continue;
        for (uint32_t k = 0; k < op->n_computed; k++) {
            const struct eti_tensor *t = &g->tensors[op->computed[k]];
            if (t->producer >= 0 || t->given) continue;
            return eti_fail(err, ETS_SCHEMA, &op->place, "%s '%s' reads '%s', which is neither an input, a constant nor made by an operator",
                            op->type_name, op->name, t->name);
        }
    }
    return ETS_OK;
}

static bool is_integer(const struct eti_graph *g, const struct eti_op *op)
{
    for (uint32_t i = 0; i < op->n_inputs + op->n_outputs; i++) {
        int32_t t = i < op->n_inputs ? op->inputs[i] : op->outputs[i - op->n_inputs];
        if (t < 0) continue;
        enum eti_type type = g->tensors[t].type;
        if (type == ETI_F32 || type == ETI_F16 || type == ETI_F64) return false;
    }
    return true;
}

ets_status eti_graph_count_op(struct eti_graph *g, struct eti_op *op, ets_error *err)
{
    ETI_TRY(eti_op_macs(g, op, &op->macs, err));
    op->weight_count = eti_op_weights(g, op);
    op->digest = eti_op_digest(g, op);
    op->integer = is_integer(g, op);
    op->counted = true;
    return ETS_OK;
}

static ets_status count_work(struct eti_graph *g, ets_error *err)
{
    uint64_t sum = 0, taps;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        const struct eti_op *op = &g->ops[i];
        if (!op->counted) ETI_TRY(eti_graph_count_op(g, &g->ops[i], err));
        bool pool = eti_op_kind(op->type)->class_ == ETI_POOL;
        uint64_t each = pool ? (uint64_t)op->at.kernel_h * op->at.kernel_w : op->macs;
        bool all = eti_mul(each, pool ? g->tensors[op->outputs[0]].elements : 1, &taps) && eti_add(sum, taps, &sum);
        if (!all || sum > ETI_MAX_PRODUCTS)
            return eti_fail(err, ETS_RANGE, &op->place, "%s '%s': more than 2^50 products in the network", op->type_name, op->name);
    }
    return ETS_OK;
}

/* A model is quantised when its weighted operators read and write 8- or 16-bit integers; conversions at its ends may
 * touch floats. Without weighted operators every operator counts. */
static void find_quantized(struct eti_graph *g)
{
    bool any_weighted = false, floats_weighted = false, floats_elsewhere = false;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        enum eti_op_class c = eti_op_kind(g->ops[i].type)->class_;
        bool weighted = c == ETI_WEIGHTED || c == ETI_RECURRENT, floats = !g->ops[i].integer;
        any_weighted |= weighted;
        floats_weighted |= weighted && floats;
        floats_elsewhere |= c != ETI_OTHER && floats;
    }
    g->quantized = !(any_weighted ? floats_weighted : floats_elsewhere);
}

ets_status eti_graph_check(struct eti_graph *g, ets_error *err)
{
    ETI_TRY(has_operators(g, err));
    ETI_TRY(has_outputs(g, err));
    ETI_TRY(outputs_are_made(g, err));
    ETI_TRY(inputs_are_free(g, err));
    ETI_TRY(operands_exist(g, err));
    ETI_TRY(count_work(g, err));
    g->digest = eti_graph_digest(g);
    find_quantized(g);
    return ETS_OK;
}
