/* emit.c - building commands. */
#include "schedule/emit.h"

#include <assert.h>

#include "base/clock.h"

/* All up to the signals, member by member and without taking its address: so it is made where the caller wants it, not copied. */
struct eti_command eti_command(enum eti_unit unit, enum ets_bound cause, uint64_t tiles, uint32_t iwords)
{
    struct eti_command c;
    c.unit = (uint8_t)unit;
    c.cause = (uint8_t)cause;
    c.n_waits = c.n_signals = c.n_nests = 0;
    c.runs_ahead = false;
    c.iwords = iwords;
    c.inner = c.outer = 1;
    c.meter_turns = 0;
    for (int i = 0; i < ETI_MAX_NESTS; i++) c.nests[i] = 0;
    c.tiles = tiles;
    c.steps = c.bytes = 0;
    c.first_cycles = c.middle_cycles = c.last_cycles = 0;
    c.first_psum = c.middle_psum = c.last_psum = 0;
    return c;
}
_Static_assert(sizeof(void *) != 8 || offsetof(struct eti_command, signals) == 104, "eti_command() sets every member before them");

void eti_turns(struct eti_command *c, uint32_t inner, uint32_t outer, uint64_t cycles)
{
    c->inner = inner;
    c->outer = outer;
    c->first_cycles = c->middle_cycles = c->last_cycles = cycles;
}

void eti_wait_on(struct eti_command *c, enum eti_counter counter, enum eti_advance advance, int64_t level, uint32_t step,
                 uint64_t tiles)
{
    assert(c->n_waits < ETI_MAX_WAITS);
    struct eti_wait w = {level, 0, tiles, step, (uint8_t)counter, (uint8_t)advance};
    c->waits[c->n_waits++] = w;
}

void eti_wait(struct eti_command *c, enum eti_counter counter, enum eti_advance advance, int64_t level, uint32_t step)
{
    eti_wait_on(c, counter, advance, level, step, 0);
}

void eti_signal(struct eti_command *c, enum eti_counter counter, enum eti_advance advance, uint64_t tiles,
                uint64_t delay_cycles)
{
    assert(c->n_signals < ETI_MAX_SIGNALS);
    struct eti_signal s = {tiles, delay_cycles, (uint8_t)counter, (uint8_t)advance, false};
    c->signals[c->n_signals++] = s;
}

ets_status eti_emit(struct eti_emitter *e, const struct eti_command *c)
{
    if (!c->tiles || !c->inner || !c->outer) return ETS_OK;
    return eti_program_add(e->program, c, e->err);
}

ets_status eti_phase_signal(struct eti_emitter *e, int32_t owner)
{
    return eti_program_phase(e->program, owner, e->l.arch->scalar.fence_cycles, 3, e->err);
}

ets_status eti_phase_reset(struct eti_emitter *e, int32_t owner, uint32_t iwords)
{
    return eti_program_phase(e->program, owner, e->l.arch->scalar.fence_cycles, iwords, e->err);
}

uint64_t eti_packet_cycles(const struct eti_arch *arch)
{
    return eti_ceil_div(arch->ring.packet_bytes, arch->ring.bytes_per_cycle);
}

uint64_t eti_stream_bytes_per_s(const struct eti_arch *arch)
{
    return arch->link.in_bytes_per_s * arch->link.stream_percent / 100;
}

uint64_t eti_input_cycles(const struct eti_arch *arch, uint64_t bytes)
{
    return eti_cycles_of_bytes(bytes, arch->link.in_bytes_per_s * arch->link.input_percent / 100, arch->clock_hz);
}

uint64_t eti_stream_cycles(const struct eti_arch *arch, uint64_t bytes)
{
    return eti_cycles_of_bytes(bytes, eti_stream_bytes_per_s(arch), arch->clock_hz);
}
