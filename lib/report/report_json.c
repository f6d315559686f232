/* report_json.c - the report for machines: schema edgetpu_sim.report/1, described in docs/FORMATS.md. */
#include "io/json.h"
#include "report/report.h"

static void put_summary(struct eti_json *j, const ets_report *r)
{
    const ets_summary *s = &r->summary;
    eti_json_begin(j, "summary", '{');
    eti_json_u64(j, "cycles", s->cycles);
    eti_json_double(j, "latency_ms", (double)s->latency_ns / 1e6);
    eti_json_u64(j, "clock_hz", s->clock_hz);
    eti_json_u64(j, "macs", s->macs);
    eti_json_u64(j, "parameter_bytes", s->parameter_bytes);
    eti_json_u64(j, "onchip_parameter_bytes", s->onchip_parameter_bytes);
    eti_json_u64(j, "streamed_parameter_bytes", s->streamed_parameter_bytes);
    eti_json_u64(j, "narrow_peak_bytes_per_tile", s->narrow_peak_bytes_per_tile);
    eti_json_u64(j, "overfull_layers", s->n_overfull_layers);
    eti_json_u64(j, "link_in_bytes", s->link_in_bytes);
    eti_json_u64(j, "link_out_bytes", s->link_out_bytes);
    eti_json_double(j, "utilization", s->utilization);
    eti_json_u64(j, "chip_cycles", s->chip_cycles);
    eti_json_u64(j, "tpu_macs", s->tpu_macs);
    eti_json_u64(j, "parameter_capacity_bytes", s->parameter_capacity_bytes);
    eti_json_u64(j, "instruction_bytes", s->instruction_bytes);
    eti_json_u64(j, "input_bytes", s->input_bytes);
    eti_json_u64(j, "output_bytes", s->output_bytes);
    eti_json_u64(j, "steps_busiest_tile", s->steps_busiest_tile);
    eti_json_u64(j, "steps_all_tiles", s->steps_all_tiles);
    eti_json_double(j, "energy_mj", (double)s->energy_nj / 1e6);
    eti_json_u64(j, "layers", s->n_layers);
    eti_json_u64(j, "tpu_layers", s->n_tpu_layers);
    eti_json_u64(j, "host_layers", s->n_host_layers);
    eti_json_u64(j, "subgraphs", s->n_subgraphs);
    eti_json_u64(j, "feed_bytes_per_s", r->feed_bytes_per_s);
    eti_json_u64(j, "dram_read_bytes", s->dram_read_bytes);
    eti_json_u64(j, "dram_write_bytes", s->dram_write_bytes);
    eti_json_u64(j, "spilled_activation_bytes", s->spilled_activation_bytes);
    eti_json_bool(j, "complete", s->complete);
    eti_json_bool(j, "quantized", s->quantized);
    eti_json_u64(j, "compiler_estimate_cycles", s->compiler_estimate_cycles);
    eti_json_u64(j, "host_cycles", s->host_cycles);
    eti_json_end(j, '}');
}

static void put_phases(struct eti_json *j, const ets_report *r)
{
    eti_json_begin(j, "phases", '[');
    for (size_t i = 0; i < r->n_phases; i++) {
        eti_json_begin(j, NULL, '{');
        eti_json_text(j, "name", r->phases[i].name);
        eti_json_u64(j, "start_cycle", r->phases[i].start_cycle);
        eti_json_u64(j, "cycles", r->phases[i].cycles);
        eti_json_u64(j, "bytes", r->phases[i].bytes);
        eti_json_end(j, '}');
    }
    eti_json_end(j, ']');
}

/* What is not known of an operator on the host is null, never zero: how it spends its time, and where the machine does not say how fast
 * its host is, or nobody knows the operator, the time. */
static void put_times(struct eti_json *j, const ets_layer *l)
{
    static const char *const keys[] = {"start_cycle", "cycles", "latency_us", "utilization", "bound_by", "energy_uj", "split"};
    size_t next = 0;
    if (l->timed) {
        eti_json_u64(j, keys[next++], l->start_cycle);
        eti_json_u64(j, keys[next++], l->cycles);
        eti_json_double(j, keys[next++], (double)l->latency_ns / 1e3);
    }
    if (l->where == ETS_ON_HOST) {
        for (; next < sizeof keys / sizeof *keys; next++) eti_json_null(j, keys[next]);
        return;
    }
    eti_json_double(j, "utilization", l->utilization);
    eti_json_text(j, "bound_by", ets_bound_name(l->bound_by));
    eti_json_double(j, "energy_uj", (double)l->energy_nj / 1e3);
    eti_json_begin(j, "split", '{');
    eti_json_u64(j, "compute_cycles", l->split.compute_cycles);
    eti_json_u64(j, "psum_cycles", l->split.psum_cycles);
    eti_json_u64(j, "weight_cycles", l->split.weight_cycles);
    eti_json_u64(j, "halo_cycles", l->split.halo_cycles);
    eti_json_u64(j, "link_cycles", l->split.link_cycles);
    eti_json_u64(j, "move_cycles", l->split.move_cycles);
    eti_json_u64(j, "sync_cycles", l->split.sync_cycles);
    eti_json_u64(j, "memory_cycles", l->split.memory_cycles);
    eti_json_end(j, '}');
}

/* How a systolic array runs it; null elsewhere. */
static void put_array(struct eti_json *j, const ets_array_layer *a)
{
    eti_json_begin(j, "array", '{');
    eti_json_text(j, "dataflow", a->dataflow);
    eti_json_u64(j, "pixels", a->pixels);
    eti_json_u64(j, "depth", a->depth);
    eti_json_u64(j, "outputs", a->outputs);
    eti_json_u64(j, "groups", a->groups);
    eti_json_u64(j, "folds", a->folds);
    eti_json_u64(j, "parts", a->parts);
    eti_json_u64(j, "part_pixels", a->part_pixels);
    eti_json_u64(j, "part_channels", a->part_channels);
    eti_json_u64(j, "part_outputs", a->part_outputs);
    eti_json_u64(j, "array_cycles", a->array_cycles);
    eti_json_double(j, "mapping_efficiency", a->mapping_efficiency);
    eti_json_u64(j, "dram_read_bytes", a->dram_read_bytes);
    eti_json_u64(j, "dram_write_bytes", a->dram_write_bytes);
    eti_json_u64(j, "input_sram_bytes", a->input_sram_bytes);
    eti_json_u64(j, "weight_sram_bytes", a->weight_sram_bytes);
    eti_json_u64(j, "output_sram_bytes", a->output_sram_bytes);
    eti_json_end(j, '}');
}

void eti_report_json_layer(struct eti_json *j, const char *key, const ets_report *r, size_t index)
{
    const ets_layer *l = &r->layers[index];
    eti_json_begin(j, key, '{');
    eti_json_u64(j, "index", index);
    eti_json_text(j, "name", l->name);
    eti_json_text(j, "op", l->op);
    eti_json_text(j, "where", l->where == ETS_ON_TPU ? "tpu" : "host");
    if (l->reason[0]) eti_json_text(j, "reason", l->reason);
    else eti_json_null(j, "reason");
    size_t first = r->links ? r->first_link[index] : 0, n_links = r->links ? r->first_link[index + 1] - first : 0;
    eti_json_u32_array(j, "inputs", n_links ? r->links + first : NULL, n_links);
    eti_json_u32_array(j, "input_shape", l->input_dims, l->input_rank);
    eti_json_u32_array(j, "output_shape", l->output_dims, l->output_rank);
    eti_json_u64(j, "macs", l->macs);
    eti_json_u64(j, "parameter_bytes", l->parameter_bytes);
    eti_json_bool(j, "parameters_streamed", l->parameters_streamed);
    eti_json_u64(j, "narrow_bytes_per_tile", l->narrow_bytes_per_tile);
    eti_json_u64(j, "wide_bytes_per_tile", l->wide_bytes_per_tile);
    eti_json_bool(j, "overfull", l->overfull);
    eti_json_u64(j, "passes", l->passes);
    eti_json_u64(j, "steps_busiest_tile", l->steps_busiest_tile);
    eti_json_u64(j, "steps_all_tiles", l->steps_all_tiles);
    put_times(j, l);
    if (r->array && l->where == ETS_ON_TPU) put_array(j, &r->array[index]);
    eti_json_end(j, '}');
}

void eti_report_json_body(struct eti_json *j, const ets_report *r)
{
    eti_json_text(j, "schema", "edgetpu_sim.report/1");
    eti_json_text(j, "model", r->model);
    eti_json_text(j, "arch", r->arch);
    put_summary(j, r);
    put_phases(j, r);
    eti_json_begin(j, "layers", '[');
    for (size_t i = 0; i < r->n_layers; i++) eti_report_json_layer(j, NULL, r, i);
    eti_json_end(j, ']');
}

void eti_report_json(const ets_report *r, struct eti_text *out)
{
    struct eti_json j;
    eti_json_init(&j, out);
    eti_json_begin(&j, NULL, '{');
    eti_report_json_body(&j, r);
    eti_json_end(&j, '}');
}
