/* plan.h - what the schedule decided about each operator, beside the program: where it runs, what its parameters take,
 * where they live, how many parts it is cut into. */
#ifndef ETI_SCHEDULE_PLAN_H
#define ETI_SCHEDULE_PLAN_H

#include "arch/arch.h"
#include "graph/graph.h"
#include "schedule/partition.h"
#include "timing/tile_grid.h"

/* What an operator reads of its first input and makes of its result along one axis, in one part of the map. */
struct eti_cut { struct eti_span in, out; };

struct eti_layer_plan {
    struct eti_mapping map;
    uint64_t parameter_bytes;  /* as the accelerator stores them; 0 on the host */
    bool streamed;             /* sent by the host at every inference */
    uint32_t pieces;           /* owner tiles that its cached parameters lie on */
    uint32_t passes;           /* parts that the map is cut into: bands of rows x strips of columns; 1 if everything fits */
    uint32_t n_strips;         /* if passes > 1: in each band; they run from the left, band by band */
    bool group_begins, group_ends; /* if passes > 1: first, last of the operators that run part by part together */
    bool input_in_bands;       /* the first of a group: the host sends its input a band at a time, with the rows that it reads */
    struct eti_cut *bands, *strips; /* if passes > 1: rows, columns */
    uint64_t narrow_bytes;     /* live in the busiest tile's narrow memory while it runs */
    bool folded;               /* takes no commands of its own: it is done by a neighbour, or moves nothing */
    uint32_t sent, fetched;    /* 1 + the first of the schedule's spills to leave behind it, to come back before it; 0: none */
    uint32_t cuts_room;        /* of `bands` and `strips` together, which are one block */
};

static inline uint32_t eti_n_bands(const struct eti_layer_plan *p) { return p->passes / p->n_strips; }
static inline const struct eti_cut *eti_rows_of_pass(const struct eti_layer_plan *p, uint32_t pass) { return &p->bands[pass / p->n_strips]; }
static inline const struct eti_cut *eti_cols_of_pass(const struct eti_layer_plan *p, uint32_t pass) { return &p->strips[pass % p->n_strips]; }

/* A tensor that the host keeps for a while; the next one of the same operator's list, as above. */
struct eti_spill { int32_t tensor; uint32_t next_sent, next_fetched; };

/* A shape as the accelerator sees it: the three innermost dimensions; missing ones are 1. */
struct eti_yxz { uint32_t y, x, z; };
static inline struct eti_yxz eti_yxz(const struct eti_shape *shape)
{
    uint32_t r = shape->rank;
    struct eti_yxz s = {r > 2 ? shape->dim[r - 3] : 1, r > 1 ? shape->dim[r - 2] : 1, r > 0 ? shape->dim[r - 1] : 1};
    return s;
}

/* view.c: marks the operators that take no commands: views (reshape, squeeze, expand_dims that keep height, width and
 * channels) and pads whose every reader is a window without padding of its own (done by the fills of its border). */
void eti_find_folded(const struct eti_graph *graph, struct eti_facts *const *facts, struct eti_layer_plan *layers);
bool eti_is_view(const struct eti_graph *graph, const struct eti_op *op);
/* A pad of height and width only: it may be folded if its readers allow it. */
bool eti_is_edge_pad(const struct eti_graph *graph, const struct eti_op *op);
/* The nth computed (not constant) input of an operator; -1 if there is none. */
int32_t eti_activation_input(const struct eti_op *op, const struct eti_graph *graph, uint32_t nth);
/* A resize to exactly twice the height and width: each output pixel stays on the tile of its input pixel. */
bool eti_doubles_size(const struct eti_graph *graph, const struct eti_op *op);
/* Of a recurrent layer: steps in time. */
uint32_t eti_time_steps(const struct eti_graph *graph, const struct eti_op *op);
/* A matrix-vector product: fully connected, or a convolution whose kernel covers its whole input. */
bool eti_is_matrix(const struct eti_graph *graph, const struct eti_op *op);
/* With tables in wide memory; else on the scalar core (release.h). */
bool eti_softmax_on_tiles(const struct eti_arch *arch, const struct eti_graph *graph, const struct eti_op *op);
/* Whether the map of a mean or global pool is gathered on one tile instead of a group of channels a tile (release.h). */
bool eti_reduces_on_one_tile(const struct eti_arch *arch, const struct eti_op *op);
struct eti_edges { uint32_t top, bottom, left, right; };
/* The tensor in memory that input `tensor` reads, behind what is folded; padding on the way is added to `pad`. */
int32_t eti_stored_tensor(const struct eti_graph *graph, const struct eti_layer_plan *layers, int32_t tensor,
                          struct eti_edges *pad);

#endif
