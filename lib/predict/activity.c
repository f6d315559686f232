/* activity.c - see activity.h. A step reads a narrow word and a wide row; partial sums go through wide memory; what the ring
 * brings is written to wide memory; all cores of a tile count as its busiest; what a mesh unit moves is read from one narrow memory and written to another. */
#include "predict/activity.h"

#include "base/num.h"
#include "timing/tile_grid.h"

static void add_op(const struct eti_arch *arch, const struct eti_command *c, uint64_t tiles, struct eti_activity *a)
{
    uint64_t turns = c->inner > 2 ? c->inner - 2 : 0;
    uint64_t psum_cycles = c->first_psum + (c->inner > 1 ? c->last_psum : 0) + turns * c->middle_psum;
    uint64_t cores = tiles * arch->tile.cores;
    a->steps += c->steps * cores;
    a->narrow_bytes += c->steps * cores * arch->tile.lanes;
    a->wide_bytes += c->steps * cores * arch->ring.packet_bytes;
    if (psum_cycles) a->wide_bytes += psum_cycles / eti_psum_row_cycles(arch) * c->outer * cores * eti_psum_row_bytes(arch);
}

void eti_add_activity(const struct eti_arch *arch, const struct eti_program *p, const struct eti_phase *phase, struct eti_activity *a)
{
    for (uint32_t i = phase->first; i < phase->first + phase->count; i++) {
        const struct eti_command *c = &p->commands[i];
        uint64_t tiles = eti_count_bits(c->tiles), bytes = c->bytes * tiles;
        switch (c->unit) {
        case ETI_OP: add_op(arch, c, tiles, a); break;
        case ETI_MESH_SOUTH: case ETI_MESH_WEST: case ETI_MESH_NORTH: case ETI_MESH_EAST: a->narrow_bytes += 2 * bytes; break;
        case ETI_NARROW_TO_WIDE: case ETI_WIDE_TO_NARROW:
            a->narrow_bytes += bytes;
            a->wide_bytes += bytes;
            break;
        case ETI_RING_PRODUCER: case ETI_INFEED:
            a->ring_bytes += bytes;
            a->wide_bytes += 2 * bytes;
            break;
        case ETI_LINK_IN: case ETI_LINK_OUT: a->link_bytes += bytes; break;
        case ETI_RING_CONSUMER_0: case ETI_RING_CONSUMER_1: case ETI_OUTFEED: case ETI_SCALAR: case ETI_DRAM: case ETI_UNITS:
            break; /* what they pass on is counted at the sender */
        }
    }
}

void eti_add_steps(const struct eti_program *p, const struct eti_phase *phase, uint64_t *steps)
{
    for (uint32_t i = phase->first; i < phase->first + phase->count; i++) {
        const struct eti_command *c = &p->commands[i];
        if (c->unit != ETI_OP) continue;
        for (uint64_t tiles = c->tiles; tiles; tiles &= tiles - 1) steps[__builtin_ctzll(tiles)] += c->steps;
    }
}
