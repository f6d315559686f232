/* cost.c - emit, run, add up. */
#include "predict/cost.h"

#include <string.h>

#include "predict/activity.h"
#include "predict/summarize.h"
#include "timing/host.h"

static bool uses_link_in(const struct eti_program *p, const struct eti_phase *phase)
{
    for (uint32_t i = phase->first; i < phase->first + phase->count; i++)
        if (p->commands[i].unit == ETI_LINK_IN) return true;
    return false;
}

static ets_status run(const struct eti_arch *arch, const struct eti_trial *trial, struct eti_cost *out, ets_error *err)
{
    const struct eti_program *program = trial->program;
    struct eti_timeline timeline;
    memset(out, 0, sizeof *out + program->n_tiles * sizeof out->steps[0]);
    ETI_TRY(eti_engine_run_in(trial->engine, program, &timeline, err));
    out->cycles = timeline.cycles - program->start_cycle;
    out->iwords = eti_program_iwords(program);
    out->link_lead_cycles = timeline.link_ahead_cycle;
    out->link_free_cycles = timeline.cycles - timeline.link_free_cycle;
    struct eti_activity activity = {0};
    for (size_t i = 0; i < program->n_phases; i++) {
        const struct eti_phase *phase = &program->phases[i];
        eti_add_split(&out->split, &timeline.phases[i].split);
        out->uses_link |= uses_link_in(program, phase);
        eti_add_steps(program, phase, out->steps);
        eti_add_activity(arch, program, phase, &activity);
    }
    out->dynamic_fj = eti_dynamic_energy_fj(arch, &activity);
    eti_timeline_free(&timeline);
    return ETS_OK;
}

static void empty(struct eti_program *program, uint64_t start_cycle)
{
    program->n_commands = program->n_phases = 0;
    program->start_cycle = start_cycle;
}

ets_status eti_cost_of_item(struct eti_local *local, enum eti_item item, struct eti_item_start start, const struct eti_trial *trial,
                            struct eti_cost *out, ets_error *err)
{
    empty(trial->program, start.link_free_cycles);
    ETI_TRY(eti_local_make(local, err));
    ETI_TRY(eti_emit_item(&local->l, item, 0, trial->program, err));
    if (start.host_permille != ETI_HOST_AS_ALWAYS) eti_patch_outputs(trial->program, start.host_permille);
    return run(local->l.arch, trial, out, err);
}

ets_status eti_cost_of_frame(const struct eti_layout *l, enum eti_item item, uint64_t instruction_bytes, const struct eti_trial *trial,
                             struct eti_cost *out, ets_error *err)
{
    empty(trial->program, ETI_LINK_LONG_FREE);
    ETI_TRY(eti_emit_item(l, item, -1, trial->program, err));
    eti_patch_instructions(trial->program, l->arch, instruction_bytes);
    return run(l->arch, trial, out, err);
}
