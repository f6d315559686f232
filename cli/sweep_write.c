/* sweep_write.c - the points of a sweep: all of them as CSV or JSON, the best and the front as a table. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sweep.h"
#include "table.h"

#define BEST 10

size_t point_of(const struct sweep *s, size_t index, size_t which[MOST_VARIED])
{
    for (size_t i = s->n_axes; i-- > 0;) {
        which[i] = index % s->axes[i].n_values;
        index /= s->axes[i].n_values;
    }
    return index;
}

double value_of(const struct sweep *s, const struct result *r)
{
    double ms = (double)r->latency_ns / 1e6, mj = (double)r->energy_nj / 1e6;
    switch (s->objective) {
    case BY_ENERGY: return mj;
    case BY_EDP: return mj * ms;
    case BY_AREA: return r->area_mm2;
    case BY_LATENCY_AREA: return ms * r->area_mm2;
    case BY_LATENCY: break;
    }
    return ms;
}

const char *objective_name(const struct sweep *s)
{
    static const char *const names[] = {"latency (ms)", "energy (mJ)", "energy x delay (mJ ms)", "area (mm2 at 45 nm)", "latency x area (ms mm2)"};
    return names[s->objective];
}

/* ------------------------------------------------------------------ the front ---------------------------- */

struct rank { size_t index; double latency, area; };

static int by_latency_then_area(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->latency != y->latency) return x->latency < y->latency ? -1 : 1;
    if (x->area != y->area) return x->area < y->area ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

/* The points of a model that have room for it, fastest first; how many. */
static size_t ranked(const struct sweep *s, size_t model, struct rank *out)
{
    size_t each = s->n_points / s->n_models, n = 0;
    for (size_t i = model * each; i < (model + 1) * each; i++) {
        const struct result *r = &s->results[i];
        struct rank k = {i, (double)r->latency_ns, r->area_mm2};
        if (r->done && !r->error && !r->overfull_layers) out[n++] = k;
    }
    qsort(out, n, sizeof *out, by_latency_then_area);
    return n;
}

void mark_front(struct sweep *s)
{
    struct rank *ranks = calloc(s->n_points / s->n_models, sizeof *ranks);
    for (size_t m = 0; ranks && m < s->n_models; m++) {
        size_t n = ranked(s, m, ranks);
        double least = 0;
        for (size_t i = 0; i < n; i++) {
            s->results[ranks[i].index].on_front = i == 0 || ranks[i].area < least;
            if (i == 0 || ranks[i].area < least) least = ranks[i].area;
        }
    }
    free(ranks);
}

/* ------------------------------------------------------------------ CSV and JSON ------------------------- */

static void write_csv(const struct sweep *s, FILE *to)
{
    fputs("model", to);
    for (size_t i = 0; i < s->n_axes; i++)
        for (size_t k = 0; k < s->axes[i].n_keys; k++) fprintf(to, ",%s", s->axes[i].keys[k]);
    fputs(",cycles,latency_ms,energy_mj,utilization,overfull_layers,dram_bytes,streamed_parameter_bytes,peak_tops,area_mm2,pareto,error\r\n", to);
    for (size_t p = 0; p < s->n_points; p++) {
        size_t which[MOST_VARIED], model = point_of(s, p, which);
        const struct result *r = &s->results[p];
        print_csv_text(to, s->names[model]);
        for (size_t i = 0; i < s->n_axes; i++)
            for (size_t k = 0; k < s->axes[i].n_keys; k++) fprintf(to, ",%s", s->axes[i].values[which[i]]);
        if (r->error) {
            fputs(",,,,,,,,,,0,", to);
            print_csv_text(to, r->error);
            fputs("\r\n", to);
            continue;
        }
        fprintf(to, ",%" PRIu64 ",%.6f,%.6f,%.6f,%" PRIu32 ",%" PRIu64 ",%" PRIu64 ",%.6g,%.6g,%d,\r\n", r->cycles, (double)r->latency_ns / 1e6,
                (double)r->energy_nj / 1e6, r->utilization, r->overfull_layers, r->dram_bytes, r->streamed_bytes, r->peak_tops, r->area_mm2, r->on_front);
    }
}

static void write_json_point(const struct sweep *s, FILE *to, size_t p)
{
    size_t which[MOST_VARIED], model = point_of(s, p, which);
    const struct result *r = &s->results[p];
    fputs("    {\"model\": ", to);
    print_json_text(to, s->names[model]);
    fputs(", \"settings\": {", to);
    for (size_t i = 0; i < s->n_axes; i++)
        for (size_t k = 0; k < s->axes[i].n_keys; k++) {
            if (i || k) fputs(", ", to);
            print_json_text(to, s->axes[i].keys[k]);
            fputs(": ", to);
            print_json_text(to, s->axes[i].values[which[i]]);
        }
    fputs("}, ", to);
    if (r->error) {
        fputs("\"error\": ", to);
        print_json_text(to, r->error);
        fputs("}", to);
        return;
    }
    fprintf(to, "\"cycles\": %" PRIu64 ", \"latency_ms\": %.6f, \"energy_mj\": %.6f, \"utilization\": %.6f, \"overfull_layers\": %" PRIu32 ", \"dram_bytes\": %" PRIu64
            ", \"streamed_parameter_bytes\": %" PRIu64 ", \"peak_tops\": %.6g, \"area_mm2\": %.6g, \"pareto\": %s}",
            r->cycles, (double)r->latency_ns / 1e6, (double)r->energy_nj / 1e6, r->utilization, r->overfull_layers, r->dram_bytes, r->streamed_bytes,
            r->peak_tops, r->area_mm2, r->on_front ? "true" : "false");
}

static void write_json(const struct sweep *s, FILE *to)
{
    fputs("{\n  \"schema\": \"edgetpu_sim.sweep/1\",\n  \"arch\": ", to);
    print_json_text(to, ets_arch_name(s->base));
    fputs(",\n  \"points\": [\n", to);
    for (size_t p = 0; p < s->n_points; p++) {
        write_json_point(s, to, p);
        fputs(p + 1 < s->n_points ? ",\n" : "\n", to);
    }
    fputs("  ]\n}\n", to);
}

/* ------------------------------------------------------------------ table -------------------------------- */

/* Columns of a table, and the texts of their headings that are made. */
struct head {
    struct table_column columns[MOST_COLUMNS];
    size_t n;
    char keys[MOST_VARIED][80];
};

static void add_column(struct head *h, const char *title, bool stays, uint8_t rank, bool right)
{
    h->columns[h->n++] = (struct table_column){title, stays ? STAYS : rank, right, ALL_OF_IT, 0};
}

static void make_head(const struct sweep *s, struct head *h)
{
    _Static_assert(6 + MOST_VARIED <= MOST_COLUMNS, "a column each");
    bool energy = s->objective == BY_ENERGY || s->objective == BY_EDP, area = s->objective == BY_AREA || s->objective == BY_LATENCY_AREA;
    h->n = 0;
    add_column(h, "ms", true, 0, true);
    add_column(h, "mJ", energy, 3, true);
    add_column(h, "util%", false, 2, true);
    add_column(h, "peak TOPS", false, 1, true);
    add_column(h, "area mm2", area, 4, true);
    add_column(h, "", true, 0, false);
    for (size_t i = 0; i < s->n_axes; i++) {
        snprintf(h->keys[i], sizeof h->keys[i], "%s%s", s->axes[i].keys[0], s->axes[i].n_keys > 1 ? ",..." : "");
        add_column(h, h->keys[i], true, 0, false);
    }
}

static void add_row(const struct sweep *s, struct table *t, size_t p)
{
    size_t which[MOST_VARIED];
    const struct result *r = &s->results[p];
    point_of(s, p, which);
    table_cell(t, "%.3f", (double)r->latency_ns / 1e6);
    table_cell(t, "%.3f", (double)r->energy_nj / 1e6);
    table_cell(t, "%.1f", 100 * r->utilization);
    table_cell(t, "%.2f", r->peak_tops);
    table_cell(t, "%.2f", r->area_mm2);
    table_cell(t, "%s", r->on_front ? "*" : r->overfull_layers ? "!" : "");
    for (size_t i = 0; i < s->n_axes; i++) table_cell(t, "%s", s->axes[i].values[which[i]]);
}

struct choice { size_t index; double value, latency; bool overfull; };
static int by_value(const void *a, const void *b)
{
    const struct choice *x = a, *y = b;
    if (x->overfull != y->overfull) return x->overfull ? 1 : -1;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    if (x->latency != y->latency) return x->latency < y->latency ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

/* The points of a model that are possible, the best first. */
static size_t best_first(const struct sweep *s, size_t model, struct choice *all)
{
    size_t each = s->n_points / s->n_models, n = 0;
    for (size_t i = model * each; i < (model + 1) * each; i++) {
        const struct result *r = &s->results[i];
        struct choice c = {i, value_of(s, r), (double)r->latency_ns, r->overfull_layers > 0};
        if (!r->error) all[n++] = c;
    }
    qsort(all, n, sizeof *all, by_value);
    return n;
}

/* The best ones, then what else is on the front. */
static int write_points(const struct sweep *s, const struct output *out, const struct choice *all, size_t n)
{
    struct head head;
    struct table t;
    char line[160];
    size_t shown = n < BEST ? n : BEST, more = 0;
    make_head(s, &head);
    table_begin(&t, head.columns, head.n);
    for (size_t i = 0; i < n; i++) {
        if (i >= shown && !s->results[all[i].index].on_front) continue;
        if (i >= shown && !more++) table_line(&t, "...the rest of the front:");
        add_row(s, &t, all[i].index);
    }
    snprintf(line, sizeof line, "best by %s; * on the front of latency and area (relative: 45 nm, docs/MODEL.md)", objective_name(s));
    put_words(out->to, line, 0, 2, width_of(out));
    if (n && all[n - 1].overfull) put_words(out->to, "! a tile's memory is too small for some operators; they are timed as if it was not", 0, 2, width_of(out));
    fputs("\n", out->to);
    return table_put(&t, out->to, width_of(out));
}

static int write_model(const struct sweep *s, const struct output *out, size_t model, struct choice *all)
{
    size_t each = s->n_points / s->n_models, n = best_first(s, model, all), first = model * each;
    fprintf(out->to, "%s on %s: %zu point%s", s->names[model], ets_arch_name(s->base), each, each == 1 ? "" : "s");
    if (n < each) fprintf(out->to, ", %zu of them not possible", each - n);
    fputs("\n", out->to);
    while (n < each && !s->results[first].error) first++;
    if (n < each) fprintf(out->to, "the first says: %s\n", s->results[first].error);
    return n ? write_points(s, out, all, n) : EXIT_GOOD;
}

static int write_table(const struct sweep *s, const struct output *out)
{
    struct choice *all = calloc(s->n_points / s->n_models, sizeof *all);
    int status = all ? EXIT_GOOD : fail("out of memory");
    for (size_t m = 0; status == EXIT_GOOD && m < s->n_models; m++) {
        if (m) fputs("\n", out->to);
        status = write_model(s, out, m, all);
    }
    free(all);
    return status;
}

int write_sweep(const struct sweep *s, const struct output *out)
{
    if (s->a->format == ETS_FORMAT_TABLE) return write_table(s, out);
    if (s->a->format == ETS_FORMAT_CSV) write_csv(s, out->to);
    else write_json(s, out->to);
    return EXIT_GOOD;
}
