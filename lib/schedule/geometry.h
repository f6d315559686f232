/* geometry.h - how tensors lie over the tiles: blocks with their borders, windows, parts. */
#ifndef ETI_SCHEDULE_GEOMETRY_H
#define ETI_SCHEDULE_GEOMETRY_H

#include "schedule/facts.h"
#include "schedule/plan.h"
#include "timing/tile_grid.h"

/* A tensor in narrow memory: what each row and column of tiles owns, and holds with the border its reader needs.
 * A map of a single pixel is cut by output channel instead: `cells` channels a tile. */
struct eti_block {
    struct eti_yxz shape;
    uint32_t words;                /* ceil(z / lanes): of a pixel */
    bool by_channel;
    struct eti_halo_span rows[ETI_MAX_SIDE], cols[ETI_MAX_SIDE];
};
/* The window of an operator over its stored input. */
struct eti_window_of { struct eti_axis rows, cols; };

/* Is an input of a concatenation written in place, into the joint block? One of another scale is copied. */
static inline bool eti_is_joined(const struct eti_tensor *input, const struct eti_tensor *joint)
{
    return !input->constant && input->scale == joint->scale && input->zero_point == joint->zero_point;
}

/* What the emitters know besides graph and machine. */
struct eti_layout {
    const struct eti_arch *arch;
    const struct eti_graph *graph;
    const struct eti_layer_plan *layers;
    int32_t *window_user; /* a tensor: the first operator that slides a window over it; -1: none */
    bool any_folded;
    struct eti_known *known; /* facts of operators seen before; NULL: none are kept */
    struct eti_facts *const *facts; /* of the whole graph: each operator's */
    uint32_t traits;      /* that any of them has */
    struct eti_budget *budget; /* for planning; NULL: none */
};
/* Fills what follows from decisions about `layers`; arch, graph and facts are there. */
ets_status eti_layout_init(struct eti_layout *l, const struct eti_layer_plan *layers, struct eti_arena *arena, ets_error *err);

/* Operators that read a window of their input, larger than a pixel. A resize by two reads the neighbours. */
bool eti_slides(const struct eti_op *op);
/* Window of operator `op` (convolutions, pools, resize); kernel 1 for everything else. */
struct eti_window_of eti_window_of_op(const struct eti_layout *l, uint32_t op);
/* The inputs that outputs `out` of an axis read. */
struct eti_span eti_inputs_of(const struct eti_axis *axis, struct eti_span out);
/* The smallest span that holds both; one of none is left out. */
struct eti_span eti_span_join(struct eti_span a, struct eti_span b);
/* The window of operator `op` in part `pass`, and its result as it lies then (passes 1: the whole). */
struct eti_window_of eti_window_of_pass(const struct eti_layout *l, uint32_t op, uint32_t pass);
struct eti_block eti_block_of_pass(const struct eti_layout *l, uint32_t op, uint32_t pass);
/* How `tensor` lies, with the border that its first window reader needs. */
struct eti_block eti_block_of(const struct eti_layout *l, int32_t tensor);
struct eti_block eti_block_of_window(const struct eti_layout *l, int32_t tensor, const struct eti_window_of *w);

/* Pixels that tile `tile` owns; of a map cut by channel: 1 if it has any channel. */
uint64_t eti_pixels_of(const struct eti_layout *l, const struct eti_block *b, uint32_t tile);
uint64_t eti_most_pixels(const struct eti_layout *l, const struct eti_block *b);
/* Rows or columns that a span holds, fills included. */
static inline uint32_t eti_held(const struct eti_halo_span *s) { return s->fill_before + (s->hi - s->lo) + s->fill_after; }
/* Bytes of the largest tile's block, border included. */
uint64_t eti_block_bytes(const struct eti_layout *l, const struct eti_block *b);
/* The same of a map that nothing slides a window over. */
uint64_t eti_borderless_bytes(const struct eti_arch *arch, const struct eti_shape *shape);
/* The same for `tensor` of the whole graph as it lies in memory. */
uint64_t eti_stored_bytes(const struct eti_layout *l, int32_t tensor);
/* All tiles, as a mask; tiles that own something of `b`. */
uint64_t eti_all_tiles(const struct eti_arch *arch);
uint64_t eti_tiles_with(const struct eti_layout *l, const struct eti_block *b);

#endif
