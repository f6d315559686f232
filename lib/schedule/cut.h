/* cut.h - operators that run part by part as a group, and how their maps are cut so that each part fits narrow memory. */
#ifndef ETI_SCHEDULE_CUT_H
#define ETI_SCHEDULE_CUT_H

#include "schedule/place.h"

/* A group of operators, and what is decided about it. */
struct eti_group {
    const struct eti_layout *l;
    struct eti_schedule *s;
    const struct eti_life *lives;
    const uint64_t *live_bytes;  /* while each operator runs, as a whole */
    uint32_t first, last, bands, strips;
    int32_t in, result;          /* tensors */
    uint64_t beside_bytes, whole_bytes; /* lives from before the group to behind it; of the result at its place, if it stays */
    int64_t *change;             /* room for sums over `change_room` operators */
    uint32_t change_room;
};

/* The stored tensor that an operator reads first; does it read `tensor`? */
int32_t eti_stored_input(const struct eti_layout *l, uint32_t op);
bool eti_reads(const struct eti_layout *l, uint32_t op, int32_t tensor);
/* Cuts the maps of operators first .. last into the fewest parts that fit, if any do; what is decided stands in the layers' plans. */
ets_status eti_cut_group(struct eti_group *g, bool *made, ets_error *err);
/* As if it had not been cut. */
void eti_undo_cut(const struct eti_group *g);

#endif
