/* tflite.c - a .tflite file to a graph. The buffer is verified as it is read: every offset goes through the cursor of
 * io/flatbuf. Weights are never read; of constants only small integer ones (shapes, axes, paddings) and biases (are they
 * all zero?) are looked at. An operator that is not known is kept, opaque, with its name. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/num.h"
#include "import/import.h"
#include "import/tflite_schema.h"
#include "io/flatbuf.h"

#define MOST_VALUES 64u     /* of a constant that describes an operator */
#define MOST_BIAS (1u << 20)

struct reader {
    struct eti_fb fb;
    struct eti_graph_builder b;
    struct eti_arena scratch;
    struct eti_fb_vector codes, buffers, tensors;
    ets_error *err;
    uint64_t most_bytes, left_bytes; /* that may be read of it, and still */
};

/* ------------------------------------------------------------------ tensors ------------------------------ */

static enum eti_type type_of(uint8_t code)
{
    static const enum eti_type types[] = {ETI_F32, ETI_F16, ETI_I32, ETI_U8, ETI_I64, ETI_STRING, ETI_BOOL, ETI_I16,
                                          ETI_OTHER_TYPE, ETI_I8, ETI_F64};
    return code < sizeof types / sizeof *types ? types[code] : ETI_OTHER_TYPE;
}

/* What is read of a FlatBuffer is counted: its parts may overlap, so that a small file says very much. */
static bool take(struct reader *r, uint64_t at, uint64_t bytes)
{
    if (bytes > r->left_bytes) eti_fb_fail(&r->fb, at, "the parts of the file overlap: read one by one they are more than %llu bytes",
                                           (unsigned long long)r->most_bytes);
    r->left_bytes -= eti_min(bytes, r->left_bytes);
    return r->fb.status == ETS_OK;
}

static const char *text_of(struct reader *r, struct eti_fb_table t, unsigned field, const char *otherwise)
{
    uint32_t length;
    const char *bytes = eti_fb_string(&r->fb, t, field, &length);
    if (bytes && length > ETI_MAX_TEXT_BYTES) eti_fb_fail(&r->fb, t.at, "a name of more than %u bytes", ETI_MAX_TEXT_BYTES);
    if (!bytes || !take(r, t.at, length)) return otherwise;
    return eti_arena_text(&r->scratch, bytes, length);
}

/* A dimension that is -1 is known at run time only; 0 is written by some converters for the same. The signature keeps what was left open
 * when the file was made: a batch that nobody stated is run as the shape says. */
static void read_shape(struct reader *r, struct eti_fb_table t, struct eti_tensor *out)
{
    struct eti_fb_vector shape = eti_fb_vector(&r->fb, t, TENSOR_SHAPE, 4);
    struct eti_fb_vector signature = eti_fb_vector(&r->fb, t, TENSOR_SHAPE_SIGNATURE, 4);
    out->shape.rank = shape.count;
    if (shape.count > ETS_MAX_RANK)
        eti_fb_fail(&r->fb, t.at, "tensor '%s' has %u dimensions; at most %d are read", out->name, shape.count, ETS_MAX_RANK);
    for (uint32_t i = 0; i < shape.count && i < ETS_MAX_RANK; i++) {
        int32_t d = eti_fb_i32_at(&r->fb, shape, i);
        if (d < -1) eti_fb_fail(&r->fb, shape.at + 4 * i, "tensor '%s': a dimension of %d", out->name, d);
        out->dynamic |= d < 1;
        out->shape.dim[i] = d < 1 ? 1 : (uint32_t)d;
    }
    if (!take(r, t.at, 4 * (uint64_t)signature.count)) return;
    for (uint32_t i = 0; i < signature.count; i++) {
        if (eti_fb_i32_at(&r->fb, signature, i) != -1) continue;
        if (i == 0 && signature.count > 1) out->open_batch = true;
        else out->dynamic = true;
    }
}

static void read_quantization(struct reader *r, struct eti_fb_table t, struct eti_tensor *out)
{
    struct eti_fb_table q = eti_fb_subtable(&r->fb, t, TENSOR_QUANTIZATION);
    struct eti_fb_vector scale = eti_fb_vector(&r->fb, q, QUANTIZATION_SCALE, 4);
    struct eti_fb_vector zero = eti_fb_vector(&r->fb, q, QUANTIZATION_ZERO_POINT, 8);
    if (!scale.count) return;
    out->quant = scale.count > 1 ? ETI_QUANT_CHANNEL : ETI_QUANT_TENSOR;
    out->scale = eti_fb_f32_at(&r->fb, scale, 0);
    struct eti_fb_vector words = {zero.at, zero.count * 2};
    if (zero.count) out->zero_point = eti_fb_i32_at(&r->fb, words, 0); /* the low half */
}

/* The small integers of a constant, 4 or 8 bytes each. */
static bool read_values(struct reader *r, struct eti_fb_vector data, struct eti_tensor *out, uint32_t n)
{
    uint32_t step = out->type == ETI_I64 ? 2 : 1;
    struct eti_fb_vector words = {data.at, data.count / 4};
    int32_t *values = eti_arena_alloc(&r->scratch, n, sizeof *values);
    if (!values) return false;
    for (uint32_t i = 0; i < n; i++) values[i] = eti_fb_i32_at(&r->fb, words, i * step);
    out->values = values;
    out->n_values = n;
    return true;
}

/* Is every value zero (an 8-bit one: the zero point)? */
static bool is_all_zero(struct reader *r, struct eti_fb_vector data, const struct eti_tensor *t)
{
    uint8_t zero = t->type == ETI_I32 ? 0 : (uint8_t)t->zero_point;
    if (!take(r, data.at, data.count)) return false;
    for (uint32_t i = 0; i < data.count; i++)
        if (r->fb.data[data.at + i] != zero) return false;
    return true;
}

static ets_status read_constant(struct reader *r, struct eti_fb_table t, struct eti_tensor *out)
{
    uint32_t index = eti_fb_u32(&r->fb, t, TENSOR_BUFFER, 0);
    if (index >= r->buffers.count && index)
        eti_fb_fail(&r->fb, t.at, "tensor '%s' uses buffer %u; the file has %u", out->name, index, r->buffers.count);
    struct eti_fb_table buffer = eti_fb_table_at(&r->fb, r->buffers, index);
    struct eti_fb_vector data = eti_fb_vector(&r->fb, buffer, BUFFER_DATA, 1);
    out->constant = !out->dynamic && (data.count > 0 || eti_fb_has(&r->fb, buffer, BUFFER_OFFSET));
    if (!out->constant || !data.count || eti_fb_has(&r->fb, t, TENSOR_SPARSITY)) return ETS_OK; /* sparse: fewer values than places */
    uint64_t elements = 1;
    for (uint32_t i = 0; i < out->shape.rank; i++)
        if (__builtin_mul_overflow(elements, (uint64_t)out->shape.dim[i], &elements)) elements = UINT64_MAX;
    uint64_t size = eti_type_bytes(out->type);
    bool sized = out->type != ETI_STRING && out->type != ETI_OTHER_TYPE;
    if (sized && elements > data.count / size)
        eti_fb_fail(&r->fb, data.at, "tensor '%s' has %llu values of %llu bytes, but its buffer only %u bytes", out->name,
                    (unsigned long long)elements, (unsigned long long)size, data.count);
    if (r->fb.status != ETS_OK) return r->fb.status;
    bool integers = out->type == ETI_I32 || out->type == ETI_I64;
    if (integers && elements <= MOST_VALUES && !read_values(r, data, out, (uint32_t)elements)) return eti_nomem(r->err);
    bool byte_sized = out->type == ETI_I8 || out->type == ETI_U8;
    if ((out->type == ETI_I32 && data.count <= MOST_BIAS) || (byte_sized && data.count <= 4096))
        out->all_zero = is_all_zero(r, data, out);
    return ETS_OK;
}

static ets_status read_tensor(struct reader *r, uint32_t i)
{
    struct eti_fb_table t = eti_fb_table_at(&r->fb, r->tensors, i);
    struct eti_tensor out;
    struct eti_place at = {r->fb.name, 0, 0, t.at, true};
    int32_t index;
    memset(&out, 0, sizeof out);
    out.type = type_of(eti_fb_u8(&r->fb, t, TENSOR_TYPE, 0));
    out.name = text_of(r, t, TENSOR_NAME, "");
    if (!out.name) return eti_nomem(r->err);
    read_shape(r, t, &out);
    read_quantization(r, t, &out);
    if (r->fb.status != ETS_OK) return r->fb.status;
    ETI_TRY(read_constant(r, t, &out));
    if (r->fb.status != ETS_OK) return r->fb.status;
    return eti_graph_add_tensor(&r->b, &out, &at, &index, r->err);
}

/* ------------------------------------------------------------------ operators ---------------------------- */

/* 0 NONE, 1 RELU, 2 RELU_N1_TO_1, 3 RELU6; TANH and SIGN_BIT make the operator one that we do not know. */
static bool activation_of(uint8_t code, ets_activation *out)
{
    static const ets_activation known[] = {ETS_ACT_NONE, ETS_ACT_RELU, ETS_ACT_RELU_N1_TO_1, ETS_ACT_RELU6};
    if (code >= sizeof known / sizeof *known) return false;
    *out = known[code];
    return true;
}

static void read_window(struct reader *r, struct eti_fb_table o, struct eti_attributes *at)
{
    at->padding = eti_fb_u8(&r->fb, o, CONV_PADDING, 0) == 1 ? ETS_PAD_VALID : ETS_PAD_SAME;
    at->stride_w = eti_fb_u32(&r->fb, o, CONV_STRIDE_W, 0);
    at->stride_h = eti_fb_u32(&r->fb, o, CONV_STRIDE_H, 0);
}

static void read_list(struct reader *r, struct eti_fb_table o, unsigned field, struct eti_attributes *at)
{
    struct eti_fb_vector v = eti_fb_vector(&r->fb, o, field, 4);
    at->n_target = v.count < ETS_MAX_RANK ? v.count : ETS_MAX_RANK;
    for (uint32_t i = 0; i < at->n_target; i++) at->target[i] = eti_fb_i32_at(&r->fb, v, i);
}

/* Dimensions to drop as bits of the input's axes. */
static void read_squeeze(struct reader *r, struct eti_fb_table o, uint32_t rank, struct eti_attributes *at)
{
    struct eti_fb_vector v = eti_fb_vector(&r->fb, o, SQUEEZE_DIMS, 4);
    for (uint32_t i = 0; i < v.count && i < ETS_MAX_RANK; i++) {
        int32_t axis = eti_fb_i32_at(&r->fb, v, i);
        if (axis < 0) axis += (int32_t)rank;
        if (axis >= 0 && axis < ETS_MAX_RANK) at->axes |= 1u << axis;
    }
}

static void read_strided(struct reader *r, struct eti_fb_table o, struct eti_attributes *at)
{
    at->target[0] = eti_fb_i32(&r->fb, o, STRIDED_BEGIN_MASK, 0);
    at->target[1] = eti_fb_i32(&r->fb, o, STRIDED_END_MASK, 0);
    at->target[2] = eti_fb_i32(&r->fb, o, STRIDED_SHRINK_MASK, 0);
    at->unusual_masks = eti_fb_u32(&r->fb, o, STRIDED_ELLIPSIS_MASK, 0) | eti_fb_u32(&r->fb, o, STRIDED_NEW_AXIS_MASK, 0);
}

/* Options of the operator; the field of its fused activation, or -1. */
static int read_options(struct reader *r, struct eti_fb_table o, enum eti_op_type type, uint32_t rank, struct eti_attributes *at)
{
    switch ((int)type) {
    case ETI_OP_CONV_2D:
        read_window(r, o, at);
        at->dilation_w = eti_fb_u32(&r->fb, o, CONV_DILATION_W, 1);
        at->dilation_h = eti_fb_u32(&r->fb, o, CONV_DILATION_H, 1);
        return CONV_ACTIVATION;
    case ETI_OP_DEPTHWISE_CONV_2D:
        read_window(r, o, at);
        at->dilation_w = eti_fb_u32(&r->fb, o, DEPTHWISE_DILATION_W, 1);
        at->dilation_h = eti_fb_u32(&r->fb, o, DEPTHWISE_DILATION_H, 1);
        return DEPTHWISE_ACTIVATION;
    case ETI_OP_AVERAGE_POOL_2D: case ETI_OP_MAX_POOL_2D:
        read_window(r, o, at);
        at->kernel_w = eti_fb_u32(&r->fb, o, POOL_FILTER_W, 0);
        at->kernel_h = eti_fb_u32(&r->fb, o, POOL_FILTER_H, 0);
        return POOL_ACTIVATION;
    case ETI_OP_TRANSPOSE_CONV: read_window(r, o, at); return CONV_ACTIVATION;
    case ETI_OP_FULLY_CONNECTED:
        at->shuffled_weights = eti_fb_u8(&r->fb, o, FULLY_CONNECTED_FORMAT, 0) != 0;
        at->keep_dims = eti_fb_u8(&r->fb, o, FULLY_CONNECTED_KEEP_DIMS, 0) != 0;
        return FULLY_CONNECTED_ACTIVATION;
    case ETI_OP_CONCATENATION: at->axis = eti_fb_i32(&r->fb, o, CONCAT_AXIS, 0); return CONCAT_ACTIVATION;
    case ETI_OP_ADD: case ETI_OP_SUB: case ETI_OP_MUL: return BINARY_ACTIVATION;
    case ETI_OP_RESHAPE: read_list(r, o, RESHAPE_NEW_SHAPE, at); break;
    case ETI_OP_RESIZE_BILINEAR:
        at->align_corners = eti_fb_u8(&r->fb, o, BILINEAR_ALIGN_CORNERS, 0) != 0;
        at->half_pixel_centers = eti_fb_u8(&r->fb, o, BILINEAR_HALF_PIXEL, 0) != 0;
        break;
    case ETI_OP_RESIZE_NEAREST_NEIGHBOR:
        at->align_corners = eti_fb_u8(&r->fb, o, NEAREST_ALIGN_CORNERS, 0) != 0;
        at->half_pixel_centers = eti_fb_u8(&r->fb, o, NEAREST_HALF_PIXEL, 0) != 0;
        break;
    case ETI_OP_MEAN: case ETI_OP_SUM: case ETI_OP_REDUCE_MAX: case ETI_OP_REDUCE_MIN:
        at->keep_dims = eti_fb_u8(&r->fb, o, REDUCER_KEEP_DIMS, 0) != 0;
        break;
    case ETI_OP_SQUEEZE: read_squeeze(r, o, rank, at); break;
    case ETI_OP_STRIDED_SLICE: read_strided(r, o, at); break;
    case ETI_OP_PACK: at->axis = eti_fb_i32(&r->fb, o, PACK_AXIS, 0); break;
    case ETI_OP_SPACE_TO_DEPTH: case ETI_OP_DEPTH_TO_SPACE: at->block = eti_fb_u32(&r->fb, o, BLOCK_SIZE, 0); break;
    case ETI_OP_LSTM: at->time_major = eti_fb_u8(&r->fb, o, LSTM_TIME_MAJOR, 0) != 0; break;
    default: break;
    }
    return -1;
}

/* Tensor indices of an operator, checked. */
static int32_t *read_indices(struct reader *r, struct eti_fb_table t, unsigned field, uint32_t *n)
{
    struct eti_fb_vector v = eti_fb_vector(&r->fb, t, field, 4);
    if (!take(r, t.at, 4 * (uint64_t)v.count)) v.count = 0;
    int32_t *list = eti_arena_alloc(&r->scratch, v.count, sizeof *list);
    *n = v.count;
    for (uint32_t i = 0; list && i < v.count; i++) {
        list[i] = eti_fb_i32_at(&r->fb, v, i);
        if (list[i] < -1 || list[i] >= (int32_t)r->tensors.count)
            eti_fb_fail(&r->fb, v.at + 4 * i, "an operator uses tensor %d; the file has %u", list[i], r->tensors.count);
    }
    return list;
}

/* The entry of an operator in the list of codes. */
static struct eti_fb_table code_entry(struct reader *r, struct eti_fb_table operator)
{
    uint32_t index = eti_fb_u32(&r->fb, operator, OPERATOR_CODE_INDEX, 0);
    if (index >= r->codes.count)
        eti_fb_fail(&r->fb, operator.at, "an operator has code %u; the file has %u", index, r->codes.count);
    return eti_fb_table_at(&r->fb, r->codes, index);
}

/* The larger of the old byte and the new field. */
static int builtin_code(struct reader *r, struct eti_fb_table entry)
{
    int old = (int8_t)eti_fb_u8(&r->fb, entry, CODE_DEPRECATED_BUILTIN, 0), now = eti_fb_i32(&r->fb, entry, CODE_BUILTIN, 0);
    return now > old ? now : old;
}

/* The builtin code and the name of an operator. */
static ets_status read_code(struct reader *r, struct eti_fb_table operator, int *code, const char **name)
{
    struct eti_fb_table t = code_entry(r, operator);
    *code = builtin_code(r, t);
    size_t n_names = sizeof tflite_names / sizeof *tflite_names;
    if (*code == TFLITE_CUSTOM) *name = text_of(r, t, CODE_CUSTOM, "custom operator");
    else if (*code >= 0 && (size_t)*code < n_names) *name = tflite_names[*code];
    else *name = eti_arena_format(&r->scratch, "BUILTIN_%d", *code);
    if (r->fb.status != ETS_OK) return r->fb.status;
    if (!*name) return eti_nomem(r->err);
    struct eti_place place = {r->fb.name, 0, 0, operator.at, true};
    return *code != TFLITE_CUSTOM || strcmp(*name, TFLITE_COMPILED) != 0 ? ETS_OK
        : eti_fail(r->err, ETS_UNSUPPORTED, &place, "compiled for the Edge TPU already, which hides its operators; give the .tflite that it was compiled from");
}

/* Our type for a code, if every operand that describes the operator is a constant with few values. */
static enum eti_op_type known_type(const struct reader *r, int code, const int32_t *inputs, uint32_t n)
{
    for (size_t k = 0; k < sizeof tflite_types / sizeof *tflite_types; k++) {
        if (tflite_types[k].code != code) continue;
        for (uint32_t i = 0; i < n && i < 8; i++)
            if ((tflite_types[k].constants >> i & 1) && inputs[i] >= 0 && !r->b.graph.tensors[inputs[i]].values)
                return ETI_OP_OPAQUE;
        return tflite_types[k].type;
    }
    return ETI_OP_OPAQUE;
}

/* ------------------------------------------------------------------ packed weights ----------------------- */

static bool is_unpacking(int code) { return code == TFLITE_DEQUANTIZE || code == TFLITE_DENSIFY; }

/* The tensor, if the operator has one there; else -1. */
static int32_t only_tensor(struct reader *r, struct eti_fb_table operator, unsigned field)
{
    struct eti_fb_vector v = eti_fb_vector(&r->fb, operator, field, 4);
    int32_t i = v.count == 1 ? eti_fb_i32_at(&r->fb, v, 0) : -1;
    return i < (int32_t)r->b.graph.n_tensors ? i : -1;
}

/* Weights may lie in a file as float16 or sparse, and operators make of them what others work on: TensorFlow Lite runs these once, before
 * the first inference (its dequantize.cc, densify.cc), so to an inference their results are constants. The ends of the graph are known; an
 * operator before the one that it needs is kept. */
static void unpack_constants(struct reader *r, struct eti_fb_vector operators)
{
    for (uint32_t i = 0; i < operators.count && r->fb.status == ETS_OK; i++) {
        struct eti_fb_table t = eti_fb_table_at(&r->fb, operators, i);
        if (!is_unpacking(builtin_code(r, code_entry(r, t)))) continue;
        int32_t packed = only_tensor(r, t, OPERATOR_INPUTS), made = only_tensor(r, t, OPERATOR_OUTPUTS);
        if (packed < 0 || made < 0) continue;
        const struct eti_tensor *from = &r->b.graph.tensors[packed];
        struct eti_tensor *to = &r->b.graph.tensors[made];
        bool fits = from->constant && !to->constant && !to->dynamic && from->elements == to->elements;
        if (fits && !to->given && !to->taken) to->constant = to->unpacked = true;
    }
}

/* ------------------------------------------------------------------ each operator ------------------------ */

/* An operator has the name of its first result; of one that a converter fused from several ("a;b;c"), the first. */
static ets_status read_operator(struct reader *r, struct eti_fb_vector operators, uint32_t i)
{
    struct eti_fb_table t = eti_fb_table_at(&r->fb, operators, i);
    struct eti_op op;
    struct eti_place at = {r->fb.name, 0, 0, t.at, true};
    int code;
    const char *name = "";
    memset(&op, 0, sizeof op);
    op.place = at;
    op.inputs = read_indices(r, t, OPERATOR_INPUTS, &op.n_inputs);
    op.outputs = read_indices(r, t, OPERATOR_OUTPUTS, &op.n_outputs);
    if (!op.inputs || !op.outputs) return eti_nomem(r->err);
    ETI_TRY(read_code(r, t, &code, &name));
    if (r->fb.status != ETS_OK) return r->fb.status;
    if (is_unpacking(code) && op.n_outputs == 1 && op.outputs[0] >= 0 && r->b.graph.tensors[op.outputs[0]].unpacked) return ETS_OK;
    op.type = known_type(r, code, op.inputs, op.n_inputs);
    op.at.dilation_h = op.at.dilation_w = op.at.stride_h = op.at.stride_w = 1;
    uint32_t rank = op.n_inputs && op.inputs[0] >= 0 ? r->b.graph.tensors[op.inputs[0]].shape.rank : 0;
    struct eti_fb_table options = eti_fb_subtable(&r->fb, t, OPERATOR_OPTIONS);
    int field = read_options(r, options, op.type, rank, &op.at);
    uint8_t act = field < 0 ? 0 : eti_fb_u8(&r->fb, options, (unsigned)field, 0);
    if (!activation_of(act, &op.at.activation)) {
        op.type = ETI_OP_OPAQUE;
        name = eti_arena_format(&r->scratch, "%s with fused %s", name, act == 4 ? "TANH" : "SIGN_BIT");
        if (!name) return eti_nomem(r->err);
    }
    op.type_name = op.type == ETI_OP_OPAQUE ? name : eti_op_kind(op.type)->name;
    op.name = op.n_outputs && op.outputs[0] >= 0 ? r->b.graph.tensors[op.outputs[0]].name : name;
    const char *fused = strchr(op.name, ';');
    if (fused && fused > op.name) {
        op.name = eti_arena_text(&r->scratch, op.name, (size_t)(fused - op.name));
        if (!op.name) return eti_nomem(r->err);
    }
    if (!take(r, t.at, strlen(op.name))) return r->fb.status; /* each operator has a copy */
    ETI_TRY(eti_graph_add_op(&r->b, &op, r->err));
    for (uint32_t k = 0; k < op.n_inputs; k++) /* what has been read stays as it is */
        if (op.inputs[k] >= 0) r->b.graph.tensors[op.inputs[k]].open_batch = false;
    return ETS_OK;
}

/* ------------------------------------------------------------------ the file ----------------------------- */

static ets_status read_ends(struct reader *r, struct eti_fb_table subgraph)
{
    struct eti_fb_vector in = eti_fb_vector(&r->fb, subgraph, SUBGRAPH_INPUTS, 4);
    struct eti_fb_vector out = eti_fb_vector(&r->fb, subgraph, SUBGRAPH_OUTPUTS, 4);
    if (!take(r, subgraph.at, 4 * ((uint64_t)in.count + out.count))) return r->fb.status;
    for (uint32_t i = 0; i < in.count; i++) ETI_TRY(eti_graph_add_input(&r->b, eti_fb_i32_at(&r->fb, in, i), r->err));
    for (uint32_t i = 0; i < out.count; i++) ETI_TRY(eti_graph_add_output(&r->b, eti_fb_i32_at(&r->fb, out, i), r->err));
    return r->fb.status;
}

static ets_status read_model(struct reader *r)
{
    struct eti_fb_table model = eti_fb_root(&r->fb);
    uint32_t version = eti_fb_u32(&r->fb, model, MODEL_VERSION, 0);
    if (r->fb.status == ETS_OK && version != 3) eti_fb_fail(&r->fb, model.at, "schema version %u; only version 3 is read", version);
    r->codes = eti_fb_vector(&r->fb, model, MODEL_OPERATOR_CODES, 4);
    r->buffers = eti_fb_vector(&r->fb, model, MODEL_BUFFERS, 4);
    struct eti_fb_vector subgraphs = eti_fb_vector(&r->fb, model, MODEL_SUBGRAPHS, 4);
    if (r->fb.status == ETS_OK && !subgraphs.count) eti_fb_fail(&r->fb, model.at, "the model has no graph");
    struct eti_fb_table graph = eti_fb_table_at(&r->fb, subgraphs, 0);
    r->tensors = eti_fb_vector(&r->fb, graph, SUBGRAPH_TENSORS, 4);
    struct eti_fb_vector operators = eti_fb_vector(&r->fb, graph, SUBGRAPH_OPERATORS, 4);
    if (r->fb.status != ETS_OK) return r->fb.status;
    for (uint32_t i = 0; i < r->tensors.count; i++) ETI_TRY(read_tensor(r, i));
    ETI_TRY(read_ends(r, graph));
    unpack_constants(r, operators);
    for (uint32_t i = 0; i < operators.count; i++) ETI_TRY(read_operator(r, operators, i));
    return r->fb.status;
}

ets_status eti_import_tflite(const char *name, const uint8_t *data, size_t size, const ets_allocator *mem,
                             struct eti_graph **out, ets_error *err)
{
    struct reader r;
    memset(&r, 0, sizeof r);
    r.left_bytes = r.most_bytes = eti_min(ETI_MAX_OVERLAP * (uint64_t)size + ETI_MAX_TEXT_BYTES, ETI_MAX_READ_BYTES);
    eti_fb_init(&r.fb, name, data, size, err);
    eti_arena_init(&r.scratch, mem);
    r.err = err;
    char *short_name = eti_model_name(name, &r.scratch);
    ets_status status = short_name ? eti_graph_begin(&r.b, short_name, "tflite", mem, err) : eti_nomem(err);
    if (status == ETS_OK) {
        char *file = eti_arena_text(&r.b.graph.arena, name, strlen(name));
        r.b.file = file;
        status = file ? read_model(&r) : eti_nomem(err);
    }
    if (status == ETS_OK) status = eti_graph_finish(&r.b, out, err);
    eti_graph_abandon(&r.b);
    eti_arena_free(&r.scratch);
    return status;
}
