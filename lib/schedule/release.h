/* release.h - what the vendor's compiler does differently from one release to the next: one table. */
#ifndef ETI_SCHEDULE_RELEASE_H
#define ETI_SCHEDULE_RELEASE_H

#include "arch/arch.h"

struct eti_release {
    uint32_t from;                /* the first release that does so */
    bool softmax_on_tiles;        /* of uint8 models; else it runs on the scalar core, as that of int8 ones always does */
    bool spreads_pools;           /* global pools: a group of 64 channels a tile; else all on one */
    bool spreads_means;           /* the same of a mean over the map */
    bool spreads_blocks;          /* rows of a matrix product go where there is room; else block 0 of each on tile 0, and so on */
    bool maps_transposes;         /* by the vendor's list of operators */
    bool copies_words;            /* its runtime: output pixels of a single word one by one, as those of several; else that takes no time */
    uint32_t core_softmax_iwords; /* what hands a row to the scalar core's softmax, a tile */
};
/* The row of `compiler.release`; never NULL. */
const struct eti_release *eti_release_of(const struct eti_arch *arch);

#endif
