/* records.h - tiles grouped by equal keys: the commands (records) that differ. */
#ifndef ETI_SCHEDULE_RECORDS_H
#define ETI_SCHEDULE_RECORDS_H

#include "schedule/geometry.h"

#define ETI_KEY_WORDS 16
struct eti_records {
    uint32_t n;
    uint64_t tiles[ETI_MAX_TILES];                    /* of record i */
    uint32_t key[ETI_MAX_TILES + 1][ETI_KEY_WORDS];   /* the last: room for one that is looked for */
};
void eti_records_init(struct eti_records *r);
/* Adds `tiles` to the record of this key, a new one if there is none. */
void eti_records_add(struct eti_records *r, uint64_t tiles, const uint32_t key[ETI_KEY_WORDS]);
uint64_t eti_records_tiles(const struct eti_records *r);
/* The largest key[0]. */
uint32_t eti_records_most(const struct eti_records *r);

/* What a row or column of tiles has of its own that a command depends on. */
#define ETI_FACT_WORDS 8
struct eti_side { uint32_t n; uint32_t of[ETI_MAX_SIDE][ETI_FACT_WORDS]; };
/* The key of a tile, made of the facts of its row and its column and of nothing else that differs between tiles. False: it takes no part. */
typedef bool eti_key_of(const void *ctx, const uint32_t *row, const uint32_t *col, uint32_t key[ETI_KEY_WORDS]);
/* The records of a grid of these rows and columns, in the order of each one's first tile. A key is made once for tiles of like rows and
 * columns. */
void eti_records_of(struct eti_records *r, const struct eti_side *rows, const struct eti_side *cols, eti_key_of *key_of, const void *ctx);

/* A loop nest as (stride, count) levels, innermost first; levels of one turn vanish, contiguous ones merge. */
struct eti_nest { uint32_t n, level[8]; };
void eti_nest_level(struct eti_nest *nest, uint32_t stride, uint32_t count);
/* The records of an op that reads `in` through `w` and writes `out`: window offset, taps and positions as (stride, count)
 * with contiguous levels merged, output offset and pitch. key[0] is the tile's output pixels. */
void eti_op_records(const struct eti_layout *l, const struct eti_block *in, const struct eti_window_of *w,
                    const struct eti_block *out, struct eti_records *r);
/* The same of an op that goes pixel by pixel. Of a map that lies 64 channels a tile key[0] is 1, on each tile that holds some. */
void eti_pixel_records(const struct eti_layout *l, const struct eti_block *in, const struct eti_block *out, struct eti_records *r);

#endif
