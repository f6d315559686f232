/* laws.c - what holds of every report, whatever it is of. */
#include "fuzz/targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_broken(const char *law, const char *text)
{
    fprintf(stderr, "broken: %s: %s\n", law, text);
    abort();
}

static void hold(bool law, const char *name) { if (!law) fuzz_broken(name, "a report"); }

static uint64_t sum_of(const ets_split *s)
{
    return s->compute_cycles + s->psum_cycles + s->weight_cycles + s->halo_cycles + s->link_cycles + s->move_cycles +
           s->sync_cycles + s->memory_cycles;
}

void fuzz_check_report(const ets_report *r)
{
    const ets_summary *s = ets_report_summary(r);
    uint64_t cycles = 0, macs = 0, tpu_macs = 0, parameters = 0, streamed = 0, hosts = 0, host_cycles = 0;
    for (size_t i = 0; i < ets_report_layer_count(r); i++) {
        const ets_layer *l = ets_report_layer(r, i);
        bool on_host = l->where == ETS_ON_HOST;
        hold(sum_of(&l->split) == l->cycles, "the parts of a layer are its cycles");
        hold(!on_host || (!l->parameter_bytes && l->reason[0]), "a layer on the host has a reason and no parameters");
        if (on_host) host_cycles += l->cycles;
        if (!(l->utilization >= 0 && l->utilization <= 1)) fuzz_broken("utilization is a share", l->op);
        hold(l->start_cycle + l->cycles <= s->cycles, "a layer ends before the inference does");
        cycles += l->cycles;
        macs += l->macs;
        hosts += on_host;
        if (!on_host) tpu_macs += l->macs;
        parameters += l->parameter_bytes;
        if (l->parameters_streamed) streamed += l->parameter_bytes;
    }
    for (size_t i = 0; i < ets_report_phase_count(r); i++) cycles += ets_report_phase(r, i)->cycles;
    hold(cycles == s->cycles, "layers and phases add up to the inference");
    hold(macs == s->macs && tpu_macs == s->tpu_macs, "the MACs of the layers are those of the model");
    hold(parameters == s->parameter_bytes, "the parameters of the layers are those of the model");
    uint64_t placed = s->onchip_parameter_bytes + s->streamed_parameter_bytes; /* none on a machine with DRAM */
    hold(placed == s->parameter_bytes || !placed, "parameters are on the chip or streamed");
    hold(streamed >= s->streamed_parameter_bytes, "only layers that stream do");
    hold(hosts == s->n_host_layers && s->n_tpu_layers + hosts == s->n_layers, "each layer is somewhere");
    hold(s->complete || hosts, "incomplete: something runs on the host");
    hold(host_cycles == s->host_cycles, "layers on the host add up to host_cycles");
    hold(s->utilization >= 0 && s->utilization <= 1, "utilization is a share");
}

const ets_arch *fuzz_machine(const char *name)
{
    static struct { const char *name; ets_arch *arch; } loaded[16];
    char path[256];
    size_t i = 0;
    ets_error e;
    while (i < 15 && loaded[i].name && strcmp(loaded[i].name, name) != 0) i++;
    if (loaded[i].name) return loaded[i].arch;
    snprintf(path, sizeof path, "arch/%s.yaml", name);
    if (ets_arch_load(path, NULL, 0, NULL, &loaded[i].arch, &e) != ETS_OK) fuzz_broken("machines of the tree load", e.text);
    loaded[i].name = name;
    return loaded[i].arch;
}
