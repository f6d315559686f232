/* graph_yaml.c - our own description of a network (docs/FORMATS.md): one layer a line, tensors by the name of the layer
 * that makes them. Strict: an unknown key, a wrong type, a name that nothing has are errors with line and column. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "graph/layer.h"
#include "import/import.h"
#include "io/yamltree.h"

/* A layer or an input of the file. */
struct entry {
    const struct eti_yaml *node; /* of an input: its shape */
    const char *name;
    enum eti_op_type type;
    bool is_input;
    uint32_t *from;       /* entries that it reads */
    uint32_t *from_part;  /* which output of theirs */
    uint32_t n_from, n_ready; /* of these, known to be added */
    uint32_t n_outputs;
    int32_t *tensors;     /* outputs, once added */
    uint8_t state;        /* 0 not visited, 1 being resolved, 2 added */
};
struct reader {
    const char *file;
    struct eti_graph_builder b;
    struct eti_arena scratch;
    const struct eti_yaml *root;
    struct entry *entries;
    struct entry **by_name; /* sorted */
    uint32_t n_entries, n_results;
    enum eti_type type;
    bool per_channel;
    ets_error *err;
};

static struct eti_place place_of(const struct reader *r, const struct eti_yaml *n)
{
    struct eti_place at = {r->file, n->line, n->column, 0, false};
    return at;
}

static struct eti_place key_place(const struct reader *r, const struct eti_yaml *n)
{
    struct eti_place at = {r->file, n->key_line, n->key_column, 0, false};
    return at;
}

/* ------------------------------------------------------------------ values ------------------------------- */

static ets_status read_integer(struct reader *r, const struct eti_yaml *n, const char *key, int64_t low, int64_t high, int64_t *out)
{
    struct eti_place at = place_of(r, n);
    uint64_t value;
    bool negative = n->text && n->text[0] == '-';
    if (!n->text || !eti_parse_u64(n->text + negative, &value) || value > INT64_MAX)
        return eti_fail(r->err, ETS_SCHEMA, &at, "%s: a whole number is expected", key);
    *out = negative ? -(int64_t)value : (int64_t)value;
    if (*out < low || *out > high)
        return eti_fail(r->err, ETS_RANGE, &at, "%s: %s is outside %lld..%lld", key, n->text, (long long)low, (long long)high);
    return ETS_OK;
}

static ets_status read_u32(struct reader *r, const struct eti_yaml *n, const char *key, uint32_t *out)
{
    int64_t value = 0;
    ETI_TRY(read_integer(r, n, key, 1, 1 << 28, &value));
    *out = (uint32_t)value;
    return ETS_OK;
}

/* A number, or [height, width]. */
static ets_status read_pair(struct reader *r, const struct eti_yaml *n, const char *key, uint32_t *h, uint32_t *w)
{
    struct eti_place at = place_of(r, n);
    if (n->kind == ETI_YAML_SCALAR) {
        ETI_TRY(read_u32(r, n, key, h));
        *w = *h;
        return ETS_OK;
    }
    if (n->kind != ETI_YAML_SEQUENCE || n->n_children != 2)
        return eti_fail(r->err, ETS_SCHEMA, &at, "%s: a number or [height, width] is expected", key);
    ETI_TRY(read_u32(r, n->child, key, h));
    return read_u32(r, n->child->next, key, w);
}

static ets_status read_bool(struct reader *r, const struct eti_yaml *n, const char *key, bool *out)
{
    struct eti_place at = place_of(r, n);
    *out = n->text && strcmp(n->text, "true") == 0;
    if (*out || (n->text && strcmp(n->text, "false") == 0)) return ETS_OK;
    return eti_fail(r->err, ETS_SCHEMA, &at, "%s: true or false is expected", key);
}

/* "a, b, c", as far as there is room. */
static void list_names(char *to, size_t room, const char *const *names, size_t n)
{
    to[0] = '\0';
    for (size_t i = 0, used = 0; i < n && used < room; i++)
        used += (size_t)snprintf(to + used, room - used, i ? ", %s" : "%s", names[i]);
}

static ets_status read_choice(struct reader *r, const struct eti_yaml *n, const char *key, const char *const *names,
                              size_t n_names, size_t *out)
{
    struct eti_place at = place_of(r, n);
    if (!n->text) return eti_fail(r->err, ETS_SCHEMA, &at, "%s: a word is expected", key);
    for (*out = 0; *out < n_names; ++*out)
        if (strcmp(n->text, names[*out]) == 0) return ETS_OK;
    const char *meant = eti_did_you_mean(n->text, names, n_names);
    if (meant) return eti_fail(r->err, ETS_SCHEMA, &at, "%s: '%s' is not known; did you mean '%s'?", key, n->text, meant);
    char all[64]; /* of a few; the operators are too many for a line */
    list_names(all, sizeof all, names, n_names);
    if (n_names <= 4) return eti_fail(r->err, ETS_SCHEMA, &at, "%s: '%s' is not one of %s", key, n->text, all);
    return eti_fail(r->err, ETS_SCHEMA, &at, "%s: '%s' is not known (docs/FORMATS.md lists what is)", key, n->text);
}

/* Numbers of a list: how many at most, from which to which. */
struct list_of { uint32_t most; int64_t low, high; };

static ets_status read_list(struct reader *r, const struct eti_yaml *n, const char *key, struct list_of of, int32_t *values, uint32_t *count)
{
    struct eti_place at = place_of(r, n);
    *count = 0;
    if (n->kind != ETI_YAML_SEQUENCE || n->n_children > of.most)
        return eti_fail(r->err, ETS_SCHEMA, &at, "%s: a list of up to %u numbers is expected", key, of.most);
    for (const struct eti_yaml *c = n->child; c; c = c->next) {
        int64_t value = 0;
        ETI_TRY(read_integer(r, c, key, of.low, of.high, &value));
        values[(*count)++] = (int32_t)value;
    }
    return ETS_OK;
}

static ets_status read_shape(struct reader *r, const struct eti_yaml *n, const char *key, struct eti_shape *out)
{
    int32_t values[ETS_MAX_RANK];
    ETI_TRY(read_list(r, n, key, (struct list_of){ETS_MAX_RANK, 1, INT32_MAX}, values, &out->rank));
    for (uint32_t i = 0; i < out->rank; i++) out->dim[i] = (uint32_t)values[i];
    return ETS_OK;
}

/* ------------------------------------------------------------------ keys of a layer ---------------------- */

enum key { K_OP, K_NAME, K_FROM, K_KERNEL, K_STRIDE, K_DILATION, K_PAD, K_OUT, K_ACT, K_BIAS, K_AXIS, K_AXES, K_KEEP_DIMS,
           K_SIZE, K_SHAPE, K_BEGIN, K_PERMUTATION, K_BLOCK, K_PARTS, K_PADS, K_CUSTOM, K_PER_CHANNEL, K_CONSTANT,
           N_KEYS };
static const char *const key_names[N_KEYS] = {
    "op", "name", "from", "kernel", "stride", "dilation", "pad", "out", "act", "bias", "axis", "axes", "keep_dims", "size",
    "shape", "begin", "permutation", "block", "parts", "pads", "custom", "per_channel", "constant",
};
#define BIT(key) (1u << (key))
#define COMMON (BIT(K_OP) | BIT(K_NAME) | BIT(K_FROM))
#define WINDOW (BIT(K_KERNEL) | BIT(K_STRIDE) | BIT(K_PAD))
#define WEIGHTS (BIT(K_OUT) | BIT(K_ACT) | BIT(K_BIAS) | BIT(K_PER_CHANNEL))

/* Keys that an operator needs, and those that it may have. */
static void keys_of(enum eti_op_type type, uint32_t *needed, uint32_t *allowed)
{
    uint32_t need = 0, may = 0;
    switch ((int)type) {
    case ETI_OP_CONV_2D: need = BIT(K_OUT); may = WINDOW | WEIGHTS | BIT(K_DILATION); break;
    case ETI_OP_DEPTHWISE_CONV_2D: need = BIT(K_KERNEL); may = WINDOW | WEIGHTS | BIT(K_DILATION); break;
    case ETI_OP_TRANSPOSE_CONV: need = BIT(K_OUT) | BIT(K_KERNEL); may = WINDOW | WEIGHTS; break;
    case ETI_OP_FULLY_CONNECTED: need = BIT(K_OUT); may = WEIGHTS; break;
    case ETI_OP_LSTM: need = BIT(K_OUT); break;
    case ETI_OP_AVERAGE_POOL_2D: case ETI_OP_MAX_POOL_2D: need = BIT(K_KERNEL); may = WINDOW | BIT(K_ACT); break;
    case ETI_OP_ADD: case ETI_OP_SUB: case ETI_OP_MUL: may = BIT(K_ACT) | BIT(K_CONSTANT); break;
    case ETI_OP_MAXIMUM: case ETI_OP_MINIMUM: case ETI_OP_SQUARED_DIFFERENCE: may = BIT(K_CONSTANT); break;
    case ETI_OP_MEAN: case ETI_OP_SUM: case ETI_OP_REDUCE_MAX: case ETI_OP_REDUCE_MIN: may = BIT(K_AXES) | BIT(K_KEEP_DIMS); break;
    case ETI_OP_CONCATENATION: may = BIT(K_AXIS) | BIT(K_ACT); break;
    case ETI_OP_PACK: case ETI_OP_EXPAND_DIMS: case ETI_OP_ARG_MAX: need = BIT(K_AXIS); break;
    case ETI_OP_SPLIT: need = BIT(K_AXIS) | BIT(K_PARTS); break;
    case ETI_OP_PAD: need = BIT(K_PADS); break;
    case ETI_OP_RESHAPE: need = BIT(K_SHAPE); break;
    case ETI_OP_RESIZE_BILINEAR: case ETI_OP_RESIZE_NEAREST_NEIGHBOR: need = BIT(K_SIZE); break;
    case ETI_OP_SLICE: need = BIT(K_BEGIN) | BIT(K_SIZE); break;
    case ETI_OP_SPACE_TO_DEPTH: case ETI_OP_DEPTH_TO_SPACE: need = BIT(K_BLOCK); break;
    case ETI_OP_TRANSPOSE: need = BIT(K_PERMUTATION); break;
    case ETI_OP_SQUEEZE: may = BIT(K_AXES); break;
    case ETI_OP_OPAQUE: need = BIT(K_CUSTOM) | BIT(K_SHAPE); break;
    default: break;
    }
    *needed = need | BIT(K_OP);
    *allowed = need | may | COMMON;
}

/* `what` has no such key. What would be right: one that looks like it, or all that it takes. */
static ets_status not_a_key(struct reader *r, const struct eti_yaml *n, const char *what, const char *const *taken, size_t n_taken)
{
    struct eti_place at = key_place(r, n);
    const char *meant = eti_did_you_mean(n->key, taken, n_taken);
    char all[200];
    list_names(all, sizeof all, taken, n_taken);
    if (meant) return eti_fail(r->err, ETS_SCHEMA, &at, "%s has no '%s'; did you mean '%s'?", what, n->key, meant);
    return eti_fail(r->err, ETS_SCHEMA, &at, "%s has no '%s'; it takes %s", what, n->key, all);
}

static ets_status not_a_key_of(struct reader *r, const struct eti_yaml *n, const char *op, uint32_t allowed)
{
    const char *taken[N_KEYS];
    size_t n_taken = 0;
    for (uint32_t k = 0; k < N_KEYS; k++)
        if (allowed >> k & 1) taken[n_taken++] = key_names[k];
    return not_a_key(r, n, op, taken, n_taken);
}

static ets_status check_keys(struct reader *r, const struct entry *e)
{
    uint32_t needed, allowed, seen = 0;
    const char *op = e->type == ETI_OP_OPAQUE ? "custom" : eti_op_kind(e->type)->name;
    keys_of(e->type, &needed, &allowed);
    for (const struct eti_yaml *n = e->node->child; n; n = n->next) {
        uint32_t k = 0;
        while (k < N_KEYS && strcmp(key_names[k], n->key) != 0) k++;
        if (k == N_KEYS || !(allowed >> k & 1)) return not_a_key_of(r, n, op, allowed);
        seen |= BIT(k);
    }
    struct eti_place at = place_of(r, e->node);
    for (uint32_t k = 0; k < N_KEYS; k++)
        if ((needed >> k & 1) && !(seen >> k & 1)) return eti_fail(r->err, ETS_SCHEMA, &at, "%s: missing '%s'", op, key_names[k]);
    return ETS_OK;
}

static ets_status read_paddings(struct reader *r, const struct eti_yaml *n, struct eti_layer *l)
{
    struct eti_place at = place_of(r, n);
    l->n_values = 8; /* [[top, bottom], [left, right]] of height and width */
    if (n->kind != ETI_YAML_SEQUENCE || n->n_children != 2)
        return eti_fail(r->err, ETS_SCHEMA, &at, "pads: [[top, bottom], [left, right]] is expected");
    uint32_t count;
    ETI_TRY(read_list(r, n->child, "pads", (struct list_of){2, 0, 1 << 20}, l->values + 2, &count));
    if (count == 2) ETI_TRY(read_list(r, n->child->next, "pads", (struct list_of){2, 0, 1 << 20}, l->values + 4, &count));
    return count == 2 ? ETS_OK : eti_fail(r->err, ETS_SCHEMA, &at, "pads: [[top, bottom], [left, right]] is expected");
}

static ets_status read_key(struct reader *r, const struct eti_yaml *n, struct eti_layer *l)
{
    static const char *const pads[] = {"same", "valid"}, *const acts[] = {"none", "relu", "relu6", "relu_n1_to_1"};
    struct eti_attributes *at = &l->at;
    uint32_t k = 0, count;
    size_t choice;
    int64_t value;
    bool flag;
    struct eti_place where = place_of(r, n);
    while (strcmp(key_names[k], n->key) != 0) k++;
    switch ((enum key)k) {
    case K_KERNEL: return read_pair(r, n, "kernel", &at->kernel_h, &at->kernel_w);
    case K_STRIDE: return read_pair(r, n, "stride", &at->stride_h, &at->stride_w);
    case K_DILATION: return read_pair(r, n, "dilation", &at->dilation_h, &at->dilation_w);
    case K_PAD:
        ETI_TRY(read_choice(r, n, "pad", pads, 2, &choice));
        at->padding = (ets_padding)choice;
        return ETS_OK;
    case K_OUT: return read_u32(r, n, "out", &l->out_channels);
    case K_ACT:
        ETI_TRY(read_choice(r, n, "act", acts, 4, &choice));
        at->activation = (ets_activation)choice;
        return ETS_OK;
    case K_BIAS:
        ETI_TRY(read_bool(r, n, "bias", &flag));
        l->no_bias = !flag;
        return ETS_OK;
    case K_PER_CHANNEL: return read_bool(r, n, "per_channel", &l->per_channel);
    case K_AXIS:
        ETI_TRY(read_integer(r, n, "axis", -ETS_MAX_RANK, ETS_MAX_RANK, &value));
        at->axis = (int32_t)value;
        return ETS_OK;
    case K_AXES: ETI_TRY(read_list(r, n, "axes", (struct list_of){ETS_MAX_RANK, -ETS_MAX_RANK, ETS_MAX_RANK - 1}, l->values, &l->n_values));
        for (uint32_t i = 0; l->type == ETI_OP_SQUEEZE && i < l->n_values; i++)
            if (l->values[i] >= 0) at->axes |= 1u << l->values[i];
        return ETS_OK;
    case K_KEEP_DIMS: return read_bool(r, n, "keep_dims", &at->keep_dims);
    case K_SIZE:
        if (l->type == ETI_OP_SLICE) return read_list(r, n, "size", (struct list_of){ETS_MAX_RANK, -1, INT32_MAX}, l->sizes, &count);
        return read_list(r, n, "size", (struct list_of){2, 1, 1 << 20}, l->values, &l->n_values);
    case K_SHAPE:
        if (l->type == ETI_OP_OPAQUE) return read_shape(r, n, "shape", &l->out_shape);
        return read_list(r, n, "shape", (struct list_of){ETS_MAX_RANK, -1, INT32_MAX}, l->values, &l->n_values);
    case K_BEGIN: return read_list(r, n, "begin", (struct list_of){ETS_MAX_RANK, 0, INT32_MAX}, l->values, &l->n_values);
    case K_PERMUTATION: return read_list(r, n, "permutation", (struct list_of){ETS_MAX_RANK, 0, ETS_MAX_RANK - 1}, l->values, &l->n_values);
    case K_BLOCK: return read_u32(r, n, "block", &at->block);
    case K_PADS: return read_paddings(r, n, l);
    case K_CONSTANT:
        ETI_TRY(read_shape(r, n, "constant", &l->constant));
        if (l->constant.rank) return ETS_OK;
        return eti_fail(r->err, ETS_SCHEMA, &where, "constant: a shape is expected, e.g. [64] for a value a channel");
    case K_CUSTOM: l->custom = n->text ? n->text : "custom"; return ETS_OK;
    case K_OP: case K_NAME: case K_FROM: case K_PARTS: case N_KEYS: break;
    }
    return ETS_OK; /* read before */
}

/* ------------------------------------------------------------------ names and references ----------------- */

static int by_name(const void *a, const void *b)
{
    const struct entry *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

static struct entry *find(struct reader *r, const char *name)
{
    size_t low = 0, high = r->n_entries;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, r->by_name[middle]->name);
        if (!order) return r->by_name[middle];
        if (order < 0) high = middle;
        else low = middle + 1;
    }
    return NULL;
}

/* "name", or "name:1" for the second part of a split. */
static ets_status resolve(struct reader *r, const struct eti_yaml *n, uint32_t *entry, uint32_t *part)
{
    struct eti_place at = place_of(r, n);
    *part = 0;
    if (!n->text) return eti_fail(r->err, ETS_SCHEMA, &at, "the name of an input or a layer is expected");
    struct entry *e = find(r, n->text);
    const char *colon = strrchr(n->text, ':');
    uint64_t index;
    if (!e && colon && eti_parse_u64(colon + 1, &index)) {
        char *name = eti_arena_text(&r->scratch, n->text, (size_t)(colon - n->text));
        if (!name) return eti_nomem(r->err);
        e = find(r, name);
        if (e && index >= e->n_outputs) return eti_fail(r->err, ETS_SCHEMA, &at, "'%s' has %u output%s", name, e->n_outputs, e->n_outputs == 1 ? "" : "s");
        *part = (uint32_t)index;
    }
    if (!e) return eti_fail(r->err, ETS_SCHEMA, &at, "no input or layer is named '%s'", n->text);
    *entry = (uint32_t)(e - r->entries);
    return ETS_OK;
}

/* What entry `i` reads: `from`, or the layer before it (of the first layer: the first input). */
static ets_status read_from(struct reader *r, uint32_t i, uint32_t n_inputs)
{
    struct entry *e = &r->entries[i];
    const struct eti_yaml *from = eti_yaml_get(e->node, "from");
    uint32_t n = from && from->kind == ETI_YAML_SEQUENCE ? from->n_children : 1;
    e->from = eti_arena_alloc(&r->scratch, n, sizeof *e->from);
    e->from_part = eti_arena_alloc(&r->scratch, n, sizeof *e->from_part);
    if (!e->from || !e->from_part) return eti_nomem(r->err);
    e->n_from = n;
    if (!from) {
        e->from[0] = i == n_inputs ? 0 : i - 1;
        return ETS_OK;
    }
    const struct eti_yaml *c = from->kind == ETI_YAML_SEQUENCE ? from->child : from;
    for (uint32_t k = 0; k < n; k++, c = c->next) ETI_TRY(resolve(r, c, &e->from[k], &e->from_part[k]));
    return ETS_OK;
}

static ets_status read_entry(struct reader *r, const struct eti_yaml *n, struct entry *e, uint32_t number)
{
    struct eti_place at = place_of(r, n);
    const char *names[ETI_OP_COUNT];
    size_t type;
    e->node = n;
    e->n_outputs = 1;
    if (n->kind != ETI_YAML_MAPPING) return eti_fail(r->err, ETS_SCHEMA, &at, "a layer is written {op: ..., ...}");
    for (int i = 0; i < ETI_OP_COUNT; i++) names[i] = i == ETI_OP_OPAQUE ? "custom" : eti_op_kind((enum eti_op_type)i)->name;
    const struct eti_yaml *op = eti_yaml_get(n, "op"), *name = eti_yaml_get(n, "name"), *parts = eti_yaml_get(n, "parts");
    if (!op) return eti_fail(r->err, ETS_SCHEMA, &at, "missing 'op'");
    ETI_TRY(read_choice(r, op, "op", names, ETI_OP_COUNT, &type));
    e->type = (enum eti_op_type)type;
    if (e->type == ETI_OP_STRIDED_SLICE) {
        at = place_of(r, op);
        return eti_fail(r->err, ETS_UNSUPPORTED, &at, "op: strided_slice is only read from .tflite files; use slice");
    }
    if (parts) ETI_TRY(read_u32(r, parts, "parts", &e->n_outputs));
    if (e->n_outputs > ETI_MAX_OPERANDS) return eti_fail(r->err, ETS_RANGE, &at, "parts: at most %u", ETI_MAX_OPERANDS);
    r->n_results += e->n_outputs;
    if (r->n_results > ETI_MAX_TENSORS) return eti_fail(r->err, ETS_RANGE, &at, "more than %u tensors", ETI_MAX_TENSORS);
    e->name = name ? name->text : eti_arena_format(&r->scratch, "%s_%u", names[type], number);
    if (name && (!name->text || !name->text[0])) return eti_fail(r->err, ETS_SCHEMA, &at, "name: a word is expected");
    e->tensors = eti_arena_alloc(&r->scratch, e->n_outputs, sizeof *e->tensors);
    return e->name && e->tensors ? check_keys(r, e) : eti_nomem(r->err);
}

static ets_status names_are_unique(struct reader *r)
{
    for (uint32_t i = 0; i < r->n_entries; i++) r->by_name[i] = &r->entries[i];
    qsort(r->by_name, r->n_entries, sizeof *r->by_name, by_name);
    for (uint32_t i = 1; i < r->n_entries; i++) {
        const struct entry *a = r->by_name[i - 1], *b = r->by_name[i];
        if (strcmp(a->name, b->name) != 0) continue;
        const struct entry *later = a > b ? a : b, *earlier = a > b ? b : a;
        struct eti_place at = place_of(r, later->node);
        return eti_fail(r->err, ETS_SCHEMA, &at, "the name '%s' is already used on line %u", later->name, earlier->node->line);
    }
    return ETS_OK;
}

/* ------------------------------------------------------------------ adding ------------------------------- */

static ets_status add_input(struct reader *r, struct entry *e)
{
    struct eti_tensor t;
    struct eti_place at = place_of(r, e->node);
    memset(&t, 0, sizeof t);
    t.name = e->name;
    t.type = r->type;
    t.quant = r->type == ETI_F32 ? ETI_QUANT_NONE : ETI_QUANT_TENSOR;
    ETI_TRY(read_shape(r, e->node, e->name, &t.shape));
    ETI_TRY(eti_graph_add_tensor(&r->b, &t, &at, &e->tensors[0], r->err));
    return eti_graph_add_input(&r->b, e->tensors[0], r->err);
}

static ets_status add_layer(struct reader *r, struct entry *e)
{
    struct eti_layer l;
    memset(&l, 0, sizeof l);
    int32_t *inputs = eti_arena_alloc(&r->scratch, e->n_from, sizeof *inputs);
    if (!inputs) return eti_nomem(r->err);
    for (uint32_t i = 0; i < e->n_from; i++) inputs[i] = r->entries[e->from[i]].tensors[e->from_part[i]];
    l.type = e->type;
    l.name = e->name;
    l.inputs = inputs;
    l.n_inputs = e->n_from;
    l.n_outputs = e->n_outputs;
    l.per_channel = r->per_channel;
    l.place = place_of(r, e->node);
    l.at.stride_h = l.at.stride_w = l.at.dilation_h = l.at.dilation_w = l.at.kernel_h = l.at.kernel_w = 1;
    if (e->type == ETI_OP_CONCATENATION) l.at.axis = -1;
    for (const struct eti_yaml *n = e->node->child; n; n = n->next) ETI_TRY(read_key(r, n, &l));
    bool pool = e->type == ETI_OP_AVERAGE_POOL_2D || e->type == ETI_OP_MAX_POOL_2D;
    if (pool && !eti_yaml_get(e->node, "stride")) { /* windows next to each other, as usual */
        l.at.stride_h = l.at.kernel_h;
        l.at.stride_w = l.at.kernel_w;
    }
    return eti_graph_add_layer(&r->b, &l, e->tensors, r->err);
}

/* Adds entry `first` after everything that it reads; the stack is explicit, a cycle shows as an entry met half-way. */
static ets_status add_with_needs(struct reader *r, uint32_t first, uint32_t *stack)
{
    uint32_t depth = 0;
    stack[depth++] = first;
    while (depth) {
        struct entry *e = &r->entries[stack[depth - 1]];
        uint32_t next = UINT32_MAX;
        for (; e->state < 2 && e->n_ready < e->n_from && next == UINT32_MAX; e->n_ready += next == UINT32_MAX)
            if (r->entries[e->from[e->n_ready]].state < 2) next = e->from[e->n_ready];
        if (e->state < 2 && next != UINT32_MAX) {
            struct eti_place at = place_of(r, r->entries[next].node);
            e->state = 1;
            if (r->entries[next].state == 1)
                return eti_fail(r->err, ETS_SCHEMA, &at, "'%s' needs, directly or through others, its own result: the graph has a cycle", r->entries[next].name);
            stack[depth++] = next;
            continue;
        }
        if (e->state < 2) ETI_TRY(e->is_input ? add_input(r, e) : add_layer(r, e));
        e->state = 2;
        depth--;
    }
    return ETS_OK;
}

/* ------------------------------------------------------------------ the file ----------------------------- */

static ets_status check_head(struct reader *r)
{
    static const char *const keys[] = {"edgetpu_sim_model", "name", "type", "per_channel", "inputs", "layers", "outputs"};
    const struct eti_yaml *head = r->root->kind == ETI_YAML_MAPPING ? r->root->child : NULL;
    struct eti_place at = place_of(r, r->root);
    if (head && strcmp(head->key, "edgetpu_sim_arch") == 0) return eti_fail(r->err, ETS_UNSUPPORTED, &at, "a machine, not a model");
    if (!head || strcmp(head->key, keys[0]) != 0)
        return eti_fail(r->err, ETS_SCHEMA, &at, "not a model: a YAML graph begins with 'edgetpu_sim_model: 1'");
    at = place_of(r, head);
    if (!head->text || strcmp(head->text, "1") != 0)
        return eti_fail(r->err, ETS_SCHEMA, &at, "edgetpu_sim_model: only version 1 is read here");
    for (const struct eti_yaml *n = head; n; n = n->next) {
        size_t k = 0;
        while (k < 7 && strcmp(keys[k], n->key) != 0) k++;
        if (k == 7) return not_a_key(r, n, "a model", keys, 7);
    }
    return ETS_OK;
}

static ets_status read_defaults(struct reader *r)
{
    static const char *const types[] = {"int8", "uint8", "int16", "float32"};
    static const enum eti_type values[] = {ETI_I8, ETI_U8, ETI_I16, ETI_F32};
    const struct eti_yaml *type = eti_yaml_get(r->root, "type"), *per_channel = eti_yaml_get(r->root, "per_channel");
    size_t choice = 0;
    if (type) ETI_TRY(read_choice(r, type, "type", types, 4, &choice));
    r->type = values[choice];
    r->per_channel = r->type == ETI_I8;
    return per_channel ? read_bool(r, per_channel, "per_channel", &r->per_channel) : ETS_OK;
}

static ets_status read_entries(struct reader *r, uint32_t *n_inputs)
{
    const struct eti_yaml *inputs = eti_yaml_get(r->root, "inputs"), *layers = eti_yaml_get(r->root, "layers");
    struct eti_place at = place_of(r, r->root);
    if (!inputs || inputs->kind != ETI_YAML_MAPPING || !inputs->child)
        return eti_fail(r->err, ETS_SCHEMA, &at, "missing 'inputs', e.g. inputs: {image: [1, 224, 224, 3]}");
    if (!layers || layers->kind != ETI_YAML_SEQUENCE || !layers->child)
        return eti_fail(r->err, ETS_SCHEMA, &at, "missing 'layers', a list of {op: ..., ...}");
    *n_inputs = inputs->n_children;
    r->n_entries = inputs->n_children + layers->n_children;
    at = place_of(r, layers);
    if (layers->n_children > ETI_MAX_OPS) return eti_fail(r->err, ETS_RANGE, &at, "more than %u layers", ETI_MAX_OPS);
    r->entries = eti_arena_alloc(&r->scratch, r->n_entries, sizeof *r->entries);
    r->by_name = eti_arena_alloc(&r->scratch, r->n_entries, sizeof *r->by_name);
    if (!r->entries || !r->by_name) return eti_nomem(r->err);
    struct entry *e = r->entries;
    for (const struct eti_yaml *n = inputs->child; n; n = n->next, e++) {
        e->node = n;
        e->name = n->key;
        e->is_input = true;
        e->n_outputs = 1;
        e->tensors = eti_arena_alloc(&r->scratch, 1, sizeof *e->tensors);
        if (!e->tensors) return eti_nomem(r->err);
    }
    uint32_t number = 0;
    for (const struct eti_yaml *n = layers->child; n; n = n->next, e++) ETI_TRY(read_entry(r, n, e, ++number));
    return ETS_OK;
}

static ets_status add_outputs(struct reader *r)
{
    const struct eti_yaml *outputs = eti_yaml_get(r->root, "outputs");
    if (!outputs) return eti_graph_add_output(&r->b, r->entries[r->n_entries - 1].tensors[0], r->err);
    const struct eti_yaml *n = outputs->kind == ETI_YAML_SEQUENCE ? outputs->child : outputs;
    for (; n; n = outputs->kind == ETI_YAML_SEQUENCE ? n->next : NULL) {
        uint32_t entry, part;
        ETI_TRY(resolve(r, n, &entry, &part));
        ETI_TRY(eti_graph_add_output(&r->b, r->entries[entry].tensors[part], r->err));
    }
    return ETS_OK;
}

static ets_status read_graph(struct reader *r)
{
    uint32_t n_inputs = 0;
    ETI_TRY(check_head(r));
    ETI_TRY(read_defaults(r));
    ETI_TRY(read_entries(r, &n_inputs));
    ETI_TRY(names_are_unique(r));
    for (uint32_t i = n_inputs; i < r->n_entries; i++) ETI_TRY(read_from(r, i, n_inputs));
    uint32_t *stack = eti_arena_alloc(&r->scratch, (size_t)r->n_entries + 1, sizeof *stack);
    if (!stack) return eti_nomem(r->err);
    for (uint32_t i = 0; i < r->n_entries; i++) ETI_TRY(add_with_needs(r, i, stack));
    return add_outputs(r);
}

static ets_status begin(struct reader *r, const char *name, const ets_allocator *mem)
{
    const struct eti_yaml *own = r->root->kind == ETI_YAML_MAPPING ? eti_yaml_get(r->root, "name") : NULL;
    const char *model = own && own->text ? own->text : eti_model_name(name, &r->scratch);
    if (!model) return eti_nomem(r->err);
    ETI_TRY(eti_graph_begin(&r->b, model, "yaml", mem, r->err));
    r->file = r->b.file = eti_arena_text(&r->b.graph.arena, name, strlen(name));
    return r->file ? ETS_OK : eti_nomem(r->err);
}

ets_status eti_import_graph_yaml(const char *name, const uint8_t *data, size_t size, const ets_allocator *mem,
                                 struct eti_graph **out, ets_error *err)
{
    struct reader r;
    struct eti_yaml *root = NULL;
    memset(&r, 0, sizeof r);
    r.err = err;
    eti_arena_init(&r.scratch, mem);
    ets_status status = eti_yaml_parse(name, data, size, &r.scratch, &root, err);
    r.root = root;
    if (status == ETS_OK) status = begin(&r, name, mem);
    if (status == ETS_OK) status = read_graph(&r);
    if (status == ETS_OK) status = eti_graph_finish(&r.b, out, err);
    eti_graph_abandon(&r.b);
    eti_arena_free(&r.scratch);
    return status;
}
