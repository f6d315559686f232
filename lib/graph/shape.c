/* shape.c - shapes of results, as TensorFlow Lite defines them, and what an operator computes. One function an operator
 * class; each refusal names the operator and the shapes. */
#include "graph/shape.h"

#include <stdio.h>
#include <string.h>

#include "base/num.h"

struct eti_shape_text eti_shape_text(const struct eti_shape *shape)
{
    struct eti_shape_text t = {"["};
    size_t used = 1;
    for (uint32_t i = 0; i < shape->rank && used + 16 < sizeof t.text; i++)
        used += (size_t)snprintf(t.text + used, sizeof t.text - used, i ? ", %u" : "%u", shape->dim[i]);
    snprintf(t.text + used, sizeof t.text - used, "]");
    return t;
}

bool eti_same_shape(const struct eti_shape *a, const struct eti_shape *b)
{
    return a->rank == b->rank && memcmp(a->dim, b->dim, a->rank * sizeof *a->dim) == 0;
}

struct eti_window eti_window(uint32_t size, uint32_t kernel, uint32_t stride, uint32_t dilation, ets_padding padding)
{
    struct eti_window w = {0, 0, 0};
    uint64_t window = (uint64_t)(kernel - 1) * dilation + 1;
    if (padding == ETS_PAD_VALID) {
        w.out = size < window ? 0 : (uint32_t)((size - window) / stride + 1);
        return w;
    }
    bool hangs = padding == ETI_PAD_HANGING;
    if (hangs && size < window) return w;
    w.out = (uint32_t)(hangs ? eti_ceil_div(size - window, stride) + 1 : eti_ceil_div(size, stride));
    uint64_t reach = (uint64_t)(w.out ? w.out - 1 : 0) * stride + window;
    uint64_t pad = reach > size ? reach - size : 0;
    w.pad_before = hangs ? 0 : (uint32_t)(pad / 2);
    w.pad_after = (uint32_t)(pad - w.pad_before);
    return w;
}

/* What the functions below work on. */
struct inference {
    struct eti_op *op;
    const struct eti_tensor *const *in;
    struct eti_shape *out;
    uint32_t n_out;
    ets_error *err;
};

#define REFUSE(s, ...) return eti_fail((s)->err, ETS_RANGE, &(s)->op->place, __VA_ARGS__)
#define TEXT(shape) eti_shape_text(shape).text

/* A non-negative axis below `rank`. */
static ets_status axis_of(struct inference *s, int32_t axis, uint32_t rank, uint32_t *out)
{
    int64_t a = axis < 0 ? (int64_t)axis + rank : axis;
    if (a < 0 || a >= rank)
        REFUSE(s, "%s '%s': axis %d does not exist in a tensor of rank %u", s->op->type_name, s->op->name, axis, rank);
    *out = (uint32_t)a;
    return ETS_OK;
}

static ets_status needs_rank(struct inference *s, uint32_t i, uint32_t rank, const char *what)
{
    if (s->in[i] && s->in[i]->shape.rank == rank) return ETS_OK;
    REFUSE(s, "%s '%s': %s must have %u dimensions, but is %s", s->op->type_name, s->op->name, what, rank,
           s->in[i] ? TEXT(&s->in[i]->shape) : "absent");
}

/* ------------------------------------------------------------------ windows ------------------------------ */

static bool is_too_wide(uint32_t kernel, uint32_t stride, uint32_t dilation)
{
    return stride > ETI_MAX_WINDOW || (uint64_t)(kernel - 1) * dilation >= ETI_MAX_WINDOW;
}

static ets_status window_out(struct inference *s, uint32_t channels)
{
    const struct eti_attributes *at = &s->op->at;
    const struct eti_shape *x = &s->in[0]->shape;
    if (!at->kernel_h || !at->kernel_w || !at->stride_h || !at->stride_w || !at->dilation_h || !at->dilation_w)
        REFUSE(s, "%s '%s': kernel, stride and dilation must be at least 1", s->op->type_name, s->op->name);
    if (is_too_wide(at->kernel_h, at->stride_h, at->dilation_h) || is_too_wide(at->kernel_w, at->stride_w, at->dilation_w))
        REFUSE(s, "%s '%s': a stride, or a kernel with its dilation, of more than %u", s->op->type_name, s->op->name, ETI_MAX_WINDOW);
    struct eti_window h = eti_window(x->dim[1], at->kernel_h, at->stride_h, at->dilation_h, at->padding);
    struct eti_window w = eti_window(x->dim[2], at->kernel_w, at->stride_w, at->dilation_w, at->padding);
    if (!h.out || !w.out)
        REFUSE(s, "%s '%s': a %ux%u window (dilation %ux%u) does not fit into %s without padding", s->op->type_name,
               s->op->name, at->kernel_h, at->kernel_w, at->dilation_h, at->dilation_w, TEXT(x));
    struct eti_shape out = {4, {x->dim[0], h.out, w.out, channels}};
    s->out[0] = out;
    return ETS_OK;
}

static ets_status bias_fits(struct inference *s, uint32_t i, uint32_t channels)
{
    if (i >= s->op->n_inputs || !s->in[i] || s->in[i]->elements == channels) return ETS_OK;
    REFUSE(s, "%s '%s': the bias has %llu values for %u output channels", s->op->type_name, s->op->name,
           (unsigned long long)s->in[i]->elements, channels);
}

static ets_status infer_conv(struct inference *s)
{
    ETI_TRY(needs_rank(s, 0, 4, "the input"));
    ETI_TRY(needs_rank(s, 1, 4, "the weights [out, height, width, in]"));
    const struct eti_shape *x = &s->in[0]->shape, *w = &s->in[1]->shape;
    if (!w->dim[3] || x->dim[3] % w->dim[3] || w->dim[0] % (x->dim[3] / w->dim[3]))
        REFUSE(s, "%s '%s': weights %s do not fit an input of %s", s->op->type_name, s->op->name, TEXT(w), TEXT(x));
    s->op->at.kernel_h = w->dim[1];
    s->op->at.kernel_w = w->dim[2];
    ETI_TRY(bias_fits(s, 2, w->dim[0]));
    return window_out(s, w->dim[0]);
}

static ets_status infer_depthwise(struct inference *s)
{
    ETI_TRY(needs_rank(s, 0, 4, "the input"));
    ETI_TRY(needs_rank(s, 1, 4, "the weights [1, height, width, channels]"));
    const struct eti_shape *x = &s->in[0]->shape, *w = &s->in[1]->shape;
    if (w->dim[0] != 1 || !x->dim[3] || w->dim[3] % x->dim[3])
        REFUSE(s, "%s '%s': weights %s do not fit an input of %s (1 x height x width x a multiple of the channels)",
               s->op->type_name, s->op->name, TEXT(w), TEXT(x));
    s->op->at.kernel_h = w->dim[1];
    s->op->at.kernel_w = w->dim[2];
    s->op->at.multiplier = w->dim[3] / x->dim[3];
    ETI_TRY(bias_fits(s, 2, w->dim[3]));
    return window_out(s, w->dim[3]);
}

static ets_status infer_pool(struct inference *s)
{
    ETI_TRY(needs_rank(s, 0, 4, "the input"));
    s->op->at.dilation_h = s->op->at.dilation_w = 1;
    return window_out(s, s->in[0]->shape.dim[3]);
}

/* Constant integers of input `i` as dimensions. */
static ets_status dims_of(struct inference *s, uint32_t i, struct eti_shape *out)
{
    const struct eti_tensor *t = s->in[i];
    if (!t || !t->values || t->n_values > ETS_MAX_RANK)
        REFUSE(s, "%s '%s': its sizes (input %u) are not constant", s->op->type_name, s->op->name, i);
    out->rank = t->n_values;
    for (uint32_t k = 0; k < t->n_values; k++) {
        if (t->values[k] < 1) REFUSE(s, "%s '%s': a size of %d", s->op->type_name, s->op->name, t->values[k]);
        out->dim[k] = (uint32_t)t->values[k];
    }
    return ETS_OK;
}

/* Inputs as TensorFlow Lite has them: output shape, weights [out, height, width, in], input, bias. */
static ets_status infer_transpose_conv(struct inference *s)
{
    if (s->op->n_inputs < 3) REFUSE(s, "%s '%s': output shape, weights and input are needed", s->op->type_name, s->op->name);
    ETI_TRY(needs_rank(s, 1, 4, "the weights [out, height, width, in]"));
    ETI_TRY(needs_rank(s, 2, 4, "the input"));
    const struct eti_shape *w = &s->in[1]->shape, *x = &s->in[2]->shape;
    ETI_TRY(dims_of(s, 0, &s->out[0]));
    const struct eti_shape *y = &s->out[0];
    if (y->rank != 4 || w->dim[3] != x->dim[3] || w->dim[0] != y->dim[3] || y->dim[0] != x->dim[0])
        REFUSE(s, "%s '%s': weights %s do not lead from %s to %s", s->op->type_name, s->op->name, TEXT(w), TEXT(x), TEXT(y));
    s->op->at.kernel_h = w->dim[1];
    s->op->at.kernel_w = w->dim[2];
    if (!s->op->at.stride_h || !s->op->at.stride_w) REFUSE(s, "%s '%s': a stride of 0", s->op->type_name, s->op->name);
    if (is_too_wide(w->dim[1], s->op->at.stride_h, 1) || is_too_wide(w->dim[2], s->op->at.stride_w, 1))
        REFUSE(s, "%s '%s': a stride or a kernel of more than %u", s->op->type_name, s->op->name, ETI_MAX_WINDOW);
    struct eti_window h = eti_window(y->dim[1], w->dim[1], s->op->at.stride_h, 1, s->op->at.padding);
    struct eti_window v = eti_window(y->dim[2], w->dim[2], s->op->at.stride_w, 1, s->op->at.padding);
    if (h.out != x->dim[1] || v.out != x->dim[2])
        REFUSE(s, "%s '%s': an output of %s does not come from an input of %s", s->op->type_name, s->op->name, TEXT(y), TEXT(x));
    return bias_fits(s, 3, w->dim[0]);
}

static ets_status infer_fully_connected(struct inference *s)
{
    ETI_TRY(needs_rank(s, 1, 2, "the weights [units, inputs]"));
    const struct eti_tensor *x = s->in[0];
    const struct eti_shape *w = &s->in[1]->shape;
    if (!w->dim[1] || x->elements % w->dim[1])
        REFUSE(s, "%s '%s': weights %s do not fit an input of %s", s->op->type_name, s->op->name, TEXT(w), TEXT(&x->shape));
    struct eti_shape out = {2, {(uint32_t)(x->elements / w->dim[1]), w->dim[0]}};
    if (s->op->at.keep_dims && x->shape.rank > 1 && x->shape.dim[x->shape.rank - 1] == w->dim[1]) {
        out = x->shape;
        out.dim[out.rank - 1] = w->dim[0];
    }
    s->out[0] = out;
    return bias_fits(s, 2, w->dim[0]);
}

/* ------------------------------------------------------------------ element by element ------------------- */

static ets_status infer_same(struct inference *s)
{
    s->out[0] = s->in[0]->shape;
    return ETS_OK;
}

static ets_status infer_broadcast(struct inference *s)
{
    const struct eti_shape *a = &s->in[0]->shape, *b = &s->in[1]->shape;
    const struct eti_shape *longer = a->rank >= b->rank ? a : b, *other = longer == a ? b : a;
    struct eti_shape out = *longer;
    for (uint32_t i = 1; i <= other->rank; i++) {
        uint32_t *d = &out.dim[out.rank - i], e = other->dim[other->rank - i];
        if (*d != e && *d != 1 && e != 1)
            REFUSE(s, "%s '%s': shapes %s and %s do not match", s->op->type_name, s->op->name, TEXT(a), TEXT(b));
        if (*d == 1) *d = e;
    }
    s->out[0] = out;
    return ETS_OK;
}

/* ------------------------------------------------------------------ reductions --------------------------- */

static ets_status axes_of(struct inference *s)
{
    const struct eti_tensor *axes = s->in[1];
    if (!axes || !axes->values) REFUSE(s, "%s '%s': its axes are not constant", s->op->type_name, s->op->name);
    s->op->at.axes = 0;
    for (uint32_t i = 0; i < axes->n_values; i++) {
        uint32_t axis = 0;
        ETI_TRY(axis_of(s, axes->values[i], s->in[0]->shape.rank, &axis));
        s->op->at.axes |= 1u << axis;
    }
    return ETS_OK;
}

static ets_status infer_reduce(struct inference *s)
{
    ETI_TRY(axes_of(s));
    const struct eti_shape *x = &s->in[0]->shape;
    struct eti_shape out = {0, {0}};
    for (uint32_t i = 0; i < x->rank; i++) {
        bool reduced = s->op->at.axes >> i & 1;
        if (!reduced || s->op->at.keep_dims) out.dim[out.rank++] = reduced ? 1 : x->dim[i];
    }
    s->out[0] = out;
    return ETS_OK;
}

static ets_status infer_arg_max(struct inference *s)
{
    const struct eti_shape *x = &s->in[0]->shape;
    const struct eti_tensor *t = s->in[1];
    uint32_t axis = 0;
    if (!t || !t->values || t->n_values != 1) REFUSE(s, "%s '%s': its axis is not constant", s->op->type_name, s->op->name);
    ETI_TRY(axis_of(s, t->values[0], x->rank, &axis));
    struct eti_shape out = {0, {0}};
    for (uint32_t i = 0; i < x->rank; i++)
        if (i != axis) out.dim[out.rank++] = x->dim[i];
    s->out[0] = out;
    return ETS_OK;
}

/* ------------------------------------------------------------------ moves -------------------------------- */

static ets_status infer_concat(struct inference *s)
{
    struct eti_shape out = s->in[0]->shape;
    uint32_t axis = 0;
    ETI_TRY(axis_of(s, s->op->at.axis, out.rank, &axis));
    for (uint32_t i = 1; i < s->op->n_inputs; i++) {
        const struct eti_shape *x = &s->in[i]->shape;
        struct eti_shape like = *x;
        uint64_t sum = (uint64_t)out.dim[axis] + x->dim[axis < ETS_MAX_RANK ? axis : 0];
        like.dim[axis] = out.dim[axis];
        if (!eti_same_shape(&like, &out) || sum > UINT32_MAX)
            REFUSE(s, "%s '%s': %s cannot be joined to %s along axis %u", s->op->type_name, s->op->name, TEXT(x),
                   TEXT(&out), axis);
        out.dim[axis] = (uint32_t)sum;
    }
    s->out[0] = out;
    return ETS_OK;
}

static ets_status infer_pack(struct inference *s)
{
    const struct eti_shape *x = &s->in[0]->shape;
    uint32_t axis = 0;
    if (x->rank == ETS_MAX_RANK) REFUSE(s, "%s '%s': more than %d dimensions", s->op->type_name, s->op->name, ETS_MAX_RANK);
    ETI_TRY(axis_of(s, s->op->at.axis, x->rank + 1, &axis));
    for (uint32_t i = 1; i < s->op->n_inputs; i++)
        if (!eti_same_shape(&s->in[i]->shape, x))
            REFUSE(s, "%s '%s': shapes %s and %s differ", s->op->type_name, s->op->name, TEXT(x), TEXT(&s->in[i]->shape));
    struct eti_shape out = {x->rank + 1, {0}};
    for (uint32_t i = 0; i < out.rank; i++) out.dim[i] = i < axis ? x->dim[i] : i == axis ? s->op->n_inputs : x->dim[i - 1];
    s->out[0] = out;
    return ETS_OK;
}

static ets_status infer_expand_dims(struct inference *s)
{
    const struct eti_shape *x = &s->in[0]->shape;
    const struct eti_tensor *t = s->op->n_inputs > 1 ? s->in[1] : NULL;
    uint32_t axis = 0;
    if (x->rank == ETS_MAX_RANK) REFUSE(s, "%s '%s': more than %d dimensions", s->op->type_name, s->op->name, ETS_MAX_RANK);
    ETI_TRY(axis_of(s, t && t->values && t->n_values ? t->values[0] : s->op->at.axis, x->rank + 1, &axis));
    struct eti_shape out = {x->rank + 1, {0}};
    for (uint32_t i = 0; i < out.rank; i++) out.dim[i] = i < axis ? x->dim[i] : i == axis ? 1 : x->dim[i - 1];
    s->out[0] = out;
    return ETS_OK;
}

static ets_status pad_from_tensor(struct inference *s)
{
    const struct eti_tensor *p = s->in[1];
    uint32_t rank = s->in[0]->shape.rank;
    if (!p || !p->values || p->n_values != 2 * rank)
        REFUSE(s, "%s '%s': %u constant paddings are needed", s->op->type_name, s->op->name, 2 * rank);
    for (uint32_t i = 0; i < 2 * rank; i++) {
        if (p->values[i] < 0) REFUSE(s, "%s '%s': a padding of %d", s->op->type_name, s->op->name, p->values[i]);
        *(i % 2 ? &s->op->at.pad_after[i / 2] : &s->op->at.pad_before[i / 2]) = (uint32_t)p->values[i];
    }
    return ETS_OK;
}

static ets_status infer_pad(struct inference *s)
{
    ETI_TRY(pad_from_tensor(s));
    struct eti_shape out = s->in[0]->shape;
    for (uint32_t i = 0; i < out.rank; i++) {
        uint64_t sum = (uint64_t)out.dim[i] + s->op->at.pad_before[i] + s->op->at.pad_after[i];
        if (sum > INT32_MAX) REFUSE(s, "%s '%s': a padded size of %llu", s->op->type_name, s->op->name, (unsigned long long)sum);
        out.dim[i] = (uint32_t)sum;
    }
    s->out[0] = out;
    return ETS_OK;
}

static ets_status infer_reshape(struct inference *s)
{
    struct eti_attributes *at = &s->op->at;
    const struct eti_tensor *t = s->op->n_inputs > 1 ? s->in[1] : NULL;
    if (t && t->values && t->n_values <= ETS_MAX_RANK) {
        at->n_target = t->n_values;
        for (uint32_t i = 0; i < t->n_values; i++) at->target[i] = t->values[i];
    }
    struct eti_shape out = {at->n_target, {0}};
    uint64_t known = 1, elements = s->in[0]->elements;
    int32_t open = -1;
    for (uint32_t i = 0; i < at->n_target; i++) {
        if (at->target[i] == -1 && open < 0) { open = (int32_t)i; continue; }
        if (at->target[i] < 1 || !eti_mul(known, (uint64_t)at->target[i], &known))
            REFUSE(s, "%s '%s': a size of %d", s->op->type_name, s->op->name, at->target[i]);
        out.dim[i] = (uint32_t)at->target[i];
    }
    bool fits = open < 0 ? known == elements : elements % known == 0 && elements / known <= UINT32_MAX;
    if (!fits)
        REFUSE(s, "%s '%s': %s has %llu values, the new shape %llu", s->op->type_name, s->op->name,
               TEXT(&s->in[0]->shape), (unsigned long long)elements, (unsigned long long)known);
    if (open >= 0) out.dim[open] = (uint32_t)(elements / known);
    s->out[0] = out;
    return ETS_OK;
}

static ets_status infer_resize(struct inference *s)
{
    ETI_TRY(needs_rank(s, 0, 4, "the input"));
    struct eti_attributes *at = &s->op->at;
    struct eti_shape size = {2, {(uint32_t)at->target[0], (uint32_t)at->target[1]}}, out = s->in[0]->shape;
    if (s->op->n_inputs > 1 && s->in[1]) ETI_TRY(dims_of(s, 1, &size));
    if (size.rank != 2 || !size.dim[0] || !size.dim[1] || size.dim[0] > INT32_MAX || size.dim[1] > INT32_MAX)
        REFUSE(s, "%s '%s': a new height and width are needed", s->op->type_name, s->op->name);
    out.dim[1] = size.dim[0];
    out.dim[2] = size.dim[1];
    s->out[0] = out;
    return ETS_OK;
}

static ets_status infer_slice(struct inference *s)
{
    const struct eti_shape *x = &s->in[0]->shape;
    const struct eti_tensor *begin = s->in[1], *size = s->in[2];
    if (!begin || !size || !begin->values || !size->values || begin->n_values != x->rank || size->n_values != x->rank)
        REFUSE(s, "%s '%s': begin and size must be constant, a value for each dimension", s->op->type_name, s->op->name);
    struct eti_shape out = *x;
    for (uint32_t i = 0; i < x->rank; i++) {
        int64_t n = size->values[i] == -1 ? (int64_t)x->dim[i] - begin->values[i] : size->values[i];
        if (begin->values[i] < 0 || n < 1 || begin->values[i] + n > (int64_t)x->dim[i])
            REFUSE(s, "%s '%s': %lld values from %d on are not in %s", s->op->type_name, s->op->name, (long long)n,
                   begin->values[i], TEXT(x));
        out.dim[i] = (uint32_t)n;
    }
    s->out[0] = out;
    return ETS_OK;
}

/* begin, end and stride of a dimension; masks: bit i of at.target[0..2] = begin, end, shrink mask. */
static ets_status strided_size(struct inference *s, uint32_t i, int64_t *out)
{
    int64_t d = s->in[0]->shape.dim[i], stride = s->in[3]->values[i];
    int64_t begin = s->in[1]->values[i], end = s->in[2]->values[i];
    if (!stride) REFUSE(s, "%s '%s': a stride of 0", s->op->type_name, s->op->name);
    bool down = stride < 0;
    int64_t low = down ? -1 : 0, high = down ? d - 1 : d;
    if (begin < 0) begin += d;
    if (end < 0) end += d;
    begin = s->op->at.target[0] >> i & 1 ? (down ? d - 1 : 0) : begin < low ? low : begin > high ? high : begin;
    end = s->op->at.target[1] >> i & 1 ? (down ? -1 : d) : end < low ? low : end > high ? high : end;
    int64_t span = down ? begin - end : end - begin, step = down ? -stride : stride;
    *out = s->op->at.target[2] >> i & 1 ? 1 : span > 0 ? (span + step - 1) / step : 0;
    if (*out < 1) REFUSE(s, "%s '%s': nothing is left of dimension %u", s->op->type_name, s->op->name, i);
    return ETS_OK;
}

static ets_status infer_strided_slice(struct inference *s)
{
    const struct eti_shape *x = &s->in[0]->shape;
    for (uint32_t k = 1; k < 4; k++)
        if (!s->in[k] || !s->in[k]->values || s->in[k]->n_values > x->rank)
            REFUSE(s, "%s '%s': begin, end and strides must be constant", s->op->type_name, s->op->name);
    uint32_t n = s->in[1]->n_values;
    if (s->in[2]->n_values != n || s->in[3]->n_values != n)
        REFUSE(s, "%s '%s': begin, end and strides differ in length", s->op->type_name, s->op->name);
    struct eti_shape out = {0, {0}};
    for (uint32_t i = 0; i < x->rank; i++) {
        int64_t size = x->dim[i];
        if (i < n) {
            ETI_TRY(strided_size(s, i, &size));
            s->op->at.stride[i] = s->in[3]->values[i];
            if (s->op->at.target[2] >> i & 1) continue;
        }
        out.dim[out.rank++] = (uint32_t)size;
    }
    s->op->at.n_target = n;
    s->out[0] = out;
    return ETS_OK;
}

static ets_status infer_block(struct inference *s)
{
    ETI_TRY(needs_rank(s, 0, 4, "the input"));
    const struct eti_shape *x = &s->in[0]->shape;
    uint32_t b = s->op->at.block;
    bool pack = s->op->type == ETI_OP_SPACE_TO_DEPTH;
    if (b < 2 || b > 1024 || (pack && (x->dim[1] % b || x->dim[2] % b)) || (!pack && x->dim[3] % (b * b)))
        REFUSE(s, "%s '%s': blocks of %u do not divide %s", s->op->type_name, s->op->name, b, TEXT(x));
    struct eti_shape out = *x;
    out.dim[1] = pack ? x->dim[1] / b : x->dim[1] * b;
    out.dim[2] = pack ? x->dim[2] / b : x->dim[2] * b;
    out.dim[3] = pack ? x->dim[3] * b * b : x->dim[3] / (b * b);
    s->out[0] = out;
    return ETS_OK;
}

static ets_status infer_split(struct inference *s)
{
    const struct eti_tensor *axis_tensor = s->in[0];
    const struct eti_shape *x = &s->in[1]->shape;
    uint32_t axis = 0;
    if (!axis_tensor || !axis_tensor->values || axis_tensor->n_values != 1)
        REFUSE(s, "%s '%s': its axis is not constant", s->op->type_name, s->op->name);
    s->op->at.axis = axis_tensor->values[0];
    ETI_TRY(axis_of(s, s->op->at.axis, x->rank, &axis));
    if (!s->n_out || x->dim[axis] % s->n_out)
        REFUSE(s, "%s '%s': axis %u of %s cannot be cut into %u equal parts", s->op->type_name, s->op->name, axis, TEXT(x), s->n_out);
    for (uint32_t i = 0; i < s->n_out; i++) {
        s->out[i] = *x;
        s->out[i].dim[axis] = x->dim[axis] / s->n_out;
    }
    return ETS_OK;
}

/* at.axes names the dimensions to drop; none: all that are 1. */
static ets_status infer_squeeze(struct inference *s)
{
    const struct eti_shape *x = &s->in[0]->shape;
    struct eti_shape out = {0, {0}};
    for (uint32_t i = 0; i < x->rank; i++) {
        bool drop = s->op->at.axes ? (s->op->at.axes >> i & 1) != 0 : x->dim[i] == 1;
        if (drop && x->dim[i] != 1)
            REFUSE(s, "%s '%s': dimension %u of %s is not 1", s->op->type_name, s->op->name, i, TEXT(x));
        if (!drop) out.dim[out.rank++] = x->dim[i];
    }
    s->out[0] = out;
    return ETS_OK;
}

static ets_status infer_transpose(struct inference *s)
{
    const struct eti_shape *x = &s->in[0]->shape;
    const struct eti_tensor *p = s->in[1];
    uint32_t seen = 0;
    if (!p || !p->values || p->n_values != x->rank)
        REFUSE(s, "%s '%s': a constant permutation of %u dimensions is needed", s->op->type_name, s->op->name, x->rank);
    struct eti_shape out = *x;
    for (uint32_t i = 0; i < x->rank; i++) {
        int32_t from = p->values[i];
        if (from < 0 || from >= (int32_t)x->rank || (seen >> from & 1))
            REFUSE(s, "%s '%s': %d is not part of a permutation", s->op->type_name, s->op->name, from);
        seen |= 1u << from;
        out.dim[i] = x->dim[from];
        s->op->at.target[i] = from;
    }
    s->op->at.n_target = x->rank;
    s->out[0] = out;
    return ETS_OK;
}

ets_status eti_infer_shapes(struct eti_op *op, const struct eti_tensor *const *inputs, struct eti_shape *out, uint32_t n_out,
                            ets_error *err)
{
    struct inference s = {op, inputs, out, n_out, err};
    switch (op->type) {
    case ETI_OP_CONV_2D: return infer_conv(&s);
    case ETI_OP_DEPTHWISE_CONV_2D: return infer_depthwise(&s);
    case ETI_OP_TRANSPOSE_CONV: return infer_transpose_conv(&s);
    case ETI_OP_FULLY_CONNECTED: return infer_fully_connected(&s);
    case ETI_OP_AVERAGE_POOL_2D: case ETI_OP_MAX_POOL_2D: return infer_pool(&s);
    case ETI_OP_ADD: case ETI_OP_SUB: case ETI_OP_MUL: case ETI_OP_MAXIMUM: case ETI_OP_MINIMUM:
    case ETI_OP_SQUARED_DIFFERENCE: case ETI_OP_PRELU: return infer_broadcast(&s);
    case ETI_OP_RELU: case ETI_OP_RELU6: case ETI_OP_RELU_N1_TO_1: case ETI_OP_LOGISTIC: case ETI_OP_TANH:
    case ETI_OP_HARD_SWISH: case ETI_OP_RSQRT: case ETI_OP_QUANTIZE: case ETI_OP_DEQUANTIZE:
    case ETI_OP_L2_NORMALIZATION: case ETI_OP_SOFTMAX: return infer_same(&s);
    case ETI_OP_MEAN: case ETI_OP_SUM: case ETI_OP_REDUCE_MAX: case ETI_OP_REDUCE_MIN: return infer_reduce(&s);
    case ETI_OP_CONCATENATION: return infer_concat(&s);
    case ETI_OP_EXPAND_DIMS: return infer_expand_dims(&s);
    case ETI_OP_PACK: return infer_pack(&s);
    case ETI_OP_PAD: return infer_pad(&s);
    case ETI_OP_RESHAPE: return infer_reshape(&s);
    case ETI_OP_RESIZE_BILINEAR: case ETI_OP_RESIZE_NEAREST_NEIGHBOR: return infer_resize(&s);
    case ETI_OP_SLICE: return infer_slice(&s);
    case ETI_OP_STRIDED_SLICE: return infer_strided_slice(&s);
    case ETI_OP_SPACE_TO_DEPTH: case ETI_OP_DEPTH_TO_SPACE: return infer_block(&s);
    case ETI_OP_SPLIT: return infer_split(&s);
    case ETI_OP_SQUEEZE: return infer_squeeze(&s);
    case ETI_OP_TRANSPOSE: return infer_transpose(&s);
    case ETI_OP_ARG_MAX: return infer_arg_max(&s);
    case ETI_OP_LSTM: case ETI_OP_OPAQUE: case ETI_OP_COUNT: break;
    }
    return ETS_OK; /* outputs as given */
}

/* ------------------------------------------------------------------ work --------------------------------- */

static const struct eti_tensor *operand(const struct eti_graph *g, const struct eti_op *op, uint32_t i)
{
    return i < op->n_inputs && op->inputs[i] >= 0 ? &g->tensors[op->inputs[i]] : NULL;
}

/* Elements of `t` by dimension `i` of `by`. What an operator of unknown size lacks, which was not compared, counts as none. */
static uint64_t elements_by(const struct eti_tensor *t, const struct eti_tensor *by, uint32_t i)
{
    return t && by && by->shape.rank > i ? t->elements / by->shape.dim[i] : 0;
}

/* Every element of the kernel is used once at each position; a depthwise kernel's element belongs to one channel. */
static uint64_t positions_of(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_tensor *out = &g->tensors[op->outputs[0]], *x;
    switch ((int)op->type) {
    case ETI_OP_CONV_2D: case ETI_OP_DEPTHWISE_CONV_2D: return elements_by(out, out, 3);
    case ETI_OP_TRANSPOSE_CONV: return elements_by(operand(g, op, 2), operand(g, op, 2), 3);
    case ETI_OP_FULLY_CONNECTED: return elements_by(operand(g, op, 0), operand(g, op, 1), 1);
    case ETI_OP_LSTM:
        x = operand(g, op, 0);
        return x && x->shape.rank == 3 ? (uint64_t)x->shape.dim[0] * x->shape.dim[1] : 1;
    default:
        return 0;
    }
}

bool eti_is_plain_lstm(const struct eti_graph *graph, const struct eti_op *op)
{
    const struct eti_tensor *x = operand(graph, op, 0), *y = &graph->tensors[op->outputs[0]];
    if (!x || x->shape.rank != 3 || y->shape.rank != 3 || operand(graph, op, 16)) return false;
    for (uint32_t i = 1; i <= 8; i++) {
        const struct eti_tensor *k = operand(graph, op, i);
        bool input_gate = i == 1 || i == 5; /* may be left out */
        uint32_t inputs = i <= 4 ? x->shape.dim[2] : y->shape.dim[2];
        if (!k && !input_gate) return false;
        if (k && (k->shape.rank != 2 || k->shape.dim[0] != y->shape.dim[2] || k->shape.dim[1] != inputs)) return false;
    }
    return x->shape.dim[0] == y->shape.dim[0] && x->shape.dim[1] == y->shape.dim[1];
}

static uint64_t weights_of(const struct eti_graph *g, const struct eti_op *op)
{
    if (op->type != ETI_OP_LSTM) return operand(g, op, 1) ? operand(g, op, 1)->elements : 0;
    uint64_t sum = 0;
    for (uint32_t i = 1; i <= 8; i++)
        if (operand(g, op, i)) sum += operand(g, op, i)->elements;
    return sum;
}

ets_status eti_op_macs(const struct eti_graph *graph, const struct eti_op *op, uint64_t *out, ets_error *err)
{
    enum eti_op_class class_ = eti_op_kind(op->type)->class_;
    *out = 0;
    if (class_ != ETI_WEIGHTED && class_ != ETI_RECURRENT) return ETS_OK;
    if (!eti_mul(positions_of(graph, op), weights_of(graph, op), out))
        return eti_fail(err, ETS_RANGE, &op->place, "%s '%s': more than 2^64 products", op->type_name, op->name);
    return ETS_OK;
}

uint64_t eti_op_weights(const struct eti_graph *graph, const struct eti_op *op)
{
    enum eti_op_class class_ = eti_op_kind(op->type)->class_;
    return class_ == ETI_WEIGHTED || class_ == ETI_RECURRENT ? weights_of(graph, op) : 0;
}
