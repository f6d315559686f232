/* partition.c - the rules that send an operator to the host, and how the graph is cut by them. */
#include "schedule/plan.h"
#include "schedule/release.h"

/* A rule looks at one operator; NULL: it is kept, else the sentence that says what is wrong. */
typedef const char *rule(const struct eti_graph *graph, const struct eti_op *op);

static const struct eti_tensor *input(const struct eti_graph *g, const struct eti_op *op, uint32_t i)
{
    return i < op->n_inputs && op->inputs[i] >= 0 ? &g->tensors[op->inputs[i]] : NULL;
}

static const struct eti_tensor *output(const struct eti_graph *g, const struct eti_op *op)
{
    return &g->tensors[op->outputs[0]];
}

/* The first input that is computed, not constant: of a transposed convolution it is not the first operand. */
static const struct eti_tensor *activation(const struct eti_graph *g, const struct eti_op *op)
{
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        const struct eti_tensor *t = input(g, op, i);
        if (t && !t->constant) return t;
    }
    return NULL;
}

/* Dimension `back` from the last: 0 channels, 1 width, 2 height. */
static uint32_t dim_back(const struct eti_tensor *t, uint32_t back)
{
    return t->shape.rank > back ? t->shape.dim[t->shape.rank - 1 - back] : 1;
}

/* ------------------------------------------------------------------ rules for every operator ------------- */

static bool is_quantized(const struct eti_tensor *t)
{
    return t->type == ETI_I8 || t->type == ETI_U8 || t->type == ETI_I16;
}

/* What is reckoned from constants alone belongs into the file. */
static const char *something_computed(const struct eti_graph *g, const struct eti_op *op)
{
    return activation(g, op) ? NULL : "all of its inputs are constant";
}

static const char *static_shapes(const struct eti_graph *g, const struct eti_op *op)
{
    for (uint32_t i = 0; i < op->n_inputs; i++)
        if (input(g, op, i) && input(g, op, i)->dynamic) return "its input has a size that is only known at run time";
    for (uint32_t i = 0; i < op->n_outputs; i++)
        if (g->tensors[op->outputs[i]].dynamic) return "its output has a size that is only known at run time";
    return NULL;
}

static const char *quantized(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_tensor *t = activation(g, op);
    bool from_float = op->type == ETI_OP_QUANTIZE && t->type == ETI_F32;
    if (from_float) return "it converts from float, which the accelerator does not compute";
    if (!is_quantized(t)) return "its input is not quantised to 8 bits";
    for (uint32_t i = 0; i < op->n_outputs; i++)
        if (!is_quantized(&g->tensors[op->outputs[i]])) return "its output is not quantised to 8 bits";
    return NULL;
}

static const char *three_dimensions(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_tensor *ends[2] = {activation(g, op), output(g, op)};
    for (int e = 0; e < 2; e++) {
        for (uint32_t i = 0; i + 3 < ends[e]->shape.rank; i++)
            if (ends[e]->shape.dim[i] > 1) return "only the three innermost dimensions may be larger than 1 (batch is 1)";
    }
    return NULL;
}

/* ------------------------------------------------------------------ rules of single operators ------------ */

static const char *constant_weights(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_tensor *w = input(g, op, 1);
    return w && w->constant ? NULL : "its weights are not constant";
}

static const char *equal_dilation(const struct eti_graph *g, const struct eti_op *op)
{
    (void)g;
    return op->at.dilation_h == op->at.dilation_w ? NULL : "its dilation differs between height and width";
}

static const char *one_group(const struct eti_graph *g, const struct eti_op *op)
{
    return dim_back(input(g, op, 0), 0) == dim_back(input(g, op, 1), 0) ? NULL : "grouped convolutions are not mapped";
}

static const char *default_weight_format(const struct eti_graph *g, const struct eti_op *op)
{
    (void)g;
    return op->at.shuffled_weights ? "its weights are not in the default format" : NULL;
}

static const char *one_dimensional_output(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_tensor *t = output(g, op);
    return t->elements == dim_back(t, 0) ? NULL : "the output of a fully connected layer must be one-dimensional";
}

static const char *no_activation(const struct eti_graph *g, const struct eti_op *op)
{
    (void)g;
    return op->at.activation == ETS_ACT_NONE ? NULL : "it has a fused activation";
}

static const char *constant_operand_is_zero(const struct eti_graph *g, const struct eti_op *op)
{
    for (uint32_t i = 0; i < op->n_inputs; i++) {
        const struct eti_tensor *t = input(g, op, i);
        if (t && t->constant && !(op->n_inputs == 2 && t->all_zero))
            return "a constant may only be joined as zeros to one other input";
    }
    return NULL;
}

static bool same_shape(const struct eti_shape *a, const struct eti_shape *b)
{
    if (a->rank != b->rank) return false;
    for (uint32_t i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) return false;
    return true;
}

/* One value, or constants for a result as large as `other`: one a channel (what is left of a batch norm in front of its activation),
 * a row, a column or a position. Compilers map 289 of the 294 operators of YOLOv5s, whose boxes are made with a grid and anchors
 * (edgetpu-yolo's log, compiler 16). */
static bool is_parameter(const struct eti_tensor *t, const struct eti_tensor *other, const struct eti_tensor *result)
{
    return t->elements == 1 || (t->constant && other->elements == result->elements);
}

/* A computed value that differs by channel or by place would have to be sent to every tile; the compiler has no command
 * for it (squeeze-and-excite is not in its benchmark networks for that reason). */
static const char *no_broadcast(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_tensor *a = input(g, op, 0), *b = input(g, op, 1), *to = output(g, op);
    if (is_parameter(a, b, to) || is_parameter(b, a, to) || same_shape(&a->shape, &b->shape)) return NULL;
    return "its computed operands have different shapes, and broadcasting those is not mapped";
}

static const char *batch_kept_by_reduction(const struct eti_graph *g, const struct eti_op *op)
{
    return input(g, op, 0)->shape.rank > 3 && (op->at.axes & 1) ? "it reduces over the batch" : NULL;
}

static const char *depth_reduction_in_words(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_tensor *x = input(g, op, 0);
    bool over_depth = op->at.axes >> (x->shape.rank - 1) & 1;
    return over_depth && dim_back(x, 0) % 4 ? "it reduces over a depth that is not a multiple of 4" : NULL;
}

static const char *height_or_width_only(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_shape *s = &input(g, op, 0)->shape;
    for (uint32_t i = 0; i < s->rank; i++)
        if ((op->at.pad_before[i] || op->at.pad_after[i]) && i + 3 < s->rank) return "it pads the batch";
    return NULL;
}

static const char *axis_is_not_batch(const struct eti_graph *g, const struct eti_op *op)
{
    int32_t rank = (int32_t)output(g, op)->shape.rank, axis = op->at.axis < 0 ? op->at.axis + rank : op->at.axis;
    return rank > 3 && axis == 0 ? "it works on the batch" : NULL;
}

static const char *alpha_a_channel(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_tensor *alpha = input(g, op, 1);
    if (!alpha->constant) return "its alpha is not constant";
    return alpha->elements == dim_back(alpha, 0) ? NULL : "its alpha must be one-dimensional (a value a channel)";
}

/* Opcode 05 makes two outputs of an input along each axis; other factors stay on the host. Nearest neighbours are copies, of any
 * factor: the vendor's compiler maps all twelve of EfficientDet-Lite0, three of them from 3x3 to 5x5 (its log in TensorFlow's
 * Model Maker tutorial). */
static const char *doubles_size(const struct eti_graph *g, const struct eti_op *op)
{
    return eti_doubles_size(g, op) ? NULL : "only a bilinear resize to exactly twice the height and width is mapped";
}

static const char *one_dimensional_softmax(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_tensor *x = input(g, op, 0);
    if (x->elements != dim_back(x, 0)) return "the input of a softmax must be one-dimensional";
    return x->elements <= 16000 ? NULL : "a softmax is mapped up to 16,000 elements";
}

static const char *leading_ones_squeezed(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_shape *x = &input(g, op, 0)->shape, *y = &output(g, op)->shape;
    for (uint32_t i = 1; i <= y->rank; i++)
        if (y->dim[y->rank - i] != x->dim[x->rank - i]) return "only leading dimensions may be squeezed";
    return NULL;
}

static const char *unit_strides(const struct eti_graph *g, const struct eti_op *op)
{
    (void)g;
    for (uint32_t i = 0; i < op->at.n_target; i++)
        if (op->at.stride[i] != 1 && op->at.stride[i] != 0) return "its strides are not all 1";
    return op->at.unusual_masks ? "it has an ellipsis or new-axis mask" : NULL;
}

static const char *one_direction(const struct eti_graph *g, const struct eti_op *op)
{
    (void)g;
    return op->at.bidirectional ? "it runs in both directions" : NULL;
}

static const char *one_sequence(const struct eti_graph *g, const struct eti_op *op)
{
    const struct eti_shape *s = &input(g, op, 0)->shape;
    if (s->rank != 3) return "its input must have batch, time and features";
    if (s->dim[op->at.time_major ? 1 : 0] != 1) return "it runs more than one sequence (batch is 1)";
    return eti_is_plain_lstm(g, op) ? NULL : "its operands are not those of a sequence of steps, or it has a projection";
}

static const char *kernel_is_square_block(const struct eti_graph *g, const struct eti_op *op)
{
    return input(g, op, 0)->shape.rank == 4 ? NULL : "its input must have height, width and channels";
}

/* ------------------------------------------------------------------ the table ---------------------------- */

#define MOST_RULES 3
static const struct {
    enum eti_op_type type;
    rule *rules[MOST_RULES];
} supported[] = {
    {ETI_OP_CONV_2D, {constant_weights, equal_dilation, one_group}},
    {ETI_OP_DEPTHWISE_CONV_2D, {constant_weights, equal_dilation}},
    {ETI_OP_TRANSPOSE_CONV, {constant_weights}},
    {ETI_OP_FULLY_CONNECTED, {constant_weights, default_weight_format, one_dimensional_output}},
    {ETI_OP_AVERAGE_POOL_2D, {no_activation}},
    {ETI_OP_MAX_POOL_2D, {no_activation}},
    {ETI_OP_ADD, {no_broadcast}},
    {ETI_OP_SUB, {no_broadcast}},
    {ETI_OP_MUL, {no_broadcast}},
    {ETI_OP_MAXIMUM, {no_broadcast}},
    {ETI_OP_MINIMUM, {no_broadcast}},
    {ETI_OP_SQUARED_DIFFERENCE, {no_broadcast}},
    {ETI_OP_RELU, {NULL}},
    {ETI_OP_RELU6, {NULL}},
    {ETI_OP_RELU_N1_TO_1, {NULL}},
    {ETI_OP_PRELU, {alpha_a_channel}},
    {ETI_OP_LOGISTIC, {NULL}},
    {ETI_OP_TANH, {NULL}},
    {ETI_OP_RSQRT, {NULL}},
    {ETI_OP_QUANTIZE, {NULL}},
    {ETI_OP_L2_NORMALIZATION, {NULL}},
    {ETI_OP_SOFTMAX, {one_dimensional_softmax}},
    {ETI_OP_MEAN, {batch_kept_by_reduction, depth_reduction_in_words}},
    {ETI_OP_SUM, {batch_kept_by_reduction}},
    {ETI_OP_REDUCE_MAX, {batch_kept_by_reduction}},
    {ETI_OP_REDUCE_MIN, {batch_kept_by_reduction}},
    {ETI_OP_CONCATENATION, {no_activation, constant_operand_is_zero}},
    {ETI_OP_EXPAND_DIMS, {NULL}},
    {ETI_OP_PACK, {axis_is_not_batch}},
    {ETI_OP_PAD, {height_or_width_only}},
    {ETI_OP_RESHAPE, {NULL}},
    {ETI_OP_RESIZE_BILINEAR, {doubles_size}},
    {ETI_OP_RESIZE_NEAREST_NEIGHBOR, {NULL}},
    {ETI_OP_SLICE, {NULL}},
    {ETI_OP_STRIDED_SLICE, {unit_strides}},
    {ETI_OP_SPACE_TO_DEPTH, {kernel_is_square_block}},
    {ETI_OP_SPLIT, {axis_is_not_batch}},
    {ETI_OP_SQUEEZE, {leading_ones_squeezed}},
    {ETI_OP_TRANSPOSE, {NULL}},
    {ETI_OP_LSTM, {one_direction, one_sequence}},
};
static rule *const general[] = {something_computed, static_shapes, quantized, three_dimensions};

const char *eti_broken_rule(const struct eti_arch *arch, const struct eti_graph *g, const struct eti_op *op)
{
    size_t row = 0, n = sizeof supported / sizeof *supported;
    while (row < n && supported[row].type != op->type) row++;
    if (row == n) return "the accelerator has no such operator";
    for (size_t i = 0; i < sizeof general / sizeof *general; i++) {
        const char *why = general[i](g, op);
        if (why) return why;
    }
    for (size_t i = 0; i < MOST_RULES && supported[row].rules[i]; i++) {
        const char *why = supported[row].rules[i](g, op);
        if (why) return why;
    }
    bool unmapped = op->type == ETI_OP_TRANSPOSE && arch->compiler.release && !eti_release_of(arch)->maps_transposes;
    return unmapped ? "this release of the compiler does not map it (14 and later do)" : NULL;
}

/* ------------------------------------------------------------------ the cut ------------------------------ */

/* The operator that made input `i`, or -1. */
static int32_t producer(const struct eti_graph *g, const struct eti_op *op, uint32_t i)
{
    const struct eti_tensor *t = input(g, op, i);
    return t ? t->producer : -1;
}

static void send_to_host(struct eti_layer_plan *p, const char *reason)
{
    p->map.where = ETS_ON_HOST;
    p->map.reason = reason;
}

/* A float input is quantised by the host before the call: the vendor's compiler leaves that operator in front of the part that it maps
 * ("Float input and output tensors", coral.ai/docs/edgetpu/models-intro), and nothing stays on the host for it. */
static bool quantizes_an_input(const struct eti_graph *g, uint32_t op)
{
    const struct eti_op *o = &g->ops[op];
    return o->type == ETI_OP_QUANTIZE && o->n_computed == 1 && g->tensors[o->computed[0]].given;
}

static bool runs_amid(const struct eti_graph *g, const struct eti_layer_plan *layers, int32_t op)
{
    return op >= 0 && layers[op].map.where == ETS_ON_HOST && !quantizes_an_input(g, (uint32_t)op);
}

/* Everything behind an operator on the host stays there. */
static void cut_once(const struct eti_graph *g, struct eti_layer_plan *layers)
{
    for (uint32_t i = 0; i < g->n_ops; i++) {
        for (uint32_t k = 0; layers[i].map.where == ETS_ON_TPU && k < g->ops[i].n_inputs; k++) {
            if (runs_amid(g, layers, producer(g, &g->ops[i], k)))
                send_to_host(&layers[i], "it comes after an operator on the host (multi_subgraph maps it)");
        }
    }
}

/* A part that reads from the host begins after every part whose results the host needs for it: an operator's part is
 * the largest number of host crossings on a path to it. */
static uint32_t number_parts(const struct eti_graph *g, struct eti_layer_plan *layers)
{
    uint32_t first = UINT32_MAX, most = 0;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        struct eti_mapping *m = &layers[i].map;
        for (uint32_t k = 0; k < g->ops[i].n_inputs; k++) {
            int32_t p = producer(g, &g->ops[i], k);
            if (p < 0) continue;
            uint32_t part = layers[p].map.subgraph + (runs_amid(g, layers, p) && m->where == ETS_ON_TPU ? 1 : 0);
            if (part > m->subgraph) m->subgraph = part;
        }
        if (m->where != ETS_ON_TPU) continue;
        if (m->subgraph > most) most = m->subgraph;
        if (m->subgraph < first) first = m->subgraph;
    }
    if (first > most) return 0;
    for (uint32_t i = 0; first && i < g->n_ops; i++) /* all of it waits for the host: there is no part before that */
        if (layers[i].map.where == ETS_ON_TPU) layers[i].map.subgraph -= first;
    return most - first + 1;
}

uint32_t eti_partition(const struct eti_graph *graph, bool multi_subgraph, struct eti_facts *const *facts, struct eti_layer_plan *layers)
{
    for (uint32_t i = 0; i < graph->n_ops; i++)
        if (facts[i]->broken_rule) send_to_host(&layers[i], facts[i]->broken_rule);
    if (!multi_subgraph) cut_once(graph, layers);
    return number_parts(graph, layers);
}
