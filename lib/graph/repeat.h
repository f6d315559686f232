/* repeat.h - layers stated again: networks repeat theirs, and search loops state the same ones thousands of times. What a
 * layer became is kept and copied when the same statement is made about an input of the same shape and type. */
#ifndef ETI_GRAPH_REPEAT_H
#define ETI_GRAPH_REPEAT_H

#include "graph/layer.h"

#define ETI_REPEAT_INPUTS 2
#define ETI_REPEAT_TENSORS 4 /* added by the layer: constants and its result */
#define ETI_REPEAT_SLOTS 96
#define ETI_REPEAT_TRIES 4   /* slots that one may be in */

struct eti_repeat {
    bool used;
    struct eti_layer layer;                         /* without what differs: name, inputs, place */
    struct eti_tensor inputs[ETI_REPEAT_INPUTS];    /* the same */
    struct eti_op op;                               /* counted: MACs and digest are filled in */
    uint32_t n_tensors;
    struct eti_tensor tensors[ETI_REPEAT_TENSORS];  /* in the order in which they are added */
    int32_t links[2 * (ETI_REPEAT_INPUTS + ETI_REPEAT_TENSORS)]; /* of op, all its lists: tensor added at that place, or -1 - its
                                                                    number among the layer's inputs */
};
struct eti_repeats { struct eti_repeat slots[ETI_REPEAT_SLOTS]; };

/* Adds the layer as it was added before; false: it was not. `*output` is its result. */
ets_status eti_repeat_layer(struct eti_graph_builder *b, const struct eti_layer *layer, bool *done, int32_t *output, ets_error *err);
/* Keeps what was just added: the last operator, and the tensors from `first_tensor` on. */
ets_status eti_keep_layer(struct eti_graph_builder *b, const struct eti_layer *layer, uint32_t first_tensor, ets_error *err);

#endif
