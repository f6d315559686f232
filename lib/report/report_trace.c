/* report_trace.c - the report as a file of the Trace Event Format, for chrome://tracing and ui.perfetto.dev: layers and phases
 * on a track that they fill without a gap, a process a unit with a track a group of tiles, one for the host, arrows, counters of
 * memory. Times are microseconds; `args` have them in cycles, exactly. */
#include <stdio.h>

#include "io/json.h"
#include "report/report.h"

enum { LAYERS = 1, FIRST_UNIT = 2 }; /* processes */

struct trace_file {
    const ets_report *r;
    struct eti_text *out;
    uint64_t flow;
};

static void put_us(struct trace_file *f, const char *key, uint64_t cycles)
{
    eti_text_printf(f->out, ",\"%s\":", key);
    eti_text_add_double(f->out, (double)cycles * 1e6 / (double)f->r->summary.clock_hz);
}

static void put_count(struct trace_file *f, const char *key, uint64_t value)
{
    eti_text_printf(f->out, ",\"%s\":%llu", key, (unsigned long long)value);
}

/* {"name":..,"ph":..,"pid":..,"tid":.. and no end yet. */
static void begin(struct trace_file *f, const char *name, char phase, uint32_t pid, uint32_t tid)
{
    eti_text_add(f->out, ",\n{\"name\":");
    eti_json_quoted(f->out, name);
    eti_text_printf(f->out, ",\"ph\":\"%c\",\"pid\":%u,\"tid\":%u", phase, pid, tid);
}

static void put_label(struct trace_file *f, const char *what, uint32_t pid, uint32_t tid, const char *text)
{
    begin(f, what, 'M', pid, tid);
    eti_text_add(f->out, ",\"args\":{\"name\":");
    eti_json_quoted(f->out, text);
    eti_text_add(f->out, "}}");
}

static void put_process(struct trace_file *f, uint32_t pid, const char *name)
{
    put_label(f, "process_name", pid, 0, name);
    begin(f, "process_sort_index", 'M', pid, 0);
    eti_text_printf(f->out, ",\"args\":{\"sort_index\":%u}}", pid);
}

/* ------------------------------------------------------------------ layers ------------------------------- */

static void put_split(struct trace_file *f, const ets_split *s)
{
    const struct { const char *key; uint64_t cycles; } parts[] = {
        {"compute_cycles", s->compute_cycles}, {"psum_cycles", s->psum_cycles}, {"weight_cycles", s->weight_cycles},
        {"halo_cycles", s->halo_cycles}, {"link_cycles", s->link_cycles}, {"move_cycles", s->move_cycles},
        {"sync_cycles", s->sync_cycles}, {"memory_cycles", s->memory_cycles},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].cycles) put_count(f, parts[i].key, parts[i].cycles);
}

static void put_span(struct trace_file *f, const char *category, uint64_t start, uint64_t cycles)
{
    eti_text_printf(f->out, ",\"cat\":\"%s\"", category);
    put_us(f, "ts", start);
    put_us(f, "dur", cycles);
    eti_text_printf(f->out, ",\"args\":{\"start_cycle\":%llu,\"cycles\":%llu", (unsigned long long)start, (unsigned long long)cycles);
}

static void put_layer(struct trace_file *f, size_t i)
{
    const ets_layer *l = &f->r->layers[i];
    begin(f, l->name, 'X', LAYERS, 1);
    put_span(f, "layer", l->start_cycle, l->cycles);
    put_count(f, "layer", i);
    eti_text_add(f->out, ",\"op\":");
    eti_json_quoted(f->out, l->op);
    eti_text_printf(f->out, ",\"bound_by\":\"%s\"", ets_bound_name(l->bound_by));
    put_count(f, "macs", l->macs);
    put_count(f, "parameter_bytes", l->parameter_bytes);
    put_split(f, &l->split);
    eti_text_add(f->out, "}}");
}

static void put_phase(struct trace_file *f, const ets_phase *p)
{
    begin(f, p->name, 'X', LAYERS, 1);
    put_span(f, "phase", p->start_cycle, p->cycles);
    put_count(f, "bytes", p->bytes);
    eti_text_add(f->out, "}}");
}

/* ------------------------------------------------------------------ counters ----------------------------- */

static void put_counter(struct trace_file *f, const char *name, uint64_t at, const char *series, uint64_t value)
{
    begin(f, name, 'C', LAYERS, 0);
    put_us(f, "ts", at);
    eti_text_printf(f->out, ",\"args\":{\"%s\":%llu}}", series, (unsigned long long)value);
}

static void put_memory(struct trace_file *f, uint64_t at, const ets_layer *l, const ets_array_layer *a)
{
    if (!a) {
        put_counter(f, "narrow memory in use", at, "bytes a tile", l ? l->narrow_bytes_per_tile : 0);
        return;
    }
    put_counter(f, "DRAM read", at, "bytes of the layer", l ? a->dram_read_bytes : 0);
    put_counter(f, "DRAM written", at, "bytes of the layer", l ? a->dram_write_bytes : 0);
}

static void put_cache(struct trace_file *f, uint64_t at)
{
    const ets_summary *s = &f->r->summary;
    if (f->r->array) return;
    put_counter(f, "cached parameters", at, "bytes", s->onchip_parameter_bytes);
    put_counter(f, "room for parameters", at, "bytes", s->parameter_capacity_bytes - s->onchip_parameter_bytes);
}

/* Layers, phases and counters in the order of time. */
static void put_timeline(struct trace_file *f)
{
    const ets_report *r = f->r;
    size_t p = 0;
    put_cache(f, 0);
    for (size_t i = 0; i < r->n_layers; i++) {
        const ets_layer *l = &r->layers[i];
        if (!l->cycles) continue;
        for (; eti_phase_is_before(r, p, l); p++) put_phase(f, &r->phases[p]);
        put_memory(f, l->start_cycle, l, r->array ? &r->array[i] : NULL);
        put_layer(f, i);
    }
    for (; p < r->n_phases; p++) put_phase(f, &r->phases[p]);
    put_memory(f, r->summary.cycles, NULL, r->array);
    put_cache(f, r->summary.cycles);
}

/* ------------------------------------------------------------------ units -------------------------------- */

/* "0-3, 8": which tiles of a mask. */
static void put_tiles(struct eti_text *out, uint64_t tiles)
{
    const char *comma = "";
    for (uint32_t i = 0; i < 64; i++) {
        if (!(tiles >> i & 1)) continue;
        uint32_t last = i;
        while (last < 63 && tiles >> (last + 1) & 1) last++;
        eti_text_printf(out, last > i ? "%s%u-%u" : "%s%u", comma, i, last);
        comma = ", ";
        i = last;
    }
}

static uint32_t pid_of(const struct eti_trace_slice *s) { return FIRST_UNIT + s->unit; }
static uint32_t tid_of(const struct eti_trace_slice *s) { return s->tile + 1; }

static void put_slice(struct trace_file *f, const struct eti_trace_slice *s)
{
    begin(f, s->name, 'X', pid_of(s), tid_of(s));
    put_span(f, s->cause == ETS_BOUND_NONE ? "host" : ets_bound_name(s->cause), s->begin, s->end - s->begin);
    put_count(f, "busy_cycles", s->busy);
    if (s->turns) put_count(f, "turns", s->turns);
    if (s->bytes) put_count(f, "bytes", s->bytes);
    if (s->layer >= 0) put_count(f, "layer", (uint64_t)s->layer);
    if (s->merged) eti_text_add(f->out, ",\"merged\":true");
    eti_text_add(f->out, ",\"tiles\":\"");
    put_tiles(f->out, s->tiles);
    eti_text_add(f->out, "\"}}");
}

/* Names of the tracks that have slices. */
static void name_tracks(struct trace_file *f)
{
    uint64_t tracks[ETI_REPORT_UNITS] = {0};
    const struct eti_report_trace *t = f->r->trace;
    for (size_t i = 0; i < t->n_slices; i++) tracks[t->slices[i].unit] |= (uint64_t)1 << t->slices[i].tile;
    for (uint32_t u = 0; u < ETI_REPORT_UNITS; u++) {
        if (!tracks[u]) continue;
        put_process(f, FIRST_UNIT + u, t->units[u]);
        for (uint32_t tile = 0; tile < 64; tile++) {
            char name[64] = "all of it";
            if (!(tracks[u] >> tile & 1)) continue;
            if (u < t->first_single && f->r->n_tiles > 1) snprintf(name, sizeof name, "tile %u and those alike", tile);
            put_label(f, "thread_name", FIRST_UNIT + u, tile + 1, name);
        }
    }
}

/* ------------------------------------------------------------------ arrows ------------------------------- */

static void put_end(struct trace_file *f, const char *name, bool start, uint32_t pid, uint32_t tid, uint64_t at)
{
    begin(f, name, start ? 's' : 'f', pid, tid);
    eti_text_printf(f->out, ",\"cat\":\"flow\",\"id\":%llu%s", (unsigned long long)f->flow, start ? "" : ",\"bp\":\"e\"");
    put_us(f, "ts", at);
    eti_text_add(f->out, "}");
}

/* Each end lies inside its slice: a slice does not hold its own end. */
static void put_arrows(struct trace_file *f)
{
    const struct eti_report_trace *t = f->r->trace;
    for (size_t i = 0; i < t->n_edges; i++, f->flow++) {
        const ets_layer *from = &f->r->layers[t->edges[i].from], *to = &f->r->layers[t->edges[i].to];
        put_end(f, "tensor", true, LAYERS, 1, from->start_cycle + from->cycles / 2);
        put_end(f, "tensor", false, LAYERS, 1, to->start_cycle);
    }
    for (size_t i = 0; i < t->n_arrows; i++, f->flow++) {
        const struct eti_trace_slice *from = &t->slices[t->arrows[i].from], *to = &t->slices[t->arrows[i].to];
        uint64_t at = from->end - 1 < to->begin ? from->end - 1 : to->begin;
        put_end(f, "hands over", true, pid_of(from), tid_of(from), at);
        put_end(f, "hands over", false, pid_of(to), tid_of(to), to->begin);
    }
}

void eti_report_trace(const ets_report *r, struct eti_text *out)
{
    struct trace_file f = {r, out, 1};
    eti_text_add(out, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"schema\":\"edgetpu_sim.trace/1\",\"model\":");
    eti_json_quoted(out, r->model);
    eti_text_add(out, ",\"arch\":");
    eti_json_quoted(out, r->arch);
    put_count(&f, "cycles", r->summary.cycles);
    put_count(&f, "clock_hz", r->summary.clock_hz);
    put_count(&f, "host_layers", r->summary.n_host_layers);
    eti_text_add(out, "},\"traceEvents\":[\n{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,\"tid\":0,\"args\":{\"name\":\"inference\"}}");
    put_label(&f, "thread_name", LAYERS, 1, "layers");
    name_tracks(&f);
    put_timeline(&f);
    for (size_t i = 0; i < r->trace->n_slices; i++) put_slice(&f, &r->trace->slices[i]);
    put_arrows(&f);
    eti_text_add(out, "\n]}\n");
}
