/* emit.c - commands and barriers on their way into the program. */
#include "schedule/emit.h"

#include "base/clock.h"

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
