/* edgetpu_sim.h - how long a quantised network takes on an Edge TPU, layer by layer, without the device.
 *
 *   ets_arch *arch = NULL;  ets_model *model = NULL;  ets_report *report = NULL;  ets_error err;
 *   if (ets_arch_load ("arch/coral-usb.yaml", NULL, 0, NULL, &arch, &err) ||
 *       ets_model_load("mobilenet_v2.tflite", NULL, &model, &err) ||
 *       ets_simulate  (arch, model, NULL, NULL, &report, &err))
 *       fprintf(stderr, "%s\n", err.text);       // coral-usb.yaml:3:9: grid.x: 0 is outside 1..8 tiles
 *   else
 *       printf("%.3f ms\n", 1e-6 * (double)ets_report_summary(report)->latency_ns);
 *   ets_report_free(report);  ets_model_free(model);  ets_arch_free(arch);       // NULL is fine
 *
 * Conventions: functions that can fail return an ets_status (0 is success), give results through a trailing
 * `out` that is written on success only, and fill the caller's ets_error (NULL: not wanted) on failure only.
 * `*_load` reads a path ("-": standard input), `*_parse` reads bytes, `*_free` accepts NULL. Units stand in the names.
 * A NULL where something is needed is ETS_ARGUMENT; functions without a status (names, counts, summaries) need their object.
 *
 * Sharing: an ets_arch, ets_model or ets_report never changes after creation; any number of threads may read
 * one. An ets_predictor may be called from any number of threads at a time. An ets_builder belongs to one thread at
 * a time. The library prints nothing, never exits, and has no global state. Objects do not refer to each other: each
 * may be freed in any order.
 *
 * Memory: every object is made with the allocator given at its creation and keeps it; NULL means the C
 * library's. Text that a function returns lives as long as the object it was asked of.
 */
#ifndef EDGETPU_SIM_H
#define EDGETPU_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETS_VERSION_MAJOR 0
#define ETS_VERSION_MINOR 1
#define ETS_VERSION_PATCH 0

#if defined(__GNUC__)
#define ETS_API __attribute__((visibility("default")))
#else
#define ETS_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0", of the library that runs (the macros above are of the header that was compiled). */
ETS_API const char *ets_version(void);

/* ------------------------------------------------------------------ status, error, allocator ---------- */

#define ETS_STATUS_MAP(X)                                                 \
    X(OK, 0, "success")                                                   \
    X(NOMEM, 1, "out of memory")                                          \
    X(ARGUMENT, 2, "the caller broke this function's contract")           \
    X(IO, 3, "a file could not be read or written")                       \
    X(SYNTAX, 4, "the input is not well formed")                          \
    X(SCHEMA, 5, "well formed, but a key, type or reference is wrong")    \
    X(RANGE, 6, "a value is outside what is allowed")                     \
    X(UNSUPPORTED, 7, "the input uses something that is not modelled")    \
    X(CAPACITY, 8, "the model cannot be placed on this machine")          \
    X(INTERNAL, 9, "a defect in this library; please report it")          \
    X(CANCELLED, 10, "stopped: by the caller, or by the limit for work")  \
    X(CONFLICT, 11, "values of a machine that do not go together")
typedef enum ets_status {
#define ETS_ENUM_(name, code, text) ETS_##name = code,
    ETS_STATUS_MAP(ETS_ENUM_)
#undef ETS_ENUM_
} ets_status;

/* The name ("RANGE") and the sentence of a status; "?" for a number that is none. */
ETS_API const char *ets_status_name(ets_status status);
ETS_API const char *ets_status_text(ets_status status);

/* Filled on failure, untouched on success. Lives wherever the caller likes. */
typedef struct ets_error {
    ets_status status;
    uint32_t line, column; /* 1-based; 0 where the input has no lines */
    uint64_t offset;       /* byte offset for binary inputs, else 0 */
    char text[512];        /* one line, ready to print: "file:line:column: what is wrong; what would be right" */
} ets_error;

/* Text from elsewhere (a path, an argument) as names and messages of the library are: what a terminal would obey instead of showing
 * (control characters, marks that turn the direction of writing) and what is no UTF-8 becomes '?', byte by byte. In place; pure. */
ETS_API void ets_make_plain(char *text);

/* One function does all: `ptr` NULL allocates, `new_size` 0 frees (and returns NULL), else it resizes.
 * `old_size` is what was last asked for. It must return memory aligned as malloc does, or NULL. It is called
 * from whichever thread calls the library. */
typedef struct ets_allocator {
    void *(*resize)(void *ctx, void *ptr, size_t old_size, size_t new_size);
    void *ctx;
} ets_allocator;

/* Where text output goes. Returns 0, or non-zero to stop (the call then fails with ETS_IO). */
typedef struct ets_writer {
    int (*write)(void *ctx, const char *text, size_t n_bytes);
    void *ctx;
} ets_writer;

typedef struct ets_arch ets_arch;       /* immutable: a machine */
typedef struct ets_model ets_model;     /* immutable: a network */
typedef struct ets_report ets_report;   /* immutable: what a simulation found */
typedef struct ets_builder ets_builder; /* one thread: makes an ets_model in memory */
typedef struct ets_predictor ets_predictor; /* any threads: summaries in microseconds, for search loops */

/* ------------------------------------------------------------------ what is shipped -------------------- */

/* Machines ("arch") and reference models ("models") are YAML files in folders of those names, looked for in
 * $EDGETPU_SIM_DATA, then `beside` (a folder that holds both; NULL: none), then the folder of the installation.
 * Writes the path of `name` ("coral-usb") to `path` (`size` bytes with the terminator).
 * Errors: IO if nothing is found (the message names what there is), ARGUMENT. Thread-safe unless the environment is
 * being changed. */
ETS_API ets_status ets_data_find(const char *folder, const char *name, const char *beside, char *path, size_t size,
                                 ets_error *err);
/* Calls `each` with every name in order, each once; it returns non-zero to stop. Errors: ARGUMENT, NOMEM. */
ETS_API ets_status ets_data_list(const char *folder, const char *beside,
                                 int (*each)(void *ctx, const char *name, const char *path), void *ctx,
                                 const ets_allocator *mem, ets_error *err);

/* ------------------------------------------------------------------ machines --------------------------- */

/* One key replaced, e.g. {"grid.x", "2"} or {"clock_hz", "250M"}; values are written as in the YAML. */
typedef struct ets_setting {
    const char *key;
    const char *value;
} ets_setting;

/* Reads a machine description (docs/FORMATS.md), or a SCALE-Sim configuration (.cfg) as a systolic machine. `inherit:` names
 * are looked for beside the file, then where ets_data_find() looks. The `n_settings` settings are applied last, and the result is
 * checked as a whole. Errors: IO, SYNTAX, SCHEMA (unknown, missing or repeated key), RANGE (a value that no machine has), CONFLICT
 * (values that are allowed, but not together), NOMEM. */
ETS_API ets_status ets_arch_load(const char *path, const ets_setting *settings, size_t n_settings,
                                 const ets_allocator *mem, ets_arch **out, ets_error *err);
/* The same, where `beside` (NULL: none) is what it is to ets_data_find(): for programs that bring machines of their own. */
ETS_API ets_status ets_arch_load_beside(const char *path, const char *beside, const ets_setting *settings, size_t n_settings,
                                        const ets_allocator *mem, ets_arch **out, ets_error *err);
/* ets_arch_load() from memory; `name` stands in messages. `inherit:` is refused (there is no folder to look in). */
ETS_API ets_status ets_arch_parse(const char *name, const void *data, size_t n_bytes, const ets_setting *settings,
                                  size_t n_settings, const ets_allocator *mem, ets_arch **out, ets_error *err);
/* A copy of `base` with keys replaced; checked as if loaded. Of a search over machines: CONFLICT says that this point does not
 * exist, any other error that the search is wrong. */
ETS_API ets_status ets_arch_with(const ets_arch *base, const ets_setting *settings, size_t n_settings,
                                 const ets_allocator *mem, ets_arch **out, ets_error *err);
ETS_API void ets_arch_free(ets_arch *arch);
/* The description's own `name:`. */
ETS_API const char *ets_arch_name(const ets_arch *arch);

/* One key of a machine, resolved. */
typedef struct ets_arch_field {
    const char *key;    /* "ring.bytes_per_cycle" */
    const char *value;  /* as it would be written in YAML */
    const char *unit;   /* "byte/cycle", "" for names */
    const char *doc;    /* one sentence */
    const char *origin; /* "coral-usb.yaml:12", "setting" (an ets_setting) or "not given" */
    const char *mark;   /* "known", "derived", "fitted" or "guess": how the value is known */
    const char *source; /* where it comes from, in words; "" if the file does not say */
} ets_arch_field;
ETS_API size_t ets_arch_field_count(const ets_arch *arch);
/* Field `i` < ets_arch_field_count(), in the order of the documentation; beyond, all texts are empty. */
ETS_API ets_arch_field ets_arch_field_at(const ets_arch *arch, size_t i);

/* What a machine is made of, to compare machines. */
typedef struct ets_arch_size {
    uint64_t macs_per_cycle;   /* all multipliers at work */
    double peak_tops;          /* two operations a multiply-accumulate, at the clock */
    uint64_t chip_bytes;       /* memories on the chip */
    double area_mm2;           /* relative: multipliers and memories in 45 nm by published figures (docs/MODEL.md) */
} ets_arch_size;
ETS_API ets_arch_size ets_arch_size_of(const ets_arch *arch);

/* ------------------------------------------------------------------ models ----------------------------- */

/* Reads a model: `.tflite`, our YAML graph, or SCALE-Sim's table of layers (CSV), each also gzip-compressed. The format is
 * recognised by content, not by name. Weights are neither looked at nor kept. The file is not needed once this returns.
 * Errors: IO, SYNTAX (with line:column or byte offset), SCHEMA, RANGE, UNSUPPORTED (recognised, but not a
 * format we read; or compiled for the Edge TPU already), NOMEM. */
ETS_API ets_status ets_model_load(const char *path, const ets_allocator *mem, ets_model **out, ets_error *err);
/* What a model of floats would be once it is quantised, before it is: a copy with its floats as 8-bit integers, weights with a
 * scale an output channel, biases of 32 bits, as post-training quantisation makes them. What a converter adds beside is not in it:
 * operators that rescale inputs of a concatenation, and conversions at the ends. Its name says "(as int8)"; of a model that is
 * quantised already it is the same again. `model` is only read, so any thread may call; the copy is the caller's, freed with
 * ets_model_free(). Errors: ARGUMENT (a pointer is NULL), NOMEM. */
ETS_API ets_status ets_model_as_int8(const ets_model *model, const ets_allocator *mem, ets_model **out, ets_error *err);
/* ets_model_load() from memory; `name` stands in messages and becomes the model's name. */
ETS_API ets_status ets_model_parse(const char *name, const void *data, size_t n_bytes, const ets_allocator *mem,
                                   ets_model **out, ets_error *err);
ETS_API void ets_model_free(ets_model *model);
ETS_API const char *ets_model_name(const ets_model *model);

/* What a model is, before any machine is chosen. */
typedef struct ets_model_info {
    const char *name;
    const char *format;          /* "tflite", "yaml", "scalesim", "builder" */
    uint32_t n_ops, n_tensors;
    uint32_t n_weighted_ops;     /* convolutions, depthwise, transposed, fully connected */
    uint64_t macs;               /* multiply-accumulates of one inference */
    uint64_t weight_count;       /* elements of convolution and fully connected weights, biases left out */
    uint64_t constant_bytes;     /* bytes of all constant tensors as stored in the file (sparse ones as if they were not) */
    bool quantized;              /* every tensor of the network proper is int8, uint8 or int16 with a scale */
} ets_model_info;
ETS_API ets_model_info ets_model_describe(const ets_model *model);
/* Of operator `layer` < n_ops, in execution order, as ets_report_layer() counts them; NULL: there is none. Names need not
 * differ. */
ETS_API const char *ets_model_layer_name(const ets_model *model, size_t layer);

/* ------------------------------------------------------------------ building a model in memory --------- */

#define ETS_MAX_RANK 8
typedef uint32_t ets_tensor; /* a tensor of a builder; 0 is never one */

typedef enum ets_padding { ETS_PAD_SAME = 0, ETS_PAD_VALID = 1 } ets_padding;
typedef enum ets_activation {
    ETS_ACT_NONE = 0, ETS_ACT_RELU = 1, ETS_ACT_RELU6 = 2, ETS_ACT_RELU_N1_TO_1 = 3
} ets_activation;

/* Options of the calls below; start from ETS_CONV_INIT. */
typedef struct ets_conv {
    size_t struct_size;
    const char *name;            /* NULL: made from the operator's index */
    uint32_t kernel_h, kernel_w;
    uint32_t stride_h, stride_w;
    uint32_t dilation_h, dilation_w;
    uint32_t out_channels;       /* depthwise: 0, or in_channels x multiplier */
    ets_padding padding;
    ets_activation activation;
    bool per_channel;            /* weights with a scale a channel (int8 models) */
    bool no_bias;                /* per_channel only changes the parameter bytes: all biases are zero */
} ets_conv;
#define ETS_CONV_INIT {sizeof(ets_conv), NULL, 1, 1, 1, 1, 1, 1, 0, ETS_PAD_SAME, ETS_ACT_NONE, false, false}

/* Shapes are NHWC. Every call checks at once: a shape that does not fit is ETS_RANGE or ETS_SCHEMA at the call
 * that made it, with both shapes in the message, a tensor that is not of this graph ETS_ARGUMENT, and the builder stays as
 * it was. */
/* Of `model_name` 127 bytes are kept. Errors: ARGUMENT, NOMEM. */
ETS_API ets_status ets_builder_new(const char *model_name, const ets_allocator *mem, ets_builder **out, ets_error *err);
ETS_API void ets_builder_free(ets_builder *b);
ETS_API ets_status ets_build_input(ets_builder *b, const char *name, const uint32_t *dims, uint32_t rank,
                                   ets_tensor *out, ets_error *err);
ETS_API ets_status ets_build_conv2d(ets_builder *b, ets_tensor x, const ets_conv *c, ets_tensor *out, ets_error *err);
ETS_API ets_status ets_build_depthwise(ets_builder *b, ets_tensor x, const ets_conv *c, ets_tensor *out, ets_error *err);
/* A transposed convolution: padded `same`, its map is `stride` times as high and wide; `valid` adds what the kernel hangs
 * over. Dilation must be 1. */
ETS_API ets_status ets_build_transpose_conv(ets_builder *b, ets_tensor x, const ets_conv *c, ets_tensor *out, ets_error *err);
ETS_API ets_status ets_build_fully_connected(ets_builder *b, ets_tensor x, uint32_t units, ets_activation act,
                                             ets_tensor *out, ets_error *err);
/* `op` is a name of docs/FORMATS.md: "avg_pool", "max_pool"; kernel, stride and padding from `c`. */
ETS_API ets_status ets_build_pool(ets_builder *b, const char *op, ets_tensor x, const ets_conv *c, ets_tensor *out,
                                  ets_error *err);
/* Two-operand element-wise: "add", "sub", "mul", "maximum", "minimum", "squared_difference". */
ETS_API ets_status ets_build_binary(ets_builder *b, const char *op, ets_tensor x, ets_tensor y, ets_activation act,
                                    ets_tensor *out, ets_error *err);
/* The same with a constant of this shape as the second operand, e.g. dims {channels}, rank 1: what a batch norm leaves that folds into
 * no convolution. Coral hosts send such constants at every inference (docs/MODEL.md). */
ETS_API ets_status ets_build_binary_constant(ets_builder *b, const char *op, ets_tensor x, const uint32_t *dims, uint32_t rank,
                                             ets_activation act, ets_tensor *out, ets_error *err);
/* One operand, shape kept: "relu", "relu6", "logistic", "tanh", "softmax", "hard_swish", "quantize"; or the mean
 * over height and width: "global_mean". */
ETS_API ets_status ets_build_unary(ets_builder *b, const char *op, ets_tensor x, ets_tensor *out, ets_error *err);
/* Joins `n` tensors along `axis` (negative: from the last). */
ETS_API ets_status ets_build_concat(ets_builder *b, const ets_tensor *x, size_t n, int axis, ets_tensor *out,
                                    ets_error *err);
/* Zeros around height and width of a rank-4 tensor. */
ETS_API ets_status ets_build_pad(ets_builder *b, ets_tensor x, uint32_t top, uint32_t bottom, uint32_t left,
                                 uint32_t right, ets_tensor *out, ets_error *err);
/* Another height and width of a rank-4 tensor: "resize_bilinear" or "resize_nearest". */
ETS_API ets_status ets_build_resize(ets_builder *b, const char *op, ets_tensor x, uint32_t height, uint32_t width, ets_tensor *out,
                                    ets_error *err);
/* The same elements with other dimensions. */
ETS_API ets_status ets_build_reshape(ets_builder *b, ets_tensor x, const uint32_t *dims, uint32_t rank, ets_tensor *out,
                                     ets_error *err);
/* A block of the mobile search spaces: MobileNet v2's inverted bottleneck (1x1 convolution to `expansion` times the input's
 * channels, depthwise convolution, 1x1 convolution to `out_channels`), or fused as in EfficientNet-EdgeTPU (a regular
 * convolution that expands, then the 1x1 one). With expansion 1 the first 1x1 convolution is left out; fused, the whole
 * block is one regular convolution. */
typedef struct ets_block {
    size_t struct_size;
    const char *name;            /* its layers are "name.expand", "name.depthwise", "name.project", "name.add"; NULL: made */
    uint32_t kernel, stride, out_channels, expansion;
    bool fused;
    bool skip;                   /* add the input to the result, if stride is 1 and the channels are equal */
    bool per_channel;
    ets_activation activation;   /* behind all but the last convolution */
} ets_block;
#define ETS_BLOCK_INIT {sizeof(ets_block), NULL, 3, 1, 0, 4, false, true, false, ETS_ACT_RELU}
ETS_API ets_status ets_build_block(ets_builder *b, ets_tensor x, const ets_block *block, ets_tensor *out, ets_error *err);
ETS_API ets_status ets_build_output(ets_builder *b, ets_tensor x, ets_error *err);
/* Checks the whole graph and makes the model; the builder is empty afterwards, whether that succeeded or not, and may
 * be used again. */
ETS_API ets_status ets_build_model(ets_builder *b, ets_model **out, ets_error *err);
/* The same without a copy, for loops: the model stays the builder's, must not be freed, and lives until the builder's next
 * call, which begins a new graph in the same memory. After a few graphs, no memory is asked for any more. */
ETS_API ets_status ets_build_lend(ets_builder *b, const ets_model **out, ets_error *err);
/* Empties the builder and keeps its memory. */
ETS_API ets_status ets_builder_reset(ets_builder *b, ets_error *err);

/* A network as a table, for bindings and for search tools that keep candidates as arrays: a row a call of the functions
 * above, all numbers. `x` and `y` are the rows whose results it works on, each above it. What a row does not need is 0.
 *      op                     number  needs                                           call */
#define ETS_ROW_MAP(X)                                                                                               \
    X(INPUT, 0)             /* kernel_h x kernel_w x channels                          ets_build_input             */ \
    X(OUTPUT, 1)            /* x; without any, the last row's result is the output     ets_build_output            */ \
    X(CONV_2D, 2)           /* x, channels, kernel_h, kernel_w, stride, dilation       ets_build_conv2d            */ \
    X(DEPTHWISE_CONV_2D, 3) /* x, kernel_h, kernel_w, stride, dilation                 ets_build_depthwise         */ \
    X(FULLY_CONNECTED, 4)   /* x, channels                                             ets_build_fully_connected   */ \
    X(AVG_POOL, 5)          /* x, kernel_h, kernel_w, stride                           ets_build_pool              */ \
    X(MAX_POOL, 6)          /* the same                                                                            */ \
    X(GLOBAL_MEAN, 7)       /* x                                                       ets_build_unary             */ \
    X(ADD, 8)               /* x, y                                                    ets_build_binary            */ \
    X(MUL, 9)               /* x, y                                                                                */ \
    X(CONCAT, 10)           /* x, y, along the channels                                ets_build_concat            */ \
    X(RELU, 11)             /* x                                                       ets_build_unary             */ \
    X(LOGISTIC, 12)         /* x                                                                                   */ \
    X(SOFTMAX, 13)          /* x                                                                                   */ \
    X(BLOCK, 14)            /* x, channels, kernel_h, stride, expansion                ets_build_block             */ \
    X(FUSED_BLOCK, 15)      /* the same                                                                            */ \
    X(TRANSPOSE_CONV, 16)   /* x, channels, kernel_h, kernel_w, stride                 ets_build_transpose_conv    */ \
    X(RESIZE_BILINEAR, 17)  /* x; to kernel_h x kernel_w                               ets_build_resize            */ \
    X(RESIZE_NEAREST, 18)   /* the same                                                                            */ \
    X(RESHAPE, 19)          /* x; to kernel_h x kernel_w x channels, both 0: a vector  ets_build_reshape           */ \
    X(HARD_SWISH, 20)       /* x                                                       ets_build_unary             */ \
    X(ADD_CONSTANT, 21)     /* x, channels: a constant a channel                       ets_build_binary_constant   */ \
    X(MUL_CONSTANT, 22)     /* the same                                                                            */
typedef enum ets_row_op {
#define ETS_ENUM_(name, number) ETS_ROW_##name = number,
    ETS_ROW_MAP(ETS_ENUM_)
#undef ETS_ENUM_
} ets_row_op;
typedef struct ets_row {
    uint32_t op, x, y;
    uint32_t channels, kernel_h, kernel_w, stride, dilation, expansion; /* stride, dilation: 0 is 1 */
    uint32_t flags;                                                     /* ETS_ROW_VALID | ... | activation << 8 */
} ets_row;
enum { ETS_ROW_VALID = 1, ETS_ROW_PER_CHANNEL = 2, ETS_ROW_NO_BIAS = 4, ETS_ROW_SKIP = 8 };
/* Adds all rows to an empty builder. Errors: those of the calls, with the row's number in the message. */
ETS_API ets_status ets_build_rows(ets_builder *b, const ets_row *rows, size_t n, ets_error *err);

/* ------------------------------------------------------------------ simulation ------------------------- */

/* Work is counted: a turn of a unit of the machine, a command of the program and a step of the search for the parts of a layer are a
 * unit each, an operator some. A network of models/ takes up to some hundred thousand; a second does some 20 million. */
#define ETS_DEFAULT_WORK_LIMIT 4000000000u
/* Asked about every 2000 units, from whichever thread does the work, so within 10 ms: non-zero ends the call with CANCELLED. It must not
 * call the object that asks it. A call that was ended leaves nothing behind, and whatever it was given is as it was. */
typedef int ets_cancelled(void *ctx);

typedef struct ets_options {
    size_t struct_size;
    bool multi_subgraph; /* map what follows an operator that runs on the host, too (the vendor's `-a`) */
    bool trace;          /* keep what each unit did when, for ETS_FORMAT_TRACE; a few MB for a large network */
    uint64_t work_limit; /* units; 0: ETS_DEFAULT_WORK_LIMIT. A call that would do more fails with CANCELLED */
    ets_cancelled *cancelled; /* NULL: nobody asks */
    void *cancel_ctx;
} ets_options;
#define ETS_OPTIONS_INIT {sizeof(ets_options), false, false, 0, NULL, NULL}

typedef enum ets_where { ETS_ON_TPU = 0, ETS_ON_HOST = 1 } ets_where;

/* What kept the busiest tile's array from finishing sooner; the largest part of a layer's cycles. */
typedef enum ets_bound {
    ETS_BOUND_NONE = 0, /* takes no time, or runs on the host */
    ETS_BOUND_COMPUTE,  /* steps of the cells */
    ETS_BOUND_PSUM,     /* partial sums to and from wide memory */
    ETS_BOUND_WEIGHTS,  /* parameters on the ring */
    ETS_BOUND_HALO,     /* border exchange with the neighbours, gathers */
    ETS_BOUND_LINK,     /* bytes to or from the host */
    ETS_BOUND_MOVE,     /* data moved between narrow and wide memory, or through the scalar core */
    ETS_BOUND_SYNC,     /* issue of commands, fences, barriers */
    ETS_BOUND_MEMORY    /* bytes to or from DRAM (systolic) */
} ets_bound;
ETS_API const char *ets_bound_name(ets_bound bound); /* "compute", "partial sums", ... */

/* Elapsed cycles of a layer, split by what the busiest tile did or waited for. The parts add up to `cycles`. */
typedef struct ets_split {
    uint64_t compute_cycles, psum_cycles, weight_cycles, halo_cycles, link_cycles, move_cycles, sync_cycles,
             memory_cycles;
} ets_split;

/* One operator of the model, in execution order. */
typedef struct ets_layer {
    const char *name;
    const char *op;            /* "conv_2d"; an unknown operator's own name */
    ets_where where;
    const char *reason;        /* on the host: the rule that sent it there; else "" */
    uint32_t input_rank, output_rank;
    uint32_t input_dims[ETS_MAX_RANK], output_dims[ETS_MAX_RANK]; /* first activation input, first output */
    uint64_t macs;
    uint64_t parameter_bytes;  /* as laid out for the accelerator; on the host: 0 */
    bool parameters_streamed;  /* from the host at every inference */
    uint64_t narrow_bytes_per_tile; /* its activations in narrow memory while it runs, busiest tile */
    uint64_t wide_bytes_per_tile; /* of each tile's wide memory while it runs, beside parameters that stay: FIFOs, partial sums, biases,
                                     windows of pools, the input of a group in parts; the most of any layer is taken from the cache */
    bool overfull;             /* one of the two is more than a tile has: timed as if it was there (n_overfull_layers) */
    uint64_t steps_busiest_tile, steps_all_tiles;
    bool timed;                /* it is known how long it takes; false: an operator on the host, where the machine does not say how fast
                                  that is, or nobody knows the operator. start_cycle, cycles and latency_ns are 0 then */
    uint64_t start_cycle, cycles; /* from the start of the inference; on the host an estimate */
    uint64_t latency_ns;
    double utilization;        /* macs / (cycles x MACs a cycle of the whole array); 0 where cycles is 0 */
    ets_bound bound_by;
    ets_split split;
    uint32_t passes;           /* parts of its map that the layer is run in; 1 if its activations fit */
    uint64_t energy_nj;        /* of its work: steps, bytes of memories, ring and link; static power is the summary's */
} ets_layer;

/* What is not a layer: transfers and fixed costs, in the order they happen. */
typedef struct ets_phase {
    const char *name;          /* "invoke", "instructions", "input", "output" */
    uint64_t start_cycle, cycles, bytes;
} ets_phase;

/* Whole inference. Cycles are of the array's clock, from the start of the call to its last byte. */
typedef struct ets_summary {
    uint64_t cycles;           /* all phases and all layers; their sum, to the cycle */
    uint64_t chip_cycles;      /* from the last input byte to the first output byte */
    uint64_t latency_ns;
    uint64_t clock_hz;
    uint64_t macs, tpu_macs;   /* of the model; of its layers on the accelerator */
    uint64_t parameter_bytes, onchip_parameter_bytes, streamed_parameter_bytes, parameter_capacity_bytes;
    /* capacity: as the vendor's compiler prints it; windows of pools take some of it, too */
    uint64_t narrow_peak_bytes_per_tile;
    uint64_t link_in_bytes, link_out_bytes; /* one inference: instructions + input + streamed as often as sent; output */
    uint64_t instruction_bytes, input_bytes, output_bytes; /* spilled activations are inputs and outputs */
    uint64_t steps_busiest_tile, steps_all_tiles;
    double utilization;        /* tpu_macs / ((cycles - host_cycles) x MACs a cycle) */
    uint32_t n_layers, n_tpu_layers, n_host_layers, n_subgraphs;
    uint32_t n_overfull_layers; /* tile grid: need more narrow memory than a tile has, whatever is cut into parts or left to the host, or
                                  more wide memory: timed as if they had it. A compiler packs closer, works in smaller
                                  pieces, or refuses (docs/MODEL.md "spills", "parameter cache") */
    bool complete;             /* false: operators on the host are missing from the time, as the machine does not say how fast it is or as
                                  nobody knows the operator */
    bool quantized;            /* false: a float model; a tile grid maps nothing of it */
    uint64_t compiler_estimate_cycles; /* what the vendor's compiler writes into its program as an estimate: no timing,
                                          a check of shapes and split against a compiled file; see docs/MODEL.md */
    uint64_t energy_nj;        /* of the whole call, static power included (docs/MODEL.md "Energy") */
    uint64_t dram_read_bytes, dram_write_bytes; /* systolic: one inference */
    uint64_t spilled_activation_bytes; /* tile grid: what the host keeps for lack of room, each way; in link_in and link_out */
    uint64_t host_cycles;      /* of `cycles`: operators that run on the host, by `host.macs_per_s` and `host.element_ps`. An estimate,
                                  good to a factor of two or three (docs/MODEL.md), where all else is a simulation */
} ets_summary;

/* Of a layer on a systolic array: how it was cut, and what went where. Sizes of the product are elements. */
typedef struct ets_array_layer {
    const char *dataflow;      /* "weight_stationary", ...; "vector": not a product */
    uint64_t pixels, depth, outputs, groups; /* groups products of pixels x depth by depth x outputs */
    uint64_t folds;            /* of the array, all groups */
    uint64_t parts;            /* loads, with work behind them */
    uint64_t part_pixels, part_channels, part_outputs;
    uint64_t array_cycles;     /* the array works, stalls left out */
    double mapping_efficiency; /* of rows x columns of all folds, what holds an operand */
    uint64_t dram_read_bytes, dram_write_bytes;
    uint64_t input_sram_bytes, weight_sram_bytes, output_sram_bytes; /* on the array's side, both ways */
} ets_array_layer;

/* Schedules and runs `model` on `arch`. Deterministic: equal inputs give equal reports.
 * Errors: CAPACITY, UNSUPPORTED, RANGE (longer than 2^62 cycles), ARGUMENT, NOMEM, CANCELLED, INTERNAL. */
ETS_API ets_status ets_simulate(const ets_arch *arch, const ets_model *model, const ets_options *options,
                                const ets_allocator *mem, ets_report **out, ets_error *err);
ETS_API void ets_report_free(ets_report *report);
ETS_API const ets_summary *ets_report_summary(const ets_report *report);
ETS_API const char *ets_report_model_name(const ets_report *report);
ETS_API const char *ets_report_arch_name(const ets_report *report);
/* Layers in execution order; NULL for `i` out of range. */
ETS_API size_t ets_report_layer_count(const ets_report *report);
ETS_API const ets_layer *ets_report_layer(const ets_report *report, size_t i);
/* The same layer on a systolic array; NULL on another machine, on the host, or for `i` out of range. */
ETS_API const ets_array_layer *ets_report_array_layer(const ets_report *report, size_t i);
ETS_API size_t ets_report_phase_count(const ets_report *report);
ETS_API const ets_phase *ets_report_phase(const ets_report *report, size_t i);

typedef enum ets_format { ETS_FORMAT_TABLE = 0, ETS_FORMAT_JSON = 1, ETS_FORMAT_CSV = 2,
    /* systolic: SCALE-Sim's COMPUTE_REPORT.csv, BANDWIDTH_REPORT.csv, DETAILED_ACCESS_REPORT.csv; else ARGUMENT */
    ETS_FORMAT_SCALESIM_COMPUTE = 3, ETS_FORMAT_SCALESIM_BANDWIDTH = 4, ETS_FORMAT_SCALESIM_ACCESS = 5,
    /* the Trace Event Format of Chrome and Perfetto; of reports made with ets_options.trace, else ARGUMENT */
    ETS_FORMAT_TRACE = 7,
    ETS_FORMAT_HTML = 8 /* one page that opens from disk (docs/REPORT.md); ets_page_write() without changes */
} ets_format;
/* Rows of the table: as they happen; by what takes most (time, products, parameters, energy of its work); the least used array
 * first; by name. Rows without such a value come last. */
typedef enum ets_sort {
    ETS_SORT_ORDER = 0, ETS_SORT_CYCLES = 1, ETS_SORT_MACS = 2, ETS_SORT_PARAMETERS = 3, ETS_SORT_ENERGY = 4,
    ETS_SORT_UTILIZATION = 5, ETS_SORT_NAME = 6
} ets_sort;
typedef struct ets_format_options {
    size_t struct_size;
    uint32_t width;  /* columns of the table: long names are cut and some columns left out for it; less than 40 is taken for 40.
                        0: rows are as wide as they are, sentences 100 */
    bool color;      /* ANSI colours in the table */
    bool mapping;    /* the table of `inspect`: operators and where they run, no times; JSON and CSV: as without */
    /* Of the table of times, which then says how much of the whole its rows are; other formats always have all. */
    bool split;      /* columns of what each row did or waited for, in per cent of its time */
    ets_sort sort;
    uint32_t top;    /* so many rows; 0: all */
    const char *layers; /* rows whose names match, as in a shell: * any text, ? a character, [a-c] one of these; NULL: all */
} ets_format_options;
#define ETS_FORMAT_OPTIONS_INIT {sizeof(ets_format_options), 0, false, false, false, ETS_SORT_ORDER, 0, NULL}
/* Writes a report (docs/FORMATS.md describes each column). Errors: IO if the writer stops, RANGE if no row is left, ARGUMENT,
 * NOMEM. */
ETS_API ets_status ets_report_write(const ets_report *report, ets_format format, const ets_format_options *options,
                                    const ets_writer *to, ets_error *err);

/* One layer in detail: how it is split, in which order it is computed, the formulas of docs/MODEL.md with their numbers, what each
 * unit did, what bounds it, and what it could be instead: other shapes of it, a part of the machine twice as fast, its parameters
 * elsewhere. Each of these is simulated, not estimated. Immutable. */
typedef struct ets_explanation ets_explanation;
/* Of layer `layer` of the network, counted as ets_model_layer_name() does. The options hold for each of the some thirty
 * simulations that it takes.
 * Errors: as ets_simulate(), RANGE for a layer that is not there. Thread-safe. */
ETS_API ets_status ets_explain(const ets_arch *arch, const ets_model *model, size_t layer, const ets_options *options,
                               const ets_allocator *mem, ets_explanation **out, ets_error *err);
ETS_API void ets_explanation_free(ets_explanation *e);
/* ETS_FORMAT_TABLE (of the options: width, color) or ETS_FORMAT_JSON. Errors: IO if the writer stops, ARGUMENT, NOMEM. */
ETS_API ets_status ets_explanation_write(const ets_explanation *e, ets_format format, const ets_format_options *options,
                                         const ets_writer *to, ets_error *err);

/* ------------------------------------------------------------------ prediction: inside a search loop -- */

/* A predictor answers what ets_simulate() would, to the last field of the summary, without running what it has run
 * before. Layers stand behind barriers, so a layer costs what it costs whatever stands around it: the predictor plans the
 * whole graph (what runs where, what is cached, which parts), then adds up its layers, each run once and remembered by
 * everything that its program depends on: operator, shapes, quantisation, the window that reads its result, and what the
 * plan decided for it. A new network of known layers takes microseconds, and no memory but to remember it; a network that
 * was asked for before is recognised as a whole, in a fraction of one.
 *
 *   ets_predictor *p = NULL;  ets_summary s;
 *   if (!ets_predictor_new(arch, NULL, NULL, &p, &err) && !ets_predict(p, model, &s, &err))
 *       printf("%.3f ms, %s\n", 1e-6 * (double)s.latency_ns, s.streamed_parameter_bytes ? "streams" : "on the chip");
 *   ets_predictor_free(p); */
typedef struct ets_predictor_options {
    size_t struct_size;
    uint64_t memory_limit_bytes; /* of what is remembered; 0: 64 MiB. A layer or a network takes about 350 bytes. When a third of it is
                                    used up, what was not asked for since the last time that this happened is forgotten. */
    bool multi_subgraph;         /* as in ets_options */
    uint64_t work_limit;         /* as in ets_options, of each prediction (what is remembered costs next to nothing) */
    ets_cancelled *cancelled;    /* as in ets_options, and at the beginning of each prediction: a batch ends, too */
    void *cancel_ctx;
} ets_predictor_options;
#define ETS_PREDICTOR_OPTIONS_INIT {sizeof(ets_predictor_options), 0, false, 0, NULL, NULL}

/* Binds a copy of `arch`. The allocator is called from whichever thread predicts, by one at a time.
 * Errors: ARGUMENT, NOMEM. */
ETS_API ets_status ets_predictor_new(const ets_arch *arch, const ets_predictor_options *options, const ets_allocator *mem,
                                     ets_predictor **out, ets_error *err);
/* No call may be under way. */
ETS_API void ets_predictor_free(ets_predictor *p);

/* The summary that ets_simulate() would give. Thread-safe. Errors: as ets_simulate(). */
ETS_API ets_status ets_predict(ets_predictor *p, const ets_model *model, ets_summary *out, ets_error *err);
/* The same for `n` models by `n_threads` threads (0: 1; the caller's is one of them). out[i] and status[i] (NULL: not
 * wanted) belong to models[i]; out[i] of a model that fails is all zero. The results do not depend on threads or order.
 * Returns the failure with the lowest index, or OK; the others are predicted all the same. Thread-safe. */
ETS_API ets_status ets_predict_batch(ets_predictor *p, const ets_model *const *models, size_t n, uint32_t n_threads,
                                     ets_summary *out, ets_status *status, ets_error *err);

/* The same for networks in tables: graph i is rows[first[i]] to rows[first[i + 1] - 1], with `x` and `y` counted from its own
 * first row. Building, too, is done by the threads. */
ETS_API ets_status ets_predict_rows(ets_predictor *p, const ets_row *rows, const size_t *first, size_t n_graphs,
                                    uint32_t n_threads, ets_summary *out, ets_status *status, ets_error *err);

/* What a predictor has done and keeps. */
typedef struct ets_predictor_info {
    uint64_t predictions;
    uint64_t repeats;            /* of these, networks that were asked for before: answered as a whole */
    uint64_t hits, misses;       /* items (layers, transfers) of the others that were remembered; that had to be run */
    uint64_t entries;            /* remembered now */
    uint64_t bytes, limit_bytes; /* of the memory for them: never more than the limit */
} ets_predictor_info;
ETS_API ets_predictor_info ets_predictor_describe(ets_predictor *p);

/* One layer of a model: what it adds to `cycles` of the summary. For a table of layers (differentiable search), ask for
 * layer 0 of models of one operator. What that leaves out: the call, input, output and the instructions' way over the link
 * (`instruction_bytes` at the link's rate); the border exchange for a window that reads the result, which is booked on the
 * layer that makes it; and that the parameters of a whole network may not fit on the chip. */
typedef struct ets_layer_costs {
    ets_where where;             /* on the host: cycles and macs as of ets_layer, all else below is 0 */
    bool parameters_streamed;
    uint64_t cycles, latency_ns;
    uint64_t macs, parameter_bytes, instruction_bytes;
    ets_split split;             /* adds up to cycles */
} ets_layer_costs;
/* Errors: as ets_predict(), RANGE for a layer that is not there. Thread-safe. */
ETS_API ets_status ets_layer_cost(ets_predictor *p, const ets_model *model, size_t layer, ets_layer_costs *out, ets_error *err);

/* What would help: each width and each kernel of the network made a step smaller, each 1x1 convolution and the depthwise one that
 * alone reads it made one regular convolution, one at a time, and the changed network
 * predicted as a whole, so that what else follows is in it (a layer that fits the cache, a border that is not exchanged).
 * Widths step to the next smaller whole number of `tile.cells`, below that to half; layers whose widths are tied by sums,
 * depthwise convolutions or pools change together and are named by the first; kernels step by 2. Inputs and outputs of the
 * network stay. */
typedef enum ets_dimension { ETS_DIMENSION_CHANNELS = 0, ETS_DIMENSION_KERNEL = 1,
    ETS_DIMENSION_FUSED = 2,     /* the layer, a depthwise convolution, and the 1x1 convolution before it as one regular convolution */
    /* of the whole network: ets_network_changes() */
    ETS_DIMENSION_WIDTHS = 3,    /* all widths times `to` per cent (`from`: 100), in whole words */
    ETS_DIMENSION_MULTIPLE = 4,  /* all widths to the nearest multiple of `to`, those above `to` */
    ETS_DIMENSION_RESOLUTION = 5,/* the input is `to` pixels wide, its height in proportion */
    ETS_DIMENSION_LINK = 6       /* the host link (systolic arrays: DRAM) at `to` MB/s */
} ets_dimension;
#define ETS_WHOLE_NETWORK UINT32_MAX /* in place of a layer */
typedef struct ets_change {
    uint32_t layer;              /* in execution order, or ETS_WHOLE_NETWORK */
    ets_dimension dimension;
    uint32_t from, to;           /* channels, or the kernel's height and width; fused: of the 1x1 convolution */
    uint64_t latency_ns;         /* of the changed network */
    int64_t saved_ns, saved_macs, saved_parameter_bytes; /* negative: it would be worse */
} ets_change;
/* Fills `out` with the best, at most `capacity`, the largest gain first; three a layer are enough for all. `*n`: how many these
 * are. Each change builds and plans the whole network anew (its layers are remembered): the square of the number of layers, some 0.2 us
 * times layers times changes: 2 ms of 50 convolutions, 13 of 200, 190 of 800. Thread-safe.
 * Errors: as ets_predict(), UNSUPPORTED for a network that cannot be stated anew as it is (kernels that are computed, sizes that
 * are known at run time only). Operators that no statement describes (strided slices, recurrent, custom ones) stay as they are. */
ETS_API ets_status ets_sensitivity(ets_predictor *p, const ets_model *model, ets_change *out, size_t capacity, size_t *n, ets_error *err);

/* The same for changes of the whole network: widths that are scaled until no parameter is streamed, if any is; widths rounded to
 * whole groups of cells, and to whole words; the next smaller resolution in steps of 32 pixels; a link twice as fast. Widths that are tied
 * to inputs and outputs stay; what does not run, or sends other operators to the host, is left out. At most ETS_MOST_NETWORK_CHANGES. */
#define ETS_MOST_NETWORK_CHANGES 8
ETS_API ets_status ets_network_changes(ets_predictor *p, const ets_model *model, ets_change *out, size_t capacity, size_t *n, ets_error *err);

/* Reports on one page, side by side: self-contained HTML (no network, text escaped), with what would help in each. */
typedef struct ets_page_part {
    const ets_report *report;
    const ets_change *changes;   /* of the same model on the same machine, largest gain first; NULL: not asked for */
    size_t n_changes;
} ets_page_part;
/* Writes `n` >= 1 parts; none is kept. Memory comes from the first report's allocator. Thread-safe.
 * Errors: ARGUMENT, IO if the writer stops, NOMEM. */
ETS_API ets_status ets_page_write(const ets_page_part *parts, size_t n, const ets_writer *to, ets_error *err);

/* Reward of a candidate for a multi-objective search:
 *
 *   accuracy x (latency / target) ^ w x (1 + onchip_bonus x share),   w = w_below if latency <= target, else w_above
 *
 * The first two factors are those of MnasNet (Tan et al., CVPR 2019, section 3): w_below = w_above = -0.07 is its soft
 * constraint (5 % more accuracy are worth twice the latency), 0 and -1 its hard one. EfficientNet-EdgeTPU was searched
 * with that framework, rewarding besides that parameters stay on the chip, by a formula that was not published; the third
 * factor is ours: `share` of the parameter bytes that are not streamed (1 without parameters). */
typedef struct ets_reward_options {
    size_t struct_size;
    uint64_t target_ns;
    double w_below, w_above;
    double onchip_bonus;         /* 0: plain MnasNet; 0.05: a model that stays on the chip may be 5 % less accurate */
} ets_reward_options;
#define ETS_REWARD_OPTIONS_INIT {sizeof(ets_reward_options), 1000000, -0.07, -0.07, 0}
/* 0 of a latency of 0: a network that failed in a batch, or of which nothing is timed; by the formula it would be the best of all. NaN if an
 * argument is NULL, the target 0, or the options are not from ETS_REWARD_OPTIONS_INIT. Pure. */
ETS_API double ets_reward(const ets_reward_options *options, double accuracy, const ets_summary *summary);

#ifdef __cplusplus
}
#endif
#endif
