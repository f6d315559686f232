/* restate.h - a finished graph as the statements that make it, some of them changed: what a network would be with other
 * widths or kernels. */
#ifndef ETI_GRAPH_RESTATE_H
#define ETI_GRAPH_RESTATE_H

#include "graph/layer.h"

/* Operators whose widths are one number: through sums, depthwise convolutions, pools and the like, what one makes is as
 * wide as what the others make. width[i] is the group of operator i (its lowest operator), or UINT32_MAX where it cannot
 * be chosen: it is tied to an input or output of the model, to what a class is chosen from, to anchors that are dealt out, or to what
 * an operator is given that is kept as it is; or it has no width of its own. */
ets_status eti_width_groups(const struct eti_graph *g, uint32_t *width, ets_error *err);

struct eti_change {
    const uint32_t *group_of; /* of eti_width_groups(); NULL: no width changes */
    uint32_t group, channels; /* operators of this group make so many channels */
    uint32_t op, kernel;      /* kernel 0: none changes; else this operator's windows are kernel x kernel */
    uint32_t fused;           /* 0: none; else this depthwise convolution and the 1x1 convolution that makes its input, for which
                                 eti_fusible() holds, become one regular convolution */
    uint32_t separated;       /* 0: none; else this operator + 1, for which eti_separable() holds, becomes a depthwise convolution with its
                                 window and a 1x1 one, both of its name */
    const uint32_t *widths;   /* NULL: none; else operator i makes widths[i] channels, 0: as many as it does */
    uint32_t in_height, in_width; /* 0: as they are; else of every input that is a map; a pool over its whole input stays one */
};
/* Is operator `op` a depthwise convolution, an output a channel, whose input a 1x1 convolution makes for it alone? Then `*expand`
 * is that one. */
bool eti_fusible(const struct eti_graph *g, uint32_t op, uint32_t *expand);
/* Is operator `op` a regular convolution with a window of more than a pixel? */
bool eti_separable(const struct eti_graph *g, uint32_t op);
/* Adds all of `g`, changed, to an empty builder. Errors: SCHEMA, RANGE if the changed network has no shapes; UNSUPPORTED if an
 * operator that no statement describes (LSTM, strided_slice) would be given another size: such ones, and custom ones, are kept as they
 * are. `map` is scratch, an entry a tensor. */
ets_status eti_restate(const struct eti_graph *g, const struct eti_change *change, int32_t *map, struct eti_graph_builder *to,
                       ets_error *err);
/* Output channels of a weighted operator; 0 of others. */
uint32_t eti_channels_of(const struct eti_graph *g, const struct eti_op *op);

#endif
