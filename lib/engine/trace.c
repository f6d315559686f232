/* trace.c - see trace.h. */
#include "engine/trace.h"

#include <string.h>

#include "base/alloc.h"
#include "base/num.h"
#include "engine/run.h"

void eti_trace_init(struct eti_trace *t, const ets_allocator *mem)
{
    memset(t, 0, sizeof *t);
    t->mem = eti_allocator(mem);
}

void eti_trace_free(struct eti_trace *t)
{
    eti_free(&t->mem, t->slices, t->cap_slices, sizeof *t->slices);
    eti_free(&t->mem, t->phases, t->n_phases, sizeof *t->phases);
    t->slices = NULL;
    t->phases = NULL;
    t->n_slices = t->cap_slices = t->n_phases = 0;
}

/* How many of `count` turns of a loop are its first, a middle one, its last: an only turn is a first. */
static uint64_t turns_at(uint64_t count, int place)
{
    return place == 0 ? count > 0 : place == 1 ? (count > 2 ? count - 2 : 0) : count > 1;
}

static uint64_t nest_cycles(const struct eti_cost_nest *n)
{
    uint64_t sum = 0;
    for (int o = 0; o < 3; o++)
        for (int m = 0; m < 3; m++)
            for (int i = 0; i < 3; i++)
                sum += turns_at(n->count[2], o) * turns_at(n->count[1], m) * turns_at(n->count[0], i) * n->cycles[o][m][i];
    return sum;
}

uint64_t eti_command_cycles(const struct eti_program *p, const struct eti_command *c)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < c->n_nests; i++) sum += nest_cycles(&p->nests[c->nests[i]]);
    if (c->n_nests) return sum;
    if (c->meter_turns) return c->middle_cycles * c->meter_turns;
    return eti_over_turns(c, c->first_cycles, c->middle_cycles, c->last_cycles);
}

ets_status eti_trace_begin(struct run *r, ets_error *err)
{
    struct eti_trace *t = r->trace;
    t->phases = eti_alloc(&t->mem, r->program->n_phases, sizeof *t->phases);
    if (!t->phases && r->program->n_phases) return eti_nomem(err);
    t->n_phases = r->program->n_phases;
    return ETS_OK;
}

static ets_status add(struct eti_trace *t, const struct eti_slice *s, ets_error *err)
{
    void *array = t->slices;
    if (!eti_reserve(&t->mem, &array, &t->cap_slices, t->n_slices, sizeof *s)) return eti_nomem(err);
    t->slices = array;
    t->slices[t->n_slices++] = *s;
    return ETS_OK;
}

/* A phase's slices of one unit become the first of them. */
static void merge(struct run *r, struct eti_phase_trace *phase)
{
    struct eti_slice *s = r->trace->slices + phase->first;
    size_t kept = 0;
    for (size_t i = 0; i < phase->n; i++) {
        size_t k = 0;
        uint64_t busy = s[i].merged ? s[i].busy_cycles : s[i].busy_cycles * eti_count_bits(s[i].tiles);
        while (k < kept && r->program->commands[s[k].command].unit != r->program->commands[s[i].command].unit) k++;
        if (k == kept) {
            s[kept] = s[i];
            s[kept].busy_cycles = busy;
            s[kept++].merged = true;
            continue;
        }
        s[k].tiles |= s[i].tiles;
        s[k].tile = (uint32_t)__builtin_ctzll(s[k].tiles);
        s[k].begin_cycle = eti_min(s[k].begin_cycle, s[i].begin_cycle);
        s[k].end_cycle = eti_max(s[k].end_cycle, s[i].end_cycle);
        s[k].busy_cycles += busy;
    }
    r->trace->n_slices = phase->first + kept;
    phase->n = kept;
}

ets_status eti_trace_slice(struct run *r, const struct instance *in, uint64_t end, ets_error *err)
{
    uint64_t own = (uint64_t)1 << in->tile, group = r->groups.tiles[r->groups.of[in->tile]];
    struct eti_slice s = {in->index, in->tile, in->weight > 1 ? group : own, in->begun_cycle, end,
                          eti_command_cycles(r->program, in->command), false};
    return in->n_turns ? add(r->trace, &s, err) : ETS_OK;
}

ets_status eti_trace_copy(struct run *r, size_t phase, size_t like, ets_error *err)
{
    const struct eti_program *p = r->program;
    uint64_t later = r->timeline->phases[phase].start_cycle - r->timeline->phases[like].start_cycle;
    for (size_t i = 0; i < r->trace->phases[like].n; i++) {
        struct eti_slice s = r->trace->slices[r->trace->phases[like].first + i];
        s.command += p->phases[phase].first - p->phases[like].first;
        s.begin_cycle += later;
        s.end_cycle += later;
        ETI_TRY(add(r->trace, &s, err));
    }
    return ETS_OK;
}

void eti_trace_phase(struct run *r, size_t phase, const struct eti_unit_time then[ETI_UNITS])
{
    struct eti_phase_trace *t = &r->trace->phases[phase];
    const struct eti_phase_time *time = &r->timeline->phases[phase];
    t->first = phase ? r->trace->phases[phase - 1].first + r->trace->phases[phase - 1].n : 0;
    t->n = r->trace->n_slices - t->first;
    if (r->trace->n_slices > ETI_MOST_SLICES) merge(r, t);
    for (int u = 0; u < ETI_UNITS; u++) {
        struct eti_unit_time *to = &t->units[u];
        to->instances = u < ETI_TILE_UNITS ? r->program->n_tiles : 1;
        to->busy_cycles = r->timeline->units[u].busy_cycles - then[u].busy_cycles;
        to->stalled_cycles = r->timeline->units[u].stalled_cycles - then[u].stalled_cycles;
        uint64_t all = (time->end_cycle - time->start_cycle) * to->instances, used = to->busy_cycles + to->stalled_cycles;
        to->idle_cycles = all > used ? all - used : 0; /* a link that ran ahead was busy before the phase began */
    }
}
