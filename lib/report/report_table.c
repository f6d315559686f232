/* report_table.c - the report for people: where the time of an inference goes, in the order of execution, heavy layers
 * at a glance; then the totals. Rows add up to the total. */
#include <stdio.h>
#include <string.h>

#include "report/report.h"

#define BAR 8
enum { NAME_LEAST = 12, PARAMETERS = 6 };

struct style { const char *bold, *dim, *hot, *off; };

static struct style style_of(const ets_format_options *o)
{
    struct style plain = {"", "", "", ""}, color = {"\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"};
    return o->color ? color : plain;
}

/* 0.8K, 12.3M: four figures at the most. */
static void scaled(char *to, size_t room, double value)
{
    static const char *const units[] = {"", "k", "M", "G", "T", "P"};
    size_t u = 0;
    while (value >= 999.5 && u < 5) { value /= 1000; u++; }
    snprintf(to, room, value >= 100 || !u ? "%.0f%s" : value >= 10 ? "%.1f%s" : "%.2f%s", value, units[u]);
}

/* In a column: 640, 1.2K, 553K, 8.04M; K and M are 1024-fold. */
static void short_bytes(char *to, size_t room, uint64_t bytes)
{
    double k = (double)bytes / 1024, m = k / 1024;
    if (bytes < 1024) snprintf(to, room, "%llu", (unsigned long long)bytes);
    else if (k < 1023.5) snprintf(to, room, k < 9.95 ? "%.1fK" : "%.0fK", k);
    else snprintf(to, room, m < 9.995 ? "%.2fM" : "%.1fM", m);
}

static void bytes_text(char *to, size_t room, uint64_t bytes)
{
    if (bytes < 1024) snprintf(to, room, "%llu B", (unsigned long long)bytes);
    else if (bytes < 1024 * 1024) snprintf(to, room, "%.1f KiB", (double)bytes / 1024);
    else snprintf(to, room, "%.2f MiB", (double)bytes / (1024 * 1024));
}

/* Eighths of a block. */
static void put_bar(struct eti_text *out, double share_of_heaviest)
{
    static const char *const eighths[] = {"", "\xe2\x96\x8f", "\xe2\x96\x8e", "\xe2\x96\x8d", "\xe2\x96\x8c",
                                          "\xe2\x96\x8b", "\xe2\x96\x8a", "\xe2\x96\x89"};
    unsigned n = (unsigned)(share_of_heaviest * BAR * 8 + 0.5), used = 0;
    for (; n >= 8 && used < BAR; n -= 8, used++) eti_text_add(out, "\xe2\x96\x88");
    if (n && used < BAR) { eti_text_add(out, eighths[n % 8]); used++; }
    eti_text_printf(out, "%*s", (int)(BAR - used), "");
}

struct table {
    const ets_report *r;
    struct eti_text *out;
    struct style s;
    size_t width, name;
    double heaviest, total;
};

static void put_time(struct table *t, uint64_t cycles)
{
    double us = (double)cycles * 1e6 / (double)t->r->summary.clock_hz;
    eti_text_printf(t->out, "%9.1f %5.1f ", us, t->total > 0 ? 100 * (double)cycles / t->total : 0);
    bool hot = (double)cycles >= 0.5 * t->heaviest;
    if (hot) eti_text_add(t->out, t->s.hot);
    put_bar(t->out, t->heaviest > 0 ? (double)cycles / t->heaviest : 0);
    if (hot) eti_text_add(t->out, t->s.off);
}

static void put_phase(struct table *t, const ets_phase *p)
{
    char bytes[32] = "";
    if (p->bytes) short_bytes(bytes, sizeof bytes, p->bytes);
    eti_text_add(t->out, t->s.dim);
    eti_text_add(t->out, "    ");
    eti_cell_left(t->out, p->name, t->name);
    eti_text_add(t->out, " ");
    eti_cell_left(t->out, "-", 9);
    eti_text_add(t->out, " ");
    eti_cell_left(t->out, "", 13);
    eti_text_add(t->out, "       ");
    eti_cell_right(t->out, bytes, PARAMETERS);
    put_time(t, p->cycles);
    eti_text_printf(t->out, "      %s%s\n", p->bytes ? "link" : "host", t->s.off);
}

/* Operator names as wide as the column allows. */
static const char *short_op(const char *op)
{
    static const char *const names[][2] = {
        {"depthwise_conv_2d", "depthwise"}, {"fully_connected", "full conn"}, {"transpose_conv", "tr. conv"},
        {"resize_bilinear", "resize"}, {"resize_nearest", "resize nn"}, {"squared_difference", "sq. diff"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(op, names[i][0]) == 0) return names[i][1];
    return op;
}

/* Index, name and operator; then, behind the shapes, MACs and parameters. */
static void put_what(struct table *t, const ets_layer *l, size_t i)
{
    eti_text_printf(t->out, "%3zu ", i);
    eti_cell_left(t->out, l->name, t->name);
    eti_text_add(t->out, " ");
    eti_cell_left(t->out, short_op(l->op), 9);
    eti_text_add(t->out, " ");
}

static void put_size(struct table *t, const ets_layer *l)
{
    char macs[32] = "", parameters[32] = "";
    if (l->macs) scaled(macs, sizeof macs, (double)l->macs);
    if (l->parameter_bytes) short_bytes(parameters, sizeof parameters, l->parameter_bytes);
    eti_text_add(t->out, " ");
    eti_cell_right(t->out, macs, 5);
    eti_text_add(t->out, " ");
    eti_cell_right(t->out, parameters, PARAMETERS);
}

static void put_layer(struct table *t, const ets_layer *l, size_t i)
{
    put_what(t, l, i);
    eti_cell_shape(t->out, l->output_dims, l->output_rank, 13);
    put_size(t, l);
    if (l->where == ETS_ON_HOST) {
        eti_text_printf(t->out, "        - %son the host, not modelled%s\n", t->s.dim, t->s.off);
        return;
    }
    put_time(t, l->cycles);
    if (l->cycles) eti_text_printf(t->out, "%5.1f ", 100 * l->utilization);
    else eti_text_add(t->out, "      ");
    eti_text_printf(t->out, "%s\n", l->parameters_streamed ? "streamed" : ets_bound_name(l->bound_by));
}

static void put_head(struct table *t)
{
    eti_text_printf(t->out, "%s%s on %s%s\n\n", t->s.bold, t->r->model, t->r->arch, t->s.off);
    eti_text_add(t->out, t->s.bold);
    eti_text_add(t->out, "  # ");
    eti_cell_left(t->out, "layer", t->name);
    eti_text_add(t->out, " op        output        ");
    eti_cell_right(t->out, "MACs", 6);
    eti_cell_right(t->out, "params", PARAMETERS + 1);
    eti_text_add(t->out, "       us     %          util% bound by");
    eti_text_printf(t->out, "%s\n", t->s.off);
}

/* ------------------------------------------------------------------ totals ------------------------------- */

static void put_dram(struct table *t)
{
    const ets_summary *s = &t->r->summary;
    char a[32], b[32], c[32];
    bytes_text(a, sizeof a, s->parameter_bytes);
    bytes_text(b, sizeof b, s->dram_read_bytes);
    bytes_text(c, sizeof c, s->dram_write_bytes);
    eti_text_printf(t->out, "parameters   %s\nmemory       %s read, %s written", a, b, c);
    double seconds = (double)s->latency_ns / 1e9, bytes = (double)(s->dram_read_bytes + s->dram_write_bytes);
    if (seconds > 0 && bytes > 0) eti_text_printf(t->out, ": %.2f GB/s on average", bytes / seconds / 1e9);
    eti_text_add(t->out, "\n");
}

static void put_memory(struct table *t)
{
    const ets_summary *s = &t->r->summary;
    char a[32], b[32], c[32];
    bytes_text(a, sizeof a, s->onchip_parameter_bytes);
    bytes_text(b, sizeof b, s->parameter_capacity_bytes);
    bytes_text(c, sizeof c, s->streamed_parameter_bytes);
    eti_text_printf(t->out, "parameters   %s on the chip (room for %s), %s streamed by the host at every inference\n", a, b, c);
    bytes_text(a, sizeof a, s->narrow_peak_bytes_per_tile);
    eti_text_printf(t->out, "activations  %s a tile at the peak\n", a);
    bytes_text(a, sizeof a, s->link_in_bytes);
    bytes_text(b, sizeof b, s->instruction_bytes);
    bytes_text(c, sizeof c, s->link_out_bytes);
    eti_text_printf(t->out, "link         %s in (%s of it instructions), %s out\n", a, b, c);
}

static void put_totals(struct table *t)
{
    const ets_summary *s = &t->r->summary;
    double seconds = (double)s->latency_ns / 1e9;
    char macs[32], clock[32];
    scaled(macs, sizeof macs, (double)s->macs);
    scaled(clock, sizeof clock, (double)s->clock_hz);
    eti_text_printf(t->out, "\n%slatency      %.3f ms%s  (%llu cycles of %sHz)\n", t->s.bold, seconds * 1e3, t->s.off,
                    (unsigned long long)s->cycles, clock);
    eti_text_printf(t->out, "work         %s MACs, %.3f TOPS, %.1f %% of the array\n", macs,
                    seconds > 0 ? 2 * (double)s->tpu_macs / seconds / 1e12 : 0, 100 * s->utilization);
    eti_text_printf(t->out, "energy       %.3g mJ, %.3g W\n", (double)s->energy_nj / 1e6, seconds > 0 ? (double)s->energy_nj / 1e9 / seconds : 0);
    if (t->r->array) put_dram(t);
    else put_memory(t);
    if (!s->quantized && !t->r->array)
        eti_text_add(t->out, "not quantised: this is a float model; the accelerator runs models quantised to 8 bits only\n");
    if (s->n_host_layers)
        eti_text_printf(t->out, "%u of %u operators run on the host and are not in this time:\n", s->n_host_layers, s->n_layers);
}

/* One line a reason, with the operators that it holds for. */
static void put_reasons(struct table *t)
{
    const ets_report *r = t->r;
    for (size_t i = 0; i < r->n_layers; i++) {
        bool seen = r->layers[i].where == ETS_ON_TPU;
        size_t n = 0;
        for (size_t k = 0; k < i && !seen; k++)
            seen = strcmp(r->layers[k].reason, r->layers[i].reason) == 0 && strcmp(r->layers[k].op, r->layers[i].op) == 0;
        if (seen) continue;
        for (size_t k = i; k < r->n_layers; k++)
            n += strcmp(r->layers[k].reason, r->layers[i].reason) == 0 && strcmp(r->layers[k].op, r->layers[i].op) == 0;
        eti_text_printf(t->out, "  %zu x %.40s: %s\n", n, r->layers[i].op, r->layers[i].reason);
    }
}

static double heaviest_of(const ets_report *r)
{
    uint64_t most = 0;
    for (size_t i = 0; i < r->n_layers; i++)
        if (r->layers[i].cycles > most) most = r->layers[i].cycles;
    for (size_t i = 0; i < r->n_phases; i++)
        if (r->phases[i].cycles > most) most = r->phases[i].cycles;
    return (double)most;
}

void eti_report_table(const ets_report *r, const ets_format_options *o, struct eti_text *out)
{
    struct table t = {r, out, style_of(o), o->width ? o->width : 100, 0, heaviest_of(r), (double)r->summary.cycles};
    size_t fixed = 4 + 1 + 9 + 1 + 13 + 1 + 5 + 1 + PARAMETERS + 16 + BAR + 6 + 12;
    t.name = t.width > fixed + NAME_LEAST ? t.width - fixed : NAME_LEAST;
    size_t p = 0;
    put_head(&t);
    for (size_t i = 0; i < r->n_layers; i++) {
        bool timed = r->layers[i].where == ETS_ON_TPU && r->layers[i].cycles;
        for (; timed && p < r->n_phases && r->phases[p].start_cycle < r->layers[i].start_cycle; p++) put_phase(&t, &r->phases[p]);
        put_layer(&t, &r->layers[i], i);
    }
    for (; p < r->n_phases; p++) put_phase(&t, &r->phases[p]);
    put_totals(&t);
    put_reasons(&t);
}

/* ------------------------------------------------------------------ inspect ------------------------------ */

static void put_mapping_row(struct table *t, const ets_layer *l, size_t i)
{
    put_what(t, l, i);
    eti_cell_shape(t->out, l->input_dims, l->input_rank, 13);
    eti_text_add(t->out, " ");
    eti_cell_shape(t->out, l->output_dims, l->output_rank, 13);
    put_size(t, l);
    eti_text_printf(t->out, " %s\n", l->where == ETS_ON_HOST ? "host" : l->parameters_streamed ? "tpu, streamed" : "tpu");
}

static void put_cache(const ets_summary *s, struct eti_text *out)
{
    char text[32];
    bytes_text(text, sizeof text, s->onchip_parameter_bytes);
    eti_text_printf(out, "on-chip memory used for parameters    %s\n", text);
    bytes_text(text, sizeof text, s->parameter_capacity_bytes - s->onchip_parameter_bytes);
    eti_text_printf(out, "on-chip memory left for parameters    %s\n", text);
    bytes_text(text, sizeof text, s->streamed_parameter_bytes);
    eti_text_printf(out, "off-chip parameters streamed          %s\n", text);
}

void eti_report_mapping(const ets_report *r, const ets_format_options *o, struct eti_text *out)
{
    const ets_summary *s = &r->summary;
    struct table t = {r, out, style_of(o), o->width ? o->width : 100, 0, 0, 0};
    size_t fixed = 4 + 1 + 9 + 1 + 13 + 1 + 13 + 1 + 5 + 1 + PARAMETERS + 1 + 13;
    t.name = t.width > fixed + NAME_LEAST ? t.width - fixed : NAME_LEAST;
    eti_text_printf(out, "%s%s for %s%s\n\n%s  # ", t.s.bold, r->model, r->arch, t.s.off, t.s.bold);
    eti_cell_left(out, "layer", t.name);
    eti_text_printf(out, " op        input         output         MACs params runs on%s\n", t.s.off);
    for (size_t i = 0; i < r->n_layers; i++) put_mapping_row(&t, &r->layers[i], i);
    eti_text_add(out, "\n");
    if (!r->array) put_cache(s, out);
    eti_text_printf(out, "compiled parts (subgraphs)            %u\noperators                             %u\n", s->n_subgraphs, s->n_layers);
    eti_text_printf(out, "  mapped to the accelerator           %u\n  on the host                         %u\n", s->n_tpu_layers, s->n_host_layers);
    if (!s->quantized && !r->array)
        eti_text_add(out, "not quantised: this is a float model; the accelerator runs models quantised to 8 bits only\n");
    put_reasons(&t);
}
