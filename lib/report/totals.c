/* totals.c - what stands below the rows of a table: the whole inference, and what runs on the host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/table.h"

enum { LABEL = 13 }; /* columns of "parameters   " */

struct totals {
    const ets_report *r;
    const ets_summary *s;
    struct eti_text *out;
    size_t width;
};

static void put(struct totals *t, const char *text) { eti_put_wrapped(t->out, text, LABEL, t->width); }

static void put_dram(struct totals *t)
{
    char a[32], b[32], c[32], line[256];
    eti_bytes_text(a, sizeof a, t->s->parameter_bytes);
    eti_bytes_text(b, sizeof b, t->s->dram_read_bytes);
    eti_bytes_text(c, sizeof c, t->s->dram_write_bytes);
    snprintf(line, sizeof line, "parameters   %s", a);
    put(t, line);
    double seconds = (double)t->s->latency_ns / 1e9, bytes = (double)(t->s->dram_read_bytes + t->s->dram_write_bytes);
    int n = snprintf(line, sizeof line, "memory       %s read, %s written", b, c);
    if (seconds > 0 && bytes > 0) snprintf(line + n, sizeof line - (size_t)n, ": %.2f GB/s on average", bytes / seconds / 1e9);
    put(t, line);
}

static void put_overfull(struct totals *t)
{
    char line[256];
    size_t first = 0;
    uint32_t n = t->s->n_overfull_layers;
    if (!n) return;
    while (!t->r->layers[first].overfull) first++;
    snprintf(line, sizeof line, "no room      %u operator%s more of a tile's memory than it has and %s timed as if it was there: %s%.64s", n, n == 1 ? " needs" : "s need",
             n == 1 ? "is" : "are", n == 1 ? "" : "first ", t->r->layers[first].name);
    put(t, line);
}

static void put_memory(struct totals *t)
{
    char a[32], b[32], c[32], line[256];
    eti_bytes_text(a, sizeof a, t->s->onchip_parameter_bytes);
    eti_bytes_text(b, sizeof b, t->s->parameter_capacity_bytes);
    eti_bytes_text(c, sizeof c, t->s->streamed_parameter_bytes);
    snprintf(line, sizeof line, "parameters   %s on the chip (room for %s), %s streamed by the host at every inference", a, b, c);
    put(t, line);
    eti_bytes_text(a, sizeof a, t->s->narrow_peak_bytes_per_tile);
    eti_bytes_text(b, sizeof b, t->s->spilled_activation_bytes);
    int n = snprintf(line, sizeof line, "activations  %s a tile at the peak", a);
    if (t->s->spilled_activation_bytes) snprintf(line + n, sizeof line - (size_t)n, "; for lack of room %s go to the host and come back", b);
    put(t, line);
    put_overfull(t);
    eti_bytes_text(a, sizeof a, t->s->link_in_bytes);
    eti_bytes_text(b, sizeof b, t->s->instruction_bytes);
    eti_bytes_text(c, sizeof c, t->s->link_out_bytes);
    snprintf(line, sizeof line, "link         %s in (%s of it instructions), %s out", a, b, c);
    put(t, line);
}

static void put_work(struct totals *t)
{
    double seconds = (double)t->s->latency_ns / 1e9;
    char macs[32], line[256];
    eti_scaled(macs, sizeof macs, (double)t->s->macs);
    snprintf(line, sizeof line, "work         %s MACs, %.3f TOPS, %.1f %% of the array", macs,
             seconds > 0 ? 2 * (double)t->s->tpu_macs / seconds / 1e12 : 0, 100 * t->s->utilization);
    put(t, line);
    snprintf(line, sizeof line, "energy       %.3g mJ, %.3g W", (double)t->s->energy_nj / 1e6,
             seconds > 0 ? (double)t->s->energy_nj / 1e9 / seconds : 0);
    put(t, line);
}

/* Two digits of it, however large. */
static void rough_text(char out[32], double value)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%.1e", value);
    snprintf(out, 32, value >= 10 ? "%.0f" : "%g", strtod(digits, NULL));
}

/* What the host does is estimated, all else simulated: both are said. */
static void put_host(struct totals *t)
{
    char line[256], rough[32];
    double ms_a_cycle = 1e3 / (double)t->s->clock_hz;
    rough_text(rough, ms_a_cycle * (double)t->s->host_cycles);
    const char *s = t->s->n_host_layers == 1 ? "s" : "";
    int n = snprintf(line, sizeof line, "%u of %u operators run%s on the host and ", t->s->n_host_layers, t->s->n_layers, s);
    char simulated[64] = "";
    if (t->s->cycles > t->s->host_cycles)
        snprintf(simulated, sizeof simulated, "; the other %.3f ms are simulated", ms_a_cycle * (double)(t->s->cycles - t->s->host_cycles));
    if (t->s->host_cycles)
        snprintf(line + n, sizeof line - (size_t)n, "take%s some %s ms of this time, roughly estimated%s%s:", s, rough,
                 t->s->complete ? "" : ", and more, as not all are known", simulated);
    else if (t->s->complete) snprintf(line + n, sizeof line - (size_t)n, "take%s no time there:", s);
    else snprintf(line + n, sizeof line - (size_t)n, "%s not in this time: how long %s is not known:",
                  *s ? "is" : "are", *s ? "it takes" : "they take");
    if (t->s->n_host_layers) put(t, line);
}

static void put_latency(struct totals *t, const struct eti_style *style)
{
    char line[256];
    int first = snprintf(line, sizeof line, t->s->latency_ns < 100000 ? "latency      %.6f ms" : "latency      %.3f ms", (double)t->s->latency_ns / 1e6);
    eti_text_printf(t->out, "%s%s%s", style->bold, line, style->off);
    int second = snprintf(line, sizeof line, "  (%llu cycles of %.4g MHz)", (unsigned long long)t->s->cycles, (double)t->s->clock_hz / 1e6);
    eti_text_printf(t->out, (size_t)(first + second) > t->width ? "\n           %s\n" : "%s\n", line);
}

void eti_put_totals(const ets_report *r, const ets_format_options *o, struct eti_text *out)
{
    struct totals t = {r, &r->summary, out, eti_width_of(o)};
    struct eti_style style = eti_style_of(o);
    eti_text_add(out, "\n");
    if (!t.s->cycles) put(&t, "latency      not known: nothing of this network runs on the accelerator");
    else {
        put_latency(&t, &style);
        put_work(&t);
        if (r->array) put_dram(&t);
        else if (t.s->n_tpu_layers) put_memory(&t);
        eti_put_words(r, o, out);
    }
    eti_put_float(r, LABEL, t.width, out);
    put_host(&t);
}

void eti_put_float(const ets_report *r, size_t indent, size_t width, struct eti_text *out)
{
    if (r->summary.quantized || r->array) return;
    eti_put_wrapped(out, "not quantised: this is a float model; the accelerator runs models quantised to 8 bits only. Quantise it first: TensorFlow "
                         "Lite's converter does that with a representative data set ('full integer quantization')", indent, width);
}

/* A network has a few; of one with thousands, which somebody made, nobody reads more. */
#define MOST_REASONS 40

void eti_put_reasons(const ets_report *r, const ets_format_options *o, struct eti_text *out)
{
    const ets_layer *first[MOST_REASONS];
    size_t count[MOST_REASONS], n = 0, others = 0;
    char line[640];
    for (size_t i = 0; i < r->n_layers; i++) {
        const ets_layer *l = &r->layers[i];
        size_t k = 0;
        if (l->where == ETS_ON_TPU) continue;
        while (k < n && (strcmp(first[k]->reason, l->reason) != 0 || strcmp(first[k]->op, l->op) != 0)) k++;
        if (k < n) count[k]++;
        else if (n == MOST_REASONS) others++;
        else {
            first[n] = l;
            count[n++] = 1;
        }
    }
    for (size_t k = 0; k < n; k++) {
        snprintf(line, sizeof line, "  %zu x %.40s: %.512s", count[k], first[k]->op, first[k]->reason);
        eti_put_wrapped(out, line, 6, eti_width_of(o));
    }
    snprintf(line, sizeof line, "  %zu x other operators (in JSON, each with its reason)", others);
    if (others) eti_put_wrapped(out, line, 6, eti_width_of(o));
}
