/* sweep_write.c - the points of a sweep: all of them as CSV or JSON, the best and the front as a table. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sweep.h"

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

/* The good points of a model, fastest first; how many. */
static size_t ranked(const struct sweep *s, size_t model, struct rank *out)
{
    size_t each = s->n_points / s->n_models, n = 0;
    for (size_t i = model * each; i < (model + 1) * each; i++) {
        const struct result *r = &s->results[i];
        struct rank k = {i, (double)r->latency_ns, r->area_mm2};
        if (r->done && !r->error) out[n++] = k;
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
    fputs(",cycles,latency_ms,energy_mj,utilization,dram_bytes,streamed_parameter_bytes,peak_tops,area_mm2,pareto,error\r\n", to);
    for (size_t p = 0; p < s->n_points; p++) {
        size_t which[MOST_VARIED], model = point_of(s, p, which);
        const struct result *r = &s->results[p];
        print_csv_text(to, s->names[model]);
        for (size_t i = 0; i < s->n_axes; i++)
            for (size_t k = 0; k < s->axes[i].n_keys; k++) fprintf(to, ",%s", s->axes[i].values[which[i]]);
        if (r->error) {
            fputs(",,,,,,,,,0,", to);
            print_csv_text(to, r->error);
            fputs("\r\n", to);
            continue;
        }
        fprintf(to, ",%" PRIu64 ",%.6f,%.6f,%.6f,%" PRIu64 ",%" PRIu64 ",%.6g,%.6g,%d,\r\n", r->cycles, (double)r->latency_ns / 1e6,
                (double)r->energy_nj / 1e6, r->utilization,
                r->dram_bytes, r->streamed_bytes, r->peak_tops, r->area_mm2, r->on_front);
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
    fprintf(to, "\"cycles\": %" PRIu64 ", \"latency_ms\": %.6f, \"energy_mj\": %.6f, \"utilization\": %.6f, \"dram_bytes\": %" PRIu64
            ", \"streamed_parameter_bytes\": %" PRIu64 ", \"peak_tops\": %.6g, \"area_mm2\": %.6g, \"pareto\": %s}",
            r->cycles, (double)r->latency_ns / 1e6, (double)r->energy_nj / 1e6, r->utilization, r->dram_bytes, r->streamed_bytes, r->peak_tops, r->area_mm2,
            r->on_front ? "true" : "false");
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

/* Of its heading and its values; the last column is as wide as it is. */
static int width_of(const struct sweep *s, size_t axis)
{
    const struct axis *a = &s->axes[axis];
    size_t width = strlen(a->keys[0]) + (a->n_keys > 1 ? strlen(",...") : 0);
    for (size_t i = 0; i < a->n_values; i++) width = strlen(a->values[i]) > width ? strlen(a->values[i]) : width;
    return axis + 1 == s->n_axes ? 0 : (int)width;
}

static void write_heading(const struct sweep *s, FILE *to)
{
    fprintf(to, "\nbest by %s; * on the front of latency and area (relative: 45 nm, docs/MODEL.md)\n\n%10s %9s %6s %9s %9s    ", objective_name(s), "ms",
            "mJ", "util%", "peak TOPS", "area mm2");
    for (size_t i = 0; i < s->n_axes; i++) {
        int left = width_of(s, i) - (int)strlen(s->axes[i].keys[0]);
        fprintf(to, " %s%-*s", s->axes[i].keys[0], left > 0 ? left : 0, s->axes[i].n_keys > 1 ? ",..." : "");
    }
    fputs("\n", to);
}

static void write_row(const struct sweep *s, FILE *to, size_t p)
{
    size_t which[MOST_VARIED];
    const struct result *r = &s->results[p];
    point_of(s, p, which);
    fprintf(to, "%10.3f %9.3f %6.1f %9.2f %9.2f  %c ", (double)r->latency_ns / 1e6, (double)r->energy_nj / 1e6, 100 * r->utilization, r->peak_tops, r->area_mm2, r->on_front ? '*' : ' ');
    for (size_t i = 0; i < s->n_axes; i++) fprintf(to, " %-*s", width_of(s, i), s->axes[i].values[which[i]]);
    fputs("\n", to);
}

struct choice { size_t index; double value, latency; };
static int by_value(const void *a, const void *b)
{
    const struct choice *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    if (x->latency != y->latency) return x->latency < y->latency ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

/* The best ones of a model, then what else is on the front. */
static void write_model(const struct sweep *s, FILE *to, size_t model, struct choice *all)
{
    size_t each = s->n_points / s->n_models, n = 0;
    for (size_t i = model * each; i < (model + 1) * each; i++) {
        const struct result *r = &s->results[i];
        struct choice c = {i, value_of(s, r), (double)r->latency_ns};
        if (!r->error) all[n++] = c;
    }
    qsort(all, n, sizeof *all, by_value);
    fprintf(to, "%s on %s: %zu point%s", s->names[model], ets_arch_name(s->base), each, each == 1 ? "" : "s");
    if (n < each) fprintf(to, ", %zu of them not possible", each - n);
    write_heading(s, to);
    size_t shown = 0;
    for (size_t i = 0; i < n && i < BEST; i++, shown++) write_row(s, to, all[i].index);
    size_t more = 0;
    for (size_t i = shown; i < n; i++) more += s->results[all[i].index].on_front;
    if (more) fputs("...the rest of the front:\n", to);
    for (size_t i = shown; i < n; i++)
        if (s->results[all[i].index].on_front) write_row(s, to, all[i].index);
    for (size_t i = model * each; i < (model + 1) * each && !n; i++)
        if (s->results[i].error) { fprintf(to, "the first says: %s\n", s->results[i].error); break; }
}

static void write_table(const struct sweep *s, FILE *to)
{
    struct choice *all = calloc(s->n_points / s->n_models, sizeof *all);
    for (size_t m = 0; all && m < s->n_models; m++) {
        if (m) fputs("\n", to);
        write_model(s, to, m, all);
    }
    free(all);
}

void write_sweep(const struct sweep *s, FILE *to)
{
    if (s->a->format == ETS_FORMAT_CSV) write_csv(s, to);
    else if (s->a->format == ETS_FORMAT_JSON) write_json(s, to);
    else write_table(s, to);
}
