/* report_explain.c - one layer in detail, for people and (schema edgetpu_sim.explain/1) for programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/json.h"
#include "report/explain.h"
#include "report/table.h"

typedef unsigned long long ull;

/* ------------------------------------------------------------------ for people --------------------------- */

enum { LABEL = 13, NAME = 26 };

struct sheet {
    const ets_explanation *e;
    const ets_layer *layer;
    struct eti_text *out;
    struct eti_style style;
    size_t width;
};

static void put_label(const struct sheet *s, const char *label, const char *text)
{
    char line[600];
    snprintf(line, sizeof line, "%-*s%s", LABEL, label, text);
    eti_put_wrapped(s->out, line, LABEL, s->width);
}

static void put_title(const struct sheet *s, const char *title)
{
    eti_text_printf(s->out, "\n%s%s%s\n", s->style.bold, title, s->style.off);
}

static double us(const struct sheet *s, uint64_t cycles) { return 1e6 * (double)cycles / (double)s->e->clock_hz; }
static double percent(uint64_t part, uint64_t all) { return all ? 100 * (double)part / (double)all : 0; }

static void put_head(const struct sheet *s)
{
    const ets_report *r = s->e->report;
    char in[96], out[96], macs[32], line[400];
    eti_dims_text(in, sizeof in, s->layer->input_dims, s->layer->input_rank);
    eti_dims_text(out, sizeof out, s->layer->output_dims, s->layer->output_rank);
    eti_scaled(macs, sizeof macs, (double)s->layer->macs);
    eti_text_printf(s->out, "%slayer %zu of %s on %s: %s%s\n\n", s->style.bold, s->e->layer, r->model, r->arch, s->layer->name, s->style.off);
    snprintf(line, sizeof line, "%s, %s to %s%s%s%s", s->layer->op, in[0] ? in : "?", out[0] ? out : "?", s->layer->macs ? ", " : "", s->layer->macs ? macs : "", s->layer->macs ? " MACs" : "");
    put_label(s, "operator", line);
    if (s->e->parameters) put_label(s, "parameters", s->e->parameters);
    if (s->e->narrow) put_label(s, "activations", s->e->narrow);
    if (s->e->wide) put_label(s, "works in", s->e->wide);
    if (!s->layer->timed) return;
    snprintf(line, sizeof line, "%.1f us (%llu cycles of %.4g MHz), %.1f %% of the inference%s", us(s, s->layer->cycles), (ull)s->layer->cycles,
             (double)s->e->clock_hz / 1e6, percent(s->layer->cycles, r->summary.cycles), r->summary.complete ? "" : " on the accelerator");
    put_label(s, "time", line);
    if (!s->layer->cycles || s->layer->where == ETS_ON_HOST) return;
    int n = snprintf(line, sizeof line, "%s", ets_bound_name(s->layer->bound_by));
    if (s->layer->macs) snprintf(line + n, sizeof line - (size_t)n, "; the array does %.1f %% of what it could", 100 * s->layer->utilization);
    put_label(s, "bound by", line);
}

/* ------------------------------------------------------------------ where the time goes ------------------ */

static void put_split(const struct sheet *s)
{
    static const char *const words[] = {"steps of the cells", "partial sums to and from wide memory", "waiting for parameters", "border exchange, gathers",
                                        "bytes from or to the host", "moving data inside the tiles", "barriers, issue of commands", "waiting for DRAM"};
    const ets_split *p = &s->layer->split;
    const uint64_t parts[] = {p->compute_cycles, p->psum_cycles, p->weight_cycles, p->halo_cycles, p->link_cycles, p->move_cycles, p->sync_cycles, p->memory_cycles};
    if (!s->layer->cycles || s->layer->where == ETS_ON_HOST) return;
    put_title(s, "where its time goes");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i]) continue;
        eti_text_printf(s->out, "  %-12s %10llu cycles %5.1f %%", ets_bound_name((ets_bound)(ETS_BOUND_COMPUTE + (int)i)), (ull)parts[i], percent(parts[i], s->layer->cycles));
        if (s->width >= 90) {
            eti_text_add(s->out, "  ");
            eti_cell_bar(s->out, (double)parts[i] / (double)s->layer->cycles, 16);
        }
        if (s->width >= 72) eti_text_printf(s->out, "  %s", i == 0 && s->e->report->array ? "the array at work" : words[i]);
        eti_text_add(s->out, "\n");
    }
}

static void put_spans(const struct sheet *s, const char *name, const struct eti_explain_span *spans, size_t n)
{
    char line[300];
    size_t used = (size_t)snprintf(line, sizeof line, "  %-10s", name);
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, " %u of %u%s", spans[i].n, spans[i].input_n, i + 1 < n ? "," : "");
    eti_put_wrapped(s->out, line, 12, s->width);
}

static void put_mapping(const struct sheet *s)
{
    if (!s->e->mapping) return;
    put_title(s, s->layer->where == ETS_ON_HOST ? "where it runs" : s->e->report->array ? "how it lies on the array" : "how it is split");
    eti_text_add(s->out, "  ");
    eti_put_wrapped(s->out, s->e->mapping, 2, s->width - 2);
    if (!s->e->n_rows) return;
    put_spans(s, "rows", s->e->rows, s->e->n_rows);
    put_spans(s, "columns", s->e->columns, s->e->n_columns);
    eti_text_printf(s->out, "  %s(made of those held of the input, borders included)%s\n", s->style.dim, s->style.off);
}

static void put_loops(const struct sheet *s)
{
    if (!s->e->n_loops) return;
    put_title(s, "in which order");
    for (size_t i = 0; i < s->e->n_loops; i++) {
        const struct eti_explain_loop *l = &s->e->loops[i];
        char line[500];
        int indent = 2 + 2 * (int)i;
        snprintf(line, sizeof line, "%*s%s: %llu%s%s", indent, "", l->over, (ull)l->count, l->note[0] ? "; " : "", l->note);
        eti_put_wrapped(s->out, line, (size_t)indent + 4, s->width);
    }
}

static void put_formulas(const struct sheet *s)
{
    if (!s->e->n_formulas) return;
    put_title(s, "how long that takes");
    for (size_t i = 0; i < s->e->n_formulas; i++) {
        const struct eti_explain_formula *f = &s->e->formulas[i];
        char line[600];
        snprintf(line, sizeof line, "  %-22s %s = %llu %s", f->what, f->numbers, (ull)f->value, f->unit);
        eti_put_wrapped(s->out, line, 25, s->width);
    }
}

static void put_units(const struct sheet *s)
{
    if (!s->e->n_units) return;
    put_title(s, "what each unit did (mean of those that have commands)");
    eti_text_printf(s->out, "  %-16s %6s %9s %10s %7s %7s %7s\n", "unit", "units", "turns", "bytes", "busy%", "waits%", "idle%");
    for (size_t i = 0; i < s->e->n_units; i++) {
        const struct eti_explain_unit *u = &s->e->units[i];
        uint64_t all = u->busy_cycles + u->waiting_cycles + u->idle_cycles;
        char bytes[32] = "-";
        if (u->bytes) eti_short_bytes(bytes, sizeof bytes, u->bytes);
        eti_text_printf(s->out, "  %-16s %6llu %9llu %10s %7.1f %7.1f %7.1f\n", u->name, (ull)u->instances, (ull)u->turns, bytes, percent(u->busy_cycles, all),
                        percent(u->waiting_cycles, all), percent(u->idle_cycles, all));
    }
}

/* ------------------------------------------------------------------ what else ---------------------------- */

/* What is saved of the whole inference or, of a layer alone, of the layer. */
static int64_t saved_cycles(const ets_explanation *e, const struct eti_explain_other *o)
{
    return o->alone ? (int64_t)(o->before_cycles - o->cycles) : (int64_t)(e->report->summary.cycles - o->total_cycles);
}

static void put_other(const struct sheet *s, const struct eti_explain_other *o)
{
    char line[500];
    double factor = o->before_cycles ? (double)o->cycles / (double)o->before_cycles : 0;
    snprintf(line, sizeof line, "  %9.1f %8.2f %+11.1f  %s", us(s, o->cycles), factor, -1e6 * (double)saved_cycles(s->e, o) / (double)s->e->clock_hz, o->what);
    eti_put_wrapped(s->out, line, 34, s->width);
}

static void put_others(const struct sheet *s)
{
    static const char *const titles[] = {"other shapes", "other machines", "other places for its parameters (the layer alone)"};
    for (int kind = ETI_EXPLAIN_NETWORK; kind <= ETI_EXPLAIN_PLACEMENT; kind++) {
        bool any = false;
        for (size_t i = 0; i < s->e->n_others; i++) {
            if ((int)s->e->others[i].kind != kind) continue;
            if (!any) {
                put_title(s, titles[kind]);
                eti_text_printf(s->out, "  %9s %8s %11s\n", "us", "x now", "whole, us");
            }
            any = true;
            put_other(s, &s->e->others[i]);
        }
    }
}

void eti_explain_table(const ets_explanation *e, const ets_format_options *o, struct eti_text *out)
{
    struct sheet s = {e, &e->report->layers[e->layer], out, eti_style_of(o), eti_width_of(o)};
    put_head(&s);
    put_mapping(&s);
    put_loops(&s);
    put_formulas(&s);
    put_split(&s);
    put_units(&s);
    put_others(&s);
}

/* ------------------------------------------------------------------ for programs ------------------------- */

static void json_text_or_null(struct eti_json *j, const char *key, const char *text)
{
    if (text) eti_json_text(j, key, text);
    else eti_json_null(j, key);
}

static void json_spans(struct eti_json *j, const char *key, const struct eti_explain_span *spans, size_t n)
{
    eti_json_begin(j, key, '[');
    for (size_t i = 0; i < n; i++) {
        eti_json_begin(j, NULL, '{');
        eti_json_u64(j, "first", spans[i].at);
        eti_json_u64(j, "count", spans[i].n);
        eti_json_u64(j, "input_first", spans[i].input_at);
        eti_json_u64(j, "input_count", spans[i].input_n);
        eti_json_end(j, '}');
    }
    eti_json_end(j, ']');
}

static void json_loops(struct eti_json *j, const ets_explanation *e)
{
    eti_json_begin(j, "loops", '[');
    for (size_t i = 0; i < e->n_loops; i++) {
        eti_json_begin(j, NULL, '{');
        eti_json_text(j, "over", e->loops[i].over);
        eti_json_u64(j, "count", e->loops[i].count);
        eti_json_text(j, "note", e->loops[i].note);
        eti_json_end(j, '}');
    }
    eti_json_end(j, ']');
    eti_json_begin(j, "formulas", '[');
    for (size_t i = 0; i < e->n_formulas; i++) {
        eti_json_begin(j, NULL, '{');
        eti_json_text(j, "of", e->formulas[i].what);
        eti_json_text(j, "numbers", e->formulas[i].numbers);
        eti_json_u64(j, "value", e->formulas[i].value);
        eti_json_text(j, "unit", e->formulas[i].unit);
        eti_json_end(j, '}');
    }
    eti_json_end(j, ']');
}

static void json_units(struct eti_json *j, const ets_explanation *e)
{
    eti_json_begin(j, "units", '[');
    for (size_t i = 0; i < e->n_units; i++) {
        const struct eti_explain_unit *u = &e->units[i];
        eti_json_begin(j, NULL, '{');
        eti_json_text(j, "unit", u->name);
        eti_json_u64(j, "instances", u->instances);
        eti_json_u64(j, "commands", u->commands);
        eti_json_u64(j, "turns", u->turns);
        eti_json_u64(j, "bytes", u->bytes);
        eti_json_u64(j, "busy_cycles", u->busy_cycles);
        eti_json_u64(j, "waiting_cycles", u->waiting_cycles);
        eti_json_u64(j, "idle_cycles", u->idle_cycles);
        eti_json_end(j, '}');
    }
    eti_json_end(j, ']');
}

static void json_others(struct eti_json *j, const ets_explanation *e)
{
    static const char *const kinds[] = {"network", "machine", "parameters"};
    eti_json_begin(j, "alternatives", '[');
    for (size_t i = 0; i < e->n_others; i++) {
        const struct eti_explain_other *o = &e->others[i];
        eti_json_begin(j, NULL, '{');
        eti_json_text(j, "kind", kinds[o->kind]);
        eti_json_text(j, "what", o->what);
        eti_json_u64(j, "before_cycles", o->before_cycles);
        eti_json_u64(j, "cycles", o->cycles);
        if (o->alone) eti_json_null(j, "total_cycles");
        else eti_json_u64(j, "total_cycles", o->total_cycles);
        eti_json_end(j, '}');
    }
    eti_json_end(j, ']');
}

void eti_explain_json(const ets_explanation *e, struct eti_text *out)
{
    struct eti_json j;
    eti_json_init(&j, out);
    eti_json_begin(&j, NULL, '{');
    eti_json_text(&j, "schema", "edgetpu_sim.explain/1");
    eti_json_text(&j, "model", e->report->model);
    eti_json_text(&j, "arch", e->report->arch);
    eti_json_u64(&j, "clock_hz", e->clock_hz);
    eti_json_u64(&j, "total_cycles", e->report->summary.cycles);
    eti_report_json_layer(&j, "layer", e->report, e->layer);
    json_text_or_null(&j, "parameters", e->parameters);
    json_text_or_null(&j, "activations", e->narrow);
    json_text_or_null(&j, "working", e->wide);
    json_text_or_null(&j, "mapping", e->mapping);
    json_spans(&j, "rows", e->rows, e->n_rows);
    json_spans(&j, "columns", e->columns, e->n_columns);
    json_loops(&j, e);
    json_units(&j, e);
    json_others(&j, e);
    eti_json_end(&j, '}');
}
