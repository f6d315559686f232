/* summarize.c - totals of an inference. */
#include "predict/summarize.h"

#include "base/clock.h"
#include "schedule/systolic.h"
#include "timing/area.h"
#include "timing/energy.h"

double eti_utilization(const struct eti_arch *a, uint64_t macs, uint64_t cycles)
{
    double peak = (double)eti_peak_macs_per_cycle(a);
    return cycles ? (double)macs / ((double)cycles * peak) : 0;
}

void eti_add_split(ets_split *to, const ets_split *s)
{
    to->compute_cycles += s->compute_cycles;
    to->psum_cycles += s->psum_cycles;
    to->weight_cycles += s->weight_cycles;
    to->halo_cycles += s->halo_cycles;
    to->link_cycles += s->link_cycles;
    to->move_cycles += s->move_cycles;
    to->sync_cycles += s->sync_cycles;
    to->memory_cycles += s->memory_cycles;
}

static void count_layers(const struct eti_schedule *s, ets_summary *m)
{
    const struct eti_graph *g = s->l.graph;
    m->n_layers = g->n_ops;
    m->complete = true;
    for (uint32_t i = 0; i < g->n_ops; i++) {
        bool here = s->layers[i].map.where == ETS_ON_TPU;
        m->macs += g->ops[i].macs;
        m->tpu_macs += here ? g->ops[i].macs : 0;
        m->n_tpu_layers += here;
        m->n_host_layers += !here;
        m->complete &= here || eti_host_op_is_known(s->l.arch, &g->ops[i]);
    }
}

static void count_transfers(const struct eti_schedule *s, ets_summary *m)
{
    for (uint32_t i = 0; i < s->l.graph->n_ops; i++) {
        m->dram_read_bytes += s->array[i].tiling.read_bytes;
        m->dram_write_bytes += s->array[i].tiling.write_bytes;
        m->parameter_bytes += s->array[i].work.weight_bytes;
    }
}

void eti_summarize(const struct eti_schedule *s, uint64_t dynamic_fj, ets_summary *m)
{
    const struct eti_arch *arch = s->l.arch;
    m->clock_hz = arch->clock_hz;
    m->latency_ns = eti_ns_of_cycles(m->cycles, m->clock_hz);
    m->onchip_parameter_bytes = s->cached_bytes;
    m->streamed_parameter_bytes = s->streamed_bytes;
    m->parameter_bytes = s->cached_bytes + s->streamed_bytes;
    m->parameter_capacity_bytes = s->capacity_bytes;
    m->narrow_peak_bytes_per_tile = s->narrow_peak_bytes;
    m->n_overfull_layers = s->n_overfull;
    m->instruction_bytes = s->instruction_bytes;
    m->input_bytes = s->input_bytes;
    m->output_bytes = s->output_bytes;
    m->link_in_bytes = s->instruction_bytes + s->input_bytes + s->sent_bytes;
    m->link_out_bytes = s->output_bytes;
    m->spilled_activation_bytes = s->spilled_bytes;
    m->n_subgraphs = s->n_subgraphs;
    m->compiler_estimate_cycles = s->estimate_cycles;
    m->quantized = s->l.graph->quantized;
    count_layers(s, m);
    if (s->array) count_transfers(s, m);
    m->utilization = eti_utilization(arch, m->tpu_macs, m->cycles - m->host_cycles);
    m->energy_nj = eti_energy_nj(arch, dynamic_fj, m->cycles);
}
