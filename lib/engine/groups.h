/* groups.h - tiles that behave alike in a phase: one of each group is run for all of it. */
#ifndef ETI_ENGINE_GROUPS_H
#define ETI_ENGINE_GROUPS_H

#include "schedule/program.h"

#define ETI_GROUP_COMMANDS 128 /* in phases with more, every tile is a group */
#define ETI_GROUP_TILES 64

struct eti_groups {
    uint32_t n;
    uint64_t tiles[ETI_GROUP_TILES];      /* masks; together all tiles */
    uint32_t first[ETI_GROUP_TILES];      /* the lowest tile of each */
    uint32_t of[ETI_GROUP_TILES];         /* of a tile: its group */
    uint32_t size[ETI_GROUP_TILES];       /* tiles of each */
    bool whole;                           /* every tile is a group of its own */
    uint32_t alike[ETI_GROUP_COMMANDS];   /* of a command: the first one that does the same on other tiles */
    bool follows[ETI_GROUP_COMMANDS];     /* it does the same, but is quicker: followers.c */
    uint32_t n_follow;
};

static inline bool eti_is_mesh(enum eti_unit unit) { return unit >= ETI_MESH_SOUTH && unit <= ETI_MESH_EAST; }
static inline bool eti_is_from_mesh(enum eti_counter counter) { return counter >= ETI_FROM_NORTH && counter <= ETI_FROM_EAST; }
/* Units that are run tile by tile: ring producers work for others, mostly on a tile or two. */
static inline bool eti_is_apart(enum eti_unit unit) { return unit >= ETI_TILE_UNITS || unit == ETI_RING_PRODUCER || eti_is_mesh(unit); }

/* The same turns at the same cost, waits and signals, wherever and whenever. Nests are not compared. */
bool eti_same_work(const struct eti_command *a, const struct eti_command *b);
bool eti_same_but_for_cycles(const struct eti_command *a, const struct eti_command *b);
/* Looks at the first `n` commands of the phase: those behind, if any, are of the mesh and name no tiles. `issued[k]` is when command k is
 * issued. Units that are apart do not make tiles differ, unless they count or wait on their own. `may_follow`: ops that another one
 * outpaces do not, either. */
void eti_group_tiles(const struct eti_program *p, const struct eti_phase *phase, uint32_t n, const uint64_t *issued, bool may_follow,
                     struct eti_groups *g);
/* followers.c: is a command quicker than another one that otherwise does the same? */
bool eti_is_outpaced(const struct eti_command *c, const struct eti_command *by);

#endif
