/* api_rows.c - networks as tables of numbers: each row is a call of the builder. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "graph/model.h"
#include "predict/predictor.h"

/* ------------------------------------------------------------------ a row -------------------------------- */

static uint32_t or_one(uint32_t value) { return value ? value : 1; }

static ets_conv conv_of(const ets_row *r)
{
    ets_conv c = ETS_CONV_INIT;
    c.kernel_h = r->kernel_h;
    c.kernel_w = r->kernel_w;
    c.stride_h = c.stride_w = or_one(r->stride);
    c.dilation_h = c.dilation_w = or_one(r->dilation);
    c.out_channels = r->channels;
    c.padding = r->flags & ETS_ROW_VALID ? ETS_PAD_VALID : ETS_PAD_SAME;
    c.activation = (ets_activation)(r->flags >> 8 & 3);
    c.per_channel = r->flags & ETS_ROW_PER_CHANNEL;
    c.no_bias = r->flags & ETS_ROW_NO_BIAS;
    return c;
}

static ets_status add_block(ets_builder *b, const ets_row *r, ets_tensor x, ets_tensor *out, ets_error *err)
{
    ets_block k = ETS_BLOCK_INIT;
    k.kernel = r->kernel_h;
    k.stride = or_one(r->stride);
    k.out_channels = r->channels;
    k.expansion = or_one(r->expansion);
    k.fused = r->op == ETS_ROW_FUSED_BLOCK;
    k.skip = r->flags & ETS_ROW_SKIP;
    k.per_channel = r->flags & ETS_ROW_PER_CHANNEL;
    k.activation = (ets_activation)(r->flags >> 8 & 3);
    return ets_build_block(b, x, &k, out, err);
}

static ets_status add_input(ets_builder *b, const ets_row *r, size_t number, ets_tensor *out, ets_error *err)
{
    uint32_t dims[4] = {1, r->kernel_h, r->kernel_w, r->channels};
    char name[32];
    snprintf(name, sizeof name, "input_%zu", number);
    return ets_build_input(b, name, dims, 4, out, err);
}

static ets_status add_reshape(ets_builder *b, const ets_row *r, ets_tensor x, ets_tensor *out, ets_error *err)
{
    const uint32_t image[4] = {1, r->kernel_h, r->kernel_w, r->channels}, vector[2] = {1, r->channels};
    bool flat = !r->kernel_h && !r->kernel_w;
    return ets_build_reshape(b, x, flat ? vector : image, flat ? 2 : 4, out, err);
}

static ets_status add_row(ets_builder *b, const ets_row *r, size_t number, ets_tensor x, ets_tensor y, ets_tensor *out, ets_error *err)
{
    ets_conv c = conv_of(r);
    ets_tensor both[2] = {x, y};
    switch ((int)r->op) {
    case ETS_ROW_INPUT: return add_input(b, r, number, out, err);
    case ETS_ROW_OUTPUT: *out = x; return ets_build_output(b, x, err);
    case ETS_ROW_CONV_2D: return ets_build_conv2d(b, x, &c, out, err);
    case ETS_ROW_DEPTHWISE_CONV_2D: return ets_build_depthwise(b, x, &c, out, err);
    case ETS_ROW_FULLY_CONNECTED: return ets_build_fully_connected(b, x, r->channels, c.activation, out, err);
    case ETS_ROW_AVG_POOL: return ets_build_pool(b, "avg_pool", x, &c, out, err);
    case ETS_ROW_MAX_POOL: return ets_build_pool(b, "max_pool", x, &c, out, err);
    case ETS_ROW_GLOBAL_MEAN: return ets_build_unary(b, "global_mean", x, out, err);
    case ETS_ROW_ADD: return ets_build_binary(b, "add", x, y, c.activation, out, err);
    case ETS_ROW_MUL: return ets_build_binary(b, "mul", x, y, c.activation, out, err);
    case ETS_ROW_CONCAT: return ets_build_concat(b, both, 2, -1, out, err);
    case ETS_ROW_RELU: return ets_build_unary(b, "relu", x, out, err);
    case ETS_ROW_LOGISTIC: return ets_build_unary(b, "logistic", x, out, err);
    case ETS_ROW_SOFTMAX: return ets_build_unary(b, "softmax", x, out, err);
    case ETS_ROW_BLOCK: case ETS_ROW_FUSED_BLOCK: return add_block(b, r, x, out, err);
    case ETS_ROW_TRANSPOSE_CONV: return ets_build_transpose_conv(b, x, &c, out, err);
    case ETS_ROW_RESIZE_BILINEAR: return ets_build_resize(b, "resize_bilinear", x, r->kernel_h, r->kernel_w, out, err);
    case ETS_ROW_RESIZE_NEAREST: return ets_build_resize(b, "resize_nearest", x, r->kernel_h, r->kernel_w, out, err);
    case ETS_ROW_RESHAPE: return add_reshape(b, r, x, out, err);
    case ETS_ROW_HARD_SWISH: return ets_build_unary(b, "hard_swish", x, out, err);
    case ETS_ROW_ADD_CONSTANT: return ets_build_binary_constant(b, "add", x, &r->channels, 1, c.activation, out, err);
    case ETS_ROW_MUL_CONSTANT: return ets_build_binary_constant(b, "mul", x, &r->channels, 1, c.activation, out, err);
    default: return eti_fail(err, ETS_RANGE, NULL, "there is no operation %u", r->op);
    }
}

/* ------------------------------------------------------------------ a table ------------------------------ */

static bool needs_x(const ets_row *r) { return r->op != ETS_ROW_INPUT; }
static bool needs_y(const ets_row *r) { return r->op == ETS_ROW_ADD || r->op == ETS_ROW_MUL || r->op == ETS_ROW_CONCAT; }

static ets_status in_row(size_t number, const ets_error *why, ets_error *err)
{
    if (why->status == ETS_NOMEM) return eti_nomem(err); /* not a fault of the row */
    return eti_fail(err, why->status, NULL, "row %zu: %s", number, why->text);
}

/* `tensors` has room for the result of each row. */
static ets_status add_rows(ets_builder *b, const ets_row *rows, size_t n, ets_tensor *tensors, ets_error *err)
{
    ets_error why;
    bool has_output = false;
    for (size_t i = 0; i < n; i++) {
        const ets_row *r = &rows[i];
        has_output |= r->op == ETS_ROW_OUTPUT;
        if ((needs_x(r) && r->x >= i) || (needs_y(r) && r->y >= i))
            return eti_fail(err, ETS_RANGE, NULL, "row %zu works on row %u, which does not stand above it", i,
                            needs_x(r) && r->x >= i ? r->x : r->y);
        ets_tensor x = needs_x(r) ? tensors[r->x] : 0, y = needs_y(r) ? tensors[r->y] : 0;
        if (add_row(b, r, i, x, y, &tensors[i], &why) != ETS_OK) return in_row(i, &why, err);
    }
    return has_output || !n ? ETS_OK : ets_build_output(b, tensors[n - 1], err);
}

#define FEW_ROWS 256
static ets_status build(ets_builder *b, const ets_allocator *mem, const ets_row *rows, size_t n, ets_error *err)
{
    ets_tensor few[FEW_ROWS], *tensors = n <= FEW_ROWS ? few : eti_alloc(mem, n, sizeof *tensors);
    if (!tensors) return eti_nomem(err);
    ets_status status = add_rows(b, rows, n, tensors, err);
    if (tensors != few) eti_free(mem, tensors, n, sizeof *tensors);
    return status;
}

ets_status ets_build_rows(ets_builder *b, const ets_row *rows, size_t n, ets_error *err)
{
    if (!b || (!rows && n)) return eti_fail(err, ETS_ARGUMENT, NULL, "ets_build_rows: a pointer is NULL");
    ETI_TRY(ets_builder_reset(b, err));
    return build(b, eti_builder_memory(b), rows, n, err);
}

/* ------------------------------------------------------------------ many tables -------------------------- */

/* Builders wait for the next call here, their memory with them. */
struct eti_idle_builder { struct eti_idle_builder *next; ets_builder *b; };

static ets_status take_builder(ets_predictor *p, struct eti_idle_builder **out, ets_error *err)
{
    pthread_mutex_lock(&p->lock);
    struct eti_idle_builder *idle = p->builders;
    if (idle) p->builders = idle->next;
    pthread_mutex_unlock(&p->lock);
    if (!idle) {
        idle = eti_alloc(&p->mem, 1, sizeof *idle);
        if (!idle) return eti_nomem(err);
        ets_status status = ets_builder_new("rows", &p->mem, &idle->b, err);
        if (status != ETS_OK) {
            eti_free(&p->mem, idle, 1, sizeof *idle);
            return status;
        }
    }
    *out = idle;
    return ETS_OK;
}

static void give_builder(ets_predictor *p, struct eti_idle_builder *idle)
{
    pthread_mutex_lock(&p->lock);
    idle->next = p->builders;
    p->builders = idle;
    pthread_mutex_unlock(&p->lock);
}

void eti_free_builders(ets_predictor *p)
{
    for (struct eti_idle_builder *i = p->builders, *next; i; i = next) {
        next = i->next;
        ets_builder_free(i->b);
        eti_free(&p->mem, i, 1, sizeof *i);
    }
    p->builders = NULL;
}

struct tables { ets_predictor *p; const ets_row *rows; const size_t *first; };

static ets_status predict_table(ets_predictor *p, ets_builder *b, const ets_row *rows, size_t n, ets_summary *out, ets_error *err)
{
    const ets_model *model = NULL;
    ETI_TRY(ets_builder_reset(b, err));
    ETI_TRY(build(b, &p->mem, rows, n, err));
    ETI_TRY(ets_build_lend(b, &model, err));
    return ets_predict(p, model, out, err);
}

static void predict_range(void *ctx, size_t begin, size_t end, struct eti_results *results)
{
    const struct tables *t = ctx;
    struct eti_idle_builder *idle = NULL;
    ets_error why;
    ets_status taken = take_builder(t->p, &idle, &why);
    for (size_t i = begin; i < end; i++) {
        ets_status status = taken;
        size_t from = t->first[i], n = t->first[i + 1] - from;
        if (status == ETS_OK && t->first[i + 1] < from)
            status = eti_fail(&why, ETS_ARGUMENT, NULL, "ets_predict_rows: graph %zu ends before it begins", i);
        if (status == ETS_OK) status = predict_table(t->p, idle->b, t->rows + from, n, &results->out[i], &why);
        eti_result(results, i, status, &why);
    }
    if (idle) give_builder(t->p, idle);
}

ets_status ets_predict_rows(ets_predictor *p, const ets_row *rows, const size_t *first, size_t n_graphs, uint32_t n_threads,
                            ets_summary *out, ets_status *status, ets_error *err)
{
    struct tables t = {p, rows, first};
    if (!p || (n_graphs && (!rows || !first || !out)))
        return eti_fail(err, ETS_ARGUMENT, NULL, "ets_predict_rows: predictor, rows, first or out is NULL");
    return eti_predict_batch(n_graphs, n_threads, predict_range, &t, out, status, err);
}
