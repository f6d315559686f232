/* layer.h - an operator as a person states it: what it works on and its numbers; weights, biases and other constants are
 * made to fit. Shared by the YAML reader and the public builder. */
#ifndef ETI_GRAPH_LAYER_H
#define ETI_GRAPH_LAYER_H

#include "graph/graph.h"

struct eti_layer {
    enum eti_op_type type;
    const char *name;
    const char *custom;              /* OPAQUE: the operator's own name */
    const int32_t *inputs;           /* computed tensors only */
    uint32_t n_inputs;
    struct eti_attributes at;        /* kernel, stride, dilation, padding, activation, axis, keep_dims, block */
    uint32_t out_channels;           /* convolutions, fully connected, lstm units */
    bool per_channel, no_bias;
    uint32_t n_values;               /* axes, target shape, size, permutation, paddings (before, after, ...), begin */
    int32_t values[2 * ETS_MAX_RANK];
    int32_t sizes[ETS_MAX_RANK];     /* slice: with begin in `values` */
    uint32_t n_outputs;              /* split: parts; others 1 */
    struct eti_shape out_shape;      /* OPAQUE */
    struct eti_shape constant;       /* BINARY: the second operand, if it is one; else rank 0 */
    struct eti_place place;
};

/* Adds the layer with all that it needs; `outputs` has room for n_outputs. On failure the builder is as it was. */
ets_status eti_graph_add_layer(struct eti_graph_builder *b, const struct eti_layer *layer, int32_t *outputs, ets_error *err);

#endif
