/* cost.c - emit, run, add up. */
#include "predict/cost.h"

#include <string.h>

#include "engine/engine.h"

static void add_split(ets_split *to, const ets_split *s)
{
    to->compute_cycles += s->compute_cycles;
    to->psum_cycles += s->psum_cycles;
    to->weight_cycles += s->weight_cycles;
    to->halo_cycles += s->halo_cycles;
    to->link_cycles += s->link_cycles;
    to->move_cycles += s->move_cycles;
    to->sync_cycles += s->sync_cycles;
}

static void add_steps(const struct eti_program *p, uint64_t *steps)
{
    for (size_t i = 0; i < p->n_commands; i++) {
        if (p->commands[i].unit != ETI_OP) continue;
        for (uint64_t tiles = p->commands[i].tiles; tiles; tiles &= tiles - 1)
            steps[__builtin_ctzll(tiles)] += p->commands[i].steps;
    }
}

static ets_status run(struct eti_program *program, struct eti_cost *out, ets_error *err)
{
    struct eti_timeline timeline;
    memset(out, 0, sizeof *out + program->n_tiles * sizeof out->steps[0]);
    ETI_TRY(eti_engine_run(program, &program->mem, &timeline, err));
    out->cycles = timeline.cycles;
    out->iwords = eti_program_iwords(program);
    for (size_t i = 0; i < timeline.n_phases; i++) add_split(&out->split, &timeline.phases[i].split);
    add_steps(program, out->steps);
    eti_timeline_free(&timeline);
    return ETS_OK;
}

static void empty(struct eti_program *program)
{
    program->n_commands = program->n_phases = 0;
}

ets_status eti_cost_of_item(struct eti_local *local, enum eti_item item, struct eti_program *program, struct eti_cost *out,
                            ets_error *err)
{
    empty(program);
    ETI_TRY(eti_local_make(local, err));
    ETI_TRY(eti_emit_item(&local->l, item, 0, program, err));
    return run(program, out, err);
}

ets_status eti_cost_of_frame(const struct eti_layout *l, uint32_t n_parts, uint64_t iwords, struct eti_program *program,
                             struct eti_cost *out, ets_error *err)
{
    empty(program);
    for (uint32_t i = 0; i < n_parts; i++) {
        ETI_TRY(eti_emit_item(l, ETI_ITEM_BEGIN, -1, program, err));
        ETI_TRY(eti_emit_item(l, ETI_ITEM_END, -1, program, err));
    }
    eti_patch_instructions(program, l->arch, ETI_IWORD_BYTES * (iwords + eti_program_iwords(program)));
    return run(program, out, err);
}
