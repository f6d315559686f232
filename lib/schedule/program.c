/* program.c - a growing list of phases and commands. */
#include "schedule/program.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

const char *eti_unit_name(enum eti_unit unit)
{
    static const char *const names[ETI_UNITS] = {
        "op", "ring producer", "ring consumer 0", "ring consumer 1", "narrow to wide", "wide to narrow",
        "mesh south", "mesh west", "mesh north", "mesh east", "infeed", "outfeed", "scalar core", "link in", "link out",
        "dram",
    };
    return names[unit];
}

void eti_program_init(struct eti_program *p, const ets_allocator *mem)
{
    struct eti_program empty = {0};
    empty.mem = eti_allocator(mem);
    *p = empty;
}

void eti_program_free(struct eti_program *p)
{
    eti_free(&p->mem, p->commands, p->cap_commands, sizeof *p->commands);
    eti_free(&p->mem, p->phases, p->cap_phases, sizeof *p->phases);
    eti_free(&p->mem, p->nests, p->cap_nests, sizeof *p->nests);
    p->commands = NULL;
    p->nests = NULL;
    p->phases = NULL;
    p->n_commands = p->n_phases = p->n_nests = p->cap_commands = p->cap_phases = p->cap_nests = 0;
}

ets_status eti_program_phase(struct eti_program *p, int32_t owner, uint64_t fence_cycles, uint32_t fence_iwords,
                             ets_error *err)
{
    void *array = p->phases;
    ETI_TRY(eti_spend(p->budget, 1, err));
    if (!eti_grow(&p->mem, &array, &p->cap_phases, p->n_phases, sizeof *p->phases)) return eti_nomem(err);
    p->phases = array;
    struct eti_phase phase = {owner, fence_cycles, fence_iwords, (uint32_t)p->n_commands, 0, (uint32_t)p->n_phases, 0};
    p->phases[p->n_phases++] = phase;
    return ETS_OK;
}

ets_status eti_program_add(struct eti_program *p, const struct eti_command *c, ets_error *err)
{
    struct eti_command *next = eti_program_next(p, err);
    if (!next) return ETS_NOMEM;
    memcpy(next, c, eti_command_bytes(c));
    return eti_program_keep(p, err);
}

ets_status eti_program_nest(struct eti_program *p, const struct eti_cost_nest *nest, uint32_t *out, ets_error *err)
{
    void *array = p->nests;
    if (p->n_nests >= UINT32_MAX || !eti_grow(&p->mem, &array, &p->cap_nests, p->n_nests, sizeof *nest)) return eti_nomem(err);
    p->nests = array;
    *out = (uint32_t)p->n_nests;
    p->nests[p->n_nests++] = *nest;
    return ETS_OK;
}

static int place_in_loop(uint64_t i, uint64_t count)
{
    return i == 0 ? 0 : i + 1 == count ? 2 : 1;
}

uint64_t eti_cost_nest_at(const struct eti_cost_nest *nest, uint64_t turn)
{
    if (turn < nest->shift) return 0;
    uint64_t i = turn - nest->shift, inner = i % nest->count[0], middle = i / nest->count[0] % nest->count[1];
    uint64_t outer = i / nest->count[0] / nest->count[1];
    if (outer >= nest->count[2]) return 0;
    return nest->cycles[place_in_loop(outer, nest->count[2])][place_in_loop(middle, nest->count[1])]
                       [place_in_loop(inner, nest->count[0])];
}

ets_status eti_program_repeat(struct eti_program *p, size_t phase, int32_t owner, ets_error *err)
{
    struct eti_phase again = p->phases[phase];
    ETI_TRY(eti_spend(p->budget, again.count, err));
    ETI_TRY(eti_program_phase(p, owner, again.fence_cycles, again.fence_iwords, err));
    p->phases[p->n_phases - 1] = again;
    p->phases[p->n_phases - 1].owner = owner;
    return ETS_OK;
}

uint64_t eti_program_iwords(const struct eti_program *p)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < p->n_phases; i++) sum += p->phases[i].fence_iwords + p->phases[i].iwords;
    return sum;
}
