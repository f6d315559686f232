/* builder.c - making a graph: tensors and operators are added, then the whole is ordered, checked and counted. */
#include <string.h>

#include "base/alloc.h"
#include "base/mem.h"
#include "base/num.h"
#include "graph/graph_check.h"
#include "graph/shape.h"

ets_status eti_graph_begin(struct eti_graph_builder *b, const char *name, const char *format, const ets_allocator *mem,
                           ets_error *err)
{
    memset(b, 0, sizeof *b);
    eti_arena_init(&b->graph.arena, mem);
    eti_arena_init(&b->scratch, mem);
    b->graph.name = eti_arena_text(&b->graph.arena, name, strlen(name));
    b->graph.format = format;
    b->file = b->graph.name;
    return b->graph.name ? ETS_OK : eti_nomem(err);
}

void eti_graph_abandon(struct eti_graph_builder *b)
{
    const ets_allocator *mem = &b->graph.arena.mem;
    if (!mem->resize) return;
    eti_free(mem, b->graph.tensors, b->cap_tensors, sizeof *b->graph.tensors);
    eti_free(mem, b->graph.ops, b->cap_ops, sizeof *b->graph.ops);
    eti_free(mem, b->graph.inputs, b->cap_inputs, sizeof *b->graph.inputs);
    eti_free(mem, b->graph.outputs, b->cap_outputs, sizeof *b->graph.outputs);
    eti_arena_free(&b->graph.arena);
    eti_arena_free(&b->scratch);
    memset(b, 0, sizeof *b);
}

/* ------------------------------------------------------------------ tensors ------------------------------ */

static const char *part_of(const struct eti_tensor *t) { return t->part ? t->part : ""; }

static ets_status size_tensor(struct eti_tensor *t, const struct eti_place *at, ets_error *err)
{
    t->elements = 1;
    if (t->shape.rank > ETS_MAX_RANK)
        return eti_fail(err, ETS_RANGE, at, "tensor '%s%s' has %u dimensions; at most %d are allowed", t->name, part_of(t),
                        t->shape.rank, ETS_MAX_RANK);
    for (uint32_t i = 0; i < t->shape.rank; i++) {
        if (!t->shape.dim[i])
            return eti_fail(err, ETS_RANGE, at, "tensor '%s%s': dimension %u is 0; sizes must be at least 1", t->name, part_of(t), i);
        if (!eti_mul(t->elements, t->shape.dim[i], &t->elements)) t->elements = UINT64_MAX / 8;
        t->elements = eti_min(t->elements, UINT64_MAX / 8);
    }
    t->bytes = t->elements * eti_type_bytes(t->type);
    if (t->bytes > ETI_MAX_TENSOR_BYTES)
        return eti_fail(err, ETS_RANGE, at, "tensor '%s%s' of %s %s takes %llu bytes; at most %llu are allowed", t->name,
                        part_of(t), eti_shape_text(&t->shape).text, eti_type_name(t->type), (unsigned long long)t->bytes,
                        (unsigned long long)ETI_MAX_TENSOR_BYTES);
    return ETS_OK;
}

static ets_status copy_values(struct eti_arena *arena, struct eti_tensor *t, ets_error *err)
{
    if (!t->values) return ETS_OK;
    int32_t *values = eti_arena_alloc(arena, t->n_values, sizeof *values);
    if (!values) return eti_nomem(err);
    memcpy(values, t->values, t->n_values * sizeof *values);
    t->values = values;
    return ETS_OK;
}

ets_status eti_graph_add_named_tensor(struct eti_graph_builder *b, const struct eti_tensor *t, const struct eti_place *at,
                                      int32_t *out, ets_error *err)
{
    void *array = b->graph.tensors;
    if (b->graph.n_tensors == ETI_MAX_TENSORS)
        return eti_fail(err, ETS_RANGE, at, "more than %u tensors", ETI_MAX_TENSORS);
    if (!eti_reserve(&b->graph.arena.mem, &array, &b->cap_tensors, b->graph.n_tensors, sizeof *t)) return eti_nomem(err);
    b->graph.tensors = array;
    struct eti_tensor *copy = &b->graph.tensors[b->graph.n_tensors];
    *copy = *t;
    ETI_TRY(size_tensor(copy, at, err));
    ETI_TRY(copy_values(&b->graph.arena, copy, err));
    copy->given = copy->taken = false;
    copy->producer = -1;
    copy->n_consumers = 0;
    *out = (int32_t)b->graph.n_tensors++;
    return ETS_OK;
}

ets_status eti_graph_add_tensor(struct eti_graph_builder *b, const struct eti_tensor *t, const struct eti_place *at,
                                int32_t *out, ets_error *err)
{
    struct eti_tensor named = *t;
    named.name = eti_arena_text(&b->graph.arena, t->name, strlen(t->name));
    return named.name ? eti_graph_add_named_tensor(b, &named, at, out, err) : eti_nomem(err);
}

/* ------------------------------------------------------------------ operators ---------------------------- */

/* Those behind the ones that it needs; of what joins any number of tensors, none. */
static bool may_be_absent(const struct eti_op *op, uint32_t i)
{
    switch ((int)op->type) {
    case ETI_OP_CONCATENATION: case ETI_OP_PACK: return false;
    case ETI_OP_LSTM: return i > 0;
    case ETI_OP_OPAQUE: return true;
    default: return i >= eti_op_kind(op->type)->inputs_min;
    }
}

static ets_status check_operands(const struct eti_graph_builder *b, const struct eti_op *op, ets_error *err)
{
    const struct eti_op_kind *kind = eti_op_kind(op->type);
    if (op->n_inputs < kind->inputs_min || op->n_inputs > kind->inputs_max)
        return eti_fail(err, ETS_SCHEMA, &op->place, "%s '%s' has %u inputs; %u to %u are needed", op->type_name, op->name,
                        op->n_inputs, kind->inputs_min, kind->inputs_max);
    if (op->n_outputs < 1 || (kind->outputs && op->n_outputs != kind->outputs))
        return eti_fail(err, ETS_SCHEMA, &op->place, "%s '%s' has %u outputs; %u needed", op->type_name, op->name,
                        op->n_outputs, kind->outputs ? kind->outputs : 1);
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        if (op->inputs[i] >= (int32_t)b->graph.n_tensors || op->inputs[i] < (may_be_absent(op, i) ? -1 : 0))
            return eti_fail(err, ETS_SCHEMA, &op->place, "%s '%s': input %u is tensor %d, which does not exist",
                            op->type_name, op->name, i, op->inputs[i]);
    }
    for (uint32_t i = 0; i < op->n_outputs; i++) {
        int32_t t = op->outputs[i];
        if (t < 0 || t >= (int32_t)b->graph.n_tensors)
            return eti_fail(err, ETS_SCHEMA, &op->place, "%s '%s': output %u is tensor %d, which does not exist",
                            op->type_name, op->name, i, t);
        if (b->graph.tensors[t].constant)
            return eti_fail(err, ETS_SCHEMA, &op->place, "%s '%s': its output '%s' is a constant", op->type_name, op->name,
                            b->graph.tensors[t].name);
    }
    return ETS_OK;
}

/* An operator on scalars or with an unknown size has nothing that could be compared. */
static bool is_static(const struct eti_graph_builder *b, const struct eti_op *op)
{
    for (uint32_t i = 0; i < op->n_inputs; i++)
        if (op->inputs[i] >= 0 && b->graph.tensors[op->inputs[i]].dynamic) return false;
    for (uint32_t i = 0; i < op->n_outputs; i++)
        if (b->graph.tensors[op->outputs[i]].dynamic) return false;
    return op->type != ETI_OP_OPAQUE && op->type != ETI_OP_LSTM;
}

/* Files write the same values in more or fewer dimensions; the number of values has to agree. */
static ets_status shapes_agree(struct eti_graph_builder *b, struct eti_op *op, ets_error *err)
{
    const struct eti_tensor **in = eti_arena_alloc(&b->scratch, op->n_inputs, sizeof *in);
    struct eti_shape *out = eti_arena_alloc(&b->scratch, op->n_outputs, sizeof *out);
    ets_status status = in && out ? ETS_OK : eti_nomem(err);
    for (uint32_t i = 0; status == ETS_OK && i < op->n_inputs; i++)
        in[i] = op->inputs[i] < 0 ? NULL : &b->graph.tensors[op->inputs[i]];
    if (status == ETS_OK) status = eti_infer_shapes(op, in, out, op->n_outputs, err);
    for (uint32_t i = 0; status == ETS_OK && i < op->n_outputs; i++) {
        struct eti_tensor *t = &b->graph.tensors[op->outputs[i]];
        uint64_t elements = 1;
        for (uint32_t k = 0; k < out[i].rank; k++)
            if (!eti_mul(elements, out[i].dim[k], &elements)) elements = UINT64_MAX;
        if (elements == t->elements) continue;
        struct eti_tensor stated = *t;
        if (t->open_batch) { /* the file has a 1 for what was not known: it follows from the operands */
            t->shape = out[i];
            status = size_tensor(t, &op->place, err);
            if (status != ETS_OK) *t = stated;
        } else
            status = eti_fail(err, ETS_SCHEMA, &op->place, "%s '%s': output '%s' is given as %s, but is %s by its inputs",
                              op->type_name, op->name, t->name, eti_shape_text(&t->shape).text, eti_shape_text(&out[i]).text);
    }
    eti_arena_reset(&b->scratch);
    return status;
}

/* Those of an open batch become ones whose size is not known. Are there any? */
static bool give_up_batch(struct eti_graph_builder *b, const int32_t *tensors, uint32_t n)
{
    bool any = false;
    for (uint32_t i = 0; i < n; i++) {
        if (tensors[i] < 0 || !b->graph.tensors[tensors[i]].open_batch) continue;
        b->graph.tensors[tensors[i]].dynamic = any = true;
    }
    return any;
}

static ets_status compare_shapes(struct eti_graph_builder *b, struct eti_op *op, ets_error *err)
{
    ets_error why;
    if (!is_static(b, op)) return ETS_OK;
    const struct eti_attributes stated = op->at;
    ets_status status = shapes_agree(b, op, &why);
    if (status == ETS_OK) return ETS_OK;
    bool given_up = status != ETS_NOMEM && (give_up_batch(b, op->outputs, op->n_outputs) || give_up_batch(b, op->inputs, op->n_inputs));
    if (given_up) {
        op->at = stated;
        return ETS_OK;
    }
    if (err) *err = why;
    return status;
}

static int32_t *copy_indices(struct eti_arena *arena, const int32_t *from, uint32_t n)
{
    int32_t *to = eti_arena_alloc(arena, n, sizeof *to);
    if (to && n) memcpy(to, from, n * sizeof *to);
    return to;
}

static ets_status append_op(struct eti_graph_builder *b, const struct eti_op *op, ets_error *err)
{
    struct eti_arena *arena = &b->graph.arena;
    void *array = b->graph.ops;
    if (!eti_reserve(&arena->mem, &array, &b->cap_ops, b->graph.n_ops, sizeof *op)) return eti_nomem(err);
    b->graph.ops = array;
    struct eti_op *copy = &b->graph.ops[b->graph.n_ops];
    eti_copy(copy, op, sizeof *copy);
    int32_t *links = eti_arena_raw(arena, 2 * ((size_t)op->n_inputs + op->n_outputs), sizeof *links);
    if (!links) return eti_nomem(err);
    memcpy(links, op->inputs, op->n_inputs * sizeof *links);
    memcpy(links + op->n_inputs, op->outputs, op->n_outputs * sizeof *links);
    copy->inputs = links;
    copy->outputs = links + op->n_inputs;
    int32_t *computed = links + op->n_inputs + op->n_outputs;
    copy->computed = computed;
    copy->n_computed = 0;
    for (uint32_t i = 0; i < op->n_inputs; i++)
        if (links[i] >= 0 && !b->graph.tensors[links[i]].constant) computed[copy->n_computed++] = links[i];
    memcpy(computed + copy->n_computed, op->outputs, op->n_outputs * sizeof *links);
    copy->place.file = b->file;
    b->graph.n_ops++;
    return ETS_OK;
}

ets_status eti_graph_add_inferred_op(struct eti_graph_builder *b, const struct eti_op *op, ets_error *err)
{
    if (b->graph.n_ops == ETI_MAX_OPS) return eti_fail(err, ETS_RANGE, &op->place, "more than %u operators", ETI_MAX_OPS);
    ETI_TRY(check_operands(b, op, err));
    return append_op(b, op, err);
}

ets_status eti_graph_add_op(struct eti_graph_builder *b, const struct eti_op *op, ets_error *err)
{
    struct eti_op named = *op;
    if (b->graph.n_ops == ETI_MAX_OPS) return eti_fail(err, ETS_RANGE, &op->place, "more than %u operators", ETI_MAX_OPS);
    ETI_TRY(check_operands(b, op, err));
    ETI_TRY(compare_shapes(b, &named, err));
    named.name = eti_arena_text(&b->graph.arena, op->name, strlen(op->name));
    named.type_name = eti_arena_text(&b->graph.arena, op->type_name, strlen(op->type_name));
    return named.name && named.type_name ? append_op(b, &named, err) : eti_nomem(err);
}

static ets_status add_end(struct eti_graph_builder *b, int32_t **list, uint32_t *n, size_t *cap, int32_t tensor, ets_error *err)
{
    void *array = *list;
    struct eti_place at = {b->file, 0, 0, 0, false};
    if (tensor < 0 || tensor >= (int32_t)b->graph.n_tensors)
        return eti_fail(err, ETS_SCHEMA, &at, "an input or output of the model is tensor %d, which does not exist", tensor);
    if (!eti_reserve(&b->graph.arena.mem, &array, cap, *n, sizeof **list)) return eti_nomem(err);
    *list = array;
    (*list)[(*n)++] = tensor;
    return ETS_OK;
}

ets_status eti_graph_add_input(struct eti_graph_builder *b, int32_t tensor, ets_error *err)
{
    ETI_TRY(add_end(b, &b->graph.inputs, &b->graph.n_inputs, &b->cap_inputs, tensor, err));
    b->graph.tensors[tensor].given = true;
    return ETS_OK;
}

ets_status eti_graph_add_output(struct eti_graph_builder *b, int32_t tensor, ets_error *err)
{
    ETI_TRY(add_end(b, &b->graph.outputs, &b->graph.n_outputs, &b->cap_outputs, tensor, err));
    b->graph.tensors[tensor].taken = true;
    return ETS_OK;
}

/* ------------------------------------------------------------------ finishing ---------------------------- */

/* Moves growing arrays into the arena, so that the graph is one thing to free. */
static ets_status settle(struct eti_graph_builder *b, struct eti_graph *g, ets_error *err)
{
    struct eti_arena *arena = &g->arena;
    struct eti_tensor *tensors = eti_arena_alloc(arena, g->n_tensors, sizeof *tensors);
    struct eti_op *ops = eti_arena_alloc(arena, g->n_ops, sizeof *ops);
    int32_t *inputs = copy_indices(arena, g->inputs, g->n_inputs), *outputs = copy_indices(arena, g->outputs, g->n_outputs);
    b->graph.arena = *arena;
    if (!tensors || !ops || !inputs || !outputs) return eti_nomem(err);
    if (g->n_tensors) memcpy(tensors, g->tensors, g->n_tensors * sizeof *tensors);
    if (g->n_ops) memcpy(ops, g->ops, g->n_ops * sizeof *ops);
    g->tensors = tensors;
    g->ops = ops;
    g->inputs = inputs;
    g->outputs = outputs;
    return ETS_OK;
}

static void release_arrays(struct eti_graph_builder *b)
{
    const ets_allocator *mem = &b->graph.arena.mem;
    eti_free(mem, b->graph.tensors, b->cap_tensors, sizeof *b->graph.tensors);
    eti_free(mem, b->graph.ops, b->cap_ops, sizeof *b->graph.ops);
    eti_free(mem, b->graph.inputs, b->cap_inputs, sizeof *b->graph.inputs);
    eti_free(mem, b->graph.outputs, b->cap_outputs, sizeof *b->graph.outputs);
    eti_arena_free(&b->scratch);
    memset(b, 0, sizeof *b);
}

ets_status eti_graph_complete(struct eti_graph_builder *b, ets_error *err)
{
    ETI_TRY(eti_graph_order(&b->graph, err));
    return eti_graph_check(&b->graph, err);
}

ets_status eti_graph_restart(struct eti_graph_builder *b, const char *name, ets_error *err)
{
    struct eti_graph *g = &b->graph;
    g->n_tensors = g->n_ops = g->n_inputs = g->n_outputs = 0;
    eti_arena_reset(&g->arena);
    g->name = b->file = eti_arena_text(&g->arena, name, strlen(name));
    return g->name ? ETS_OK : eti_nomem(err);
}

ets_status eti_graph_finish(struct eti_graph_builder *b, struct eti_graph **out, ets_error *err)
{
    ETI_TRY(eti_graph_complete(b, err));
    struct eti_graph *g = eti_arena_alloc(&b->graph.arena, 1, sizeof *g);
    if (!g) return eti_nomem(err);
    *g = b->graph;
    ETI_TRY(settle(b, g, err));
    release_arrays(b);
    *out = g;
    return ETS_OK;
}

void eti_graph_free(struct eti_graph *graph)
{
    if (!graph) return;
    struct eti_arena arena = graph->arena; /* the graph lies in it */
    eti_arena_free(&arena);
}
