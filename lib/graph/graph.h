/* graph.h - the network as values: tensors and operators in execution order. Immutable once eti_graph_finish()
 * has accepted it; every later room reads it through this header only. */
#ifndef ETI_GRAPH_GRAPH_H
#define ETI_GRAPH_GRAPH_H

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/limits.h"

enum eti_op_type {
#define ETI_OP(id, name, in_min, in_max, outputs, class_) ETI_OP_##id,
#include "graph/op.def"
#undef ETI_OP
    ETI_OP_COUNT
};
enum eti_op_class {
    ETI_WEIGHTED, ETI_POOL, ETI_BINARY, ETI_UNARY, ETI_TABLE, ETI_REDUCE, ETI_MOVE, ETI_RECURRENT, ETI_OTHER
};
struct eti_op_kind {
    const char *name;
    uint32_t inputs_min, inputs_max, outputs;
    enum eti_op_class class_;
};
extern const struct eti_op_kind eti_op_kinds[ETI_OP_COUNT];
/* The row of op.def. */
static inline const struct eti_op_kind *eti_op_kind(enum eti_op_type type)
{
    return &eti_op_kinds[type];
}
/* By name; ETI_OP_COUNT if there is none. */
enum eti_op_type eti_op_by_name(const char *name);

enum eti_type { ETI_I8, ETI_U8, ETI_I16, ETI_I32, ETI_I64, ETI_F16, ETI_F32, ETI_F64, ETI_BOOL, ETI_STRING, ETI_OTHER_TYPE };
uint32_t eti_type_bytes(enum eti_type type); /* of an element; strings and unknown types: 1 */
const char *eti_type_name(enum eti_type type);

struct eti_shape {
    uint32_t rank; /* 0: a scalar */
    uint32_t dim[ETS_MAX_RANK];
};

enum eti_quant { ETI_QUANT_NONE, ETI_QUANT_TENSOR, ETI_QUANT_CHANNEL };

/* What loops over whole graphs look at stands first. */
struct eti_tensor {
    enum eti_type type;
    int32_t producer;     /* operator index, -1: input or constant */
    struct eti_shape shape;
    enum eti_quant quant;
    float scale;          /* per-tensor; 0 if not known */
    int32_t zero_point;
    bool constant;        /* its values are in the file */
    bool unpacked;        /* or follow from others there (.tflite: weights kept as float16, or sparse) */
    bool all_zero;        /* a constant int32 vector of zeros (a bias that is none) */
    bool dynamic;         /* some dimension is not known before run time */
    bool open_batch;      /* the file leaves the first one open: it is what the shape says, 1, or what follows from the operands */
    uint64_t elements, bytes;
    const char *name;
    const char *part;     /* behind the layer's name: "/weights" of a constant, ":1" of a split; else NULL */
    const int32_t *values; /* of small constant integer tensors (shapes, axes, paddings), else NULL */
    uint32_t n_values;
    uint32_t n_consumers; /* of a constant: not counted */
    bool given, taken;    /* an input, an output of the model */
};

/* No padding before; the last window may hang over the edge (no public builder or .tflite asks for it). */
#define ETI_PAD_HANGING ((ets_padding)2)

/* Everything that any operator is configured by; what does not apply is zero (strides and dilations: 1). */
struct eti_attributes {
    uint32_t kernel_h, kernel_w;     /* pools and all convolutions */
    uint32_t stride_h, stride_w, dilation_h, dilation_w;
    uint32_t multiplier;             /* depthwise: output channels an input channel */
    ets_padding padding;
    ets_activation activation;
    int32_t axis;                    /* concat, pack, split, softmax, arg_max */
    uint32_t axes;                   /* reductions: bit i = axis i */
    bool keep_dims;
    uint32_t block;                  /* space_to_depth, depth_to_space */
    uint32_t n_target;               /* reshape, slice (size), resize (h, w), transpose (permutation) */
    union {                          /* of pads; of those with a target */
        struct { uint32_t pad_before[ETS_MAX_RANK], pad_after[ETS_MAX_RANK]; };
        struct {
            int32_t target[ETS_MAX_RANK];
            int32_t stride[ETS_MAX_RANK]; /* strided_slice; target[0..2]: its begin, end and shrink masks */
        };
    };
    uint32_t unusual_masks;          /* strided_slice: ellipsis or new-axis mask is set */
    bool align_corners, half_pixel_centers;
    bool shuffled_weights;           /* fully_connected: not the default weight format */
    bool time_major, bidirectional;  /* lstm */
};

struct eti_op {
    enum eti_op_type type;
    uint32_t n_inputs, n_outputs;
    uint32_t n_computed;    /* inputs that are no constants */
    bool counted;           /* digest, macs, weight_count and `integer` are there: at the latest by eti_graph_finish() */
    bool integer;           /* none of its tensors is of floats */
    const int32_t *inputs;  /* tensor indices; -1: an optional input that is absent */
    const int32_t *outputs;
    const int32_t *computed; /* inputs that are no constants, then outputs */
    struct eti_digest digest;
    uint64_t macs;
    struct eti_attributes at;
    const char *name;       /* of the layer, unique enough for people: its first output's name in a .tflite */
    const char *type_name;  /* "conv_2d"; of OPAQUE its own name as in the file */
    struct eti_place place; /* where the file describes it; file "" if built in memory */
    uint64_t weight_count;  /* elements of the kernel, bias left out */
};

struct eti_graph {
    struct eti_arena arena;   /* owns everything below */
    const char *name;
    const char *format;       /* "tflite", "yaml", "scalesim", "builder" */
    struct eti_tensor *tensors;
    struct eti_op *ops;       /* in execution order: every input is made before it is used */
    int32_t *inputs, *outputs;
    int32_t *activations;     /* tensors that are no constants, in order */
    int32_t *sources, *results; /* of those: what nobody makes; what is made and leaves, each once */
    uint32_t n_tensors, n_ops, n_inputs, n_outputs, n_activations, n_sources, n_results;
    struct eti_digest digest; /* of all operators, how they are linked, inputs and outputs; names left out */
    bool quantized;           /* every operator's activations are int8, uint8 or int16 with a scale, or only leave
                                 through quantize / dequantize */
};

/* --- making one: builder.c. Importers and the public builder use the same calls. --- */

struct eti_repeats; /* repeat.h: layers that were added before */
struct eti_graph_builder {
    struct eti_graph graph;      /* arena already open */
    size_t cap_tensors, cap_ops, cap_inputs, cap_outputs;
    const char *file;            /* for messages */
    struct eti_arena scratch;    /* of one call */
    struct eti_repeats *repeats; /* the caller's, zeroed; NULL: none */
};
ets_status eti_graph_begin(struct eti_graph_builder *b, const char *name, const char *format,
                           const ets_allocator *mem, ets_error *err);
/* Drops what was begun. Harmless after eti_graph_finish(). */
void eti_graph_abandon(struct eti_graph_builder *b);
/* Copies `t` (its name into the arena); elements and bytes are computed and limited. Index in *out. */
ets_status eti_graph_add_tensor(struct eti_graph_builder *b, const struct eti_tensor *t, const struct eti_place *at,
                                int32_t *out, ets_error *err);
/* The same for a name that lives as long as the graph. */
ets_status eti_graph_add_named_tensor(struct eti_graph_builder *b, const struct eti_tensor *t, const struct eti_place *at,
                                      int32_t *out, ets_error *err);
/* Copies `op` with its index lists. Checks arity and that the tensors exist; the shapes of outputs are compared with
 * eti_infer_shapes() (static, known operators). */
ets_status eti_graph_add_op(struct eti_graph_builder *b, const struct eti_op *op, ets_error *err);
/* The same for names that live as long as the graph, and outputs whose shapes were just inferred. */
ets_status eti_graph_add_inferred_op(struct eti_graph_builder *b, const struct eti_op *op, ets_error *err);
ets_status eti_graph_add_input(struct eti_graph_builder *b, int32_t tensor, ets_error *err);
ets_status eti_graph_add_output(struct eti_graph_builder *b, int32_t tensor, ets_error *err);
/* Forgets what was added and keeps the memory: the next graph of that size needs no more of it. */
ets_status eti_graph_restart(struct eti_graph_builder *b, const char *name, ets_error *err);
/* Makes a whole of what was added, in place: `graph` of the builder can be read until something is done with the builder.
 * What eti_graph_finish() says of order, rules and counts holds. */
ets_status eti_graph_complete(struct eti_graph_builder *b, ets_error *err);
/* Orders operators by their data (a cycle is an error that names one operator on it), checks every rule of
 * graph_check.c, fills producers, consumers, MACs, weights; the graph is the caller's: free with eti_graph_free(). */
ets_status eti_graph_finish(struct eti_graph_builder *b, struct eti_graph **out, ets_error *err);
void eti_graph_free(struct eti_graph *graph);
/* as_int8.c: a copy of it with floats as 8-bit integers, weights with a scale a channel, biases of 32 bits. */
ets_status eti_graph_as_int8(const struct eti_graph *from, const ets_allocator *mem, struct eti_graph **out, ets_error *err);

/* --- digest.c --- */

/* Kind, attributes and the tensors' types, shapes and quantisation: all that a cost may depend on, without names and
 * neighbours. */
struct eti_digest eti_op_digest(const struct eti_graph *g, const struct eti_op *op);
struct eti_digest eti_graph_digest(const struct eti_graph *g); /* of counted operators */
struct eti_digest eti_tensor_digest(const struct eti_graph *g, int32_t tensor);
/* Does it have paddings, targets or strides? Those of other operators are not in the digest. */
bool eti_op_has_lists(enum eti_op_type type);

/* --- shape.c --- */

/* The shapes and types of all outputs of `op` from its inputs and attributes: out[i] for output i.
 * `inputs[i]` is NULL for an absent optional one. Fills attributes that follow from constant operands (kernel from
 * the weights, axes, paddings, targets). Errors name the operator and both shapes. OPAQUE, LSTM: outputs as given. */
ets_status eti_infer_shapes(struct eti_op *op, const struct eti_tensor *const *inputs, struct eti_shape *out,
                            uint32_t n_out, ets_error *err);
/* Multiply-accumulates: every weight at every output position; pools, element-wise and moves count none. */
ets_status eti_op_macs(const struct eti_graph *graph, const struct eti_op *op, uint64_t *out, ets_error *err);
/* Do the matrices of an LSTM go with its input and its result, gate by gate, without a projection? Of a file, nothing says so. */
bool eti_is_plain_lstm(const struct eti_graph *graph, const struct eti_op *op);
/* Elements of its kernel, bias left out. */
uint64_t eti_op_weights(const struct eti_graph *graph, const struct eti_op *op);
/* Output size and padding before of a window over `size`; TFLite's rules (SAME: ceil(size / stride), VALID:
 * ceil((size - window + 1) / stride), HANGING: ceil((size - window) / stride) + 1; window = (kernel - 1) dilation + 1). Size 0: the window does not fit. */
struct eti_window { uint32_t out, pad_before, pad_after; };
struct eti_window eti_window(uint32_t size, uint32_t kernel, uint32_t stride, uint32_t dilation, ets_padding padding);

#endif
