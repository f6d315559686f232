/* sweep_plot.c - the picture of a sweep: over one axis a line a model, over more a map of the first two; of what is varied
 * beyond that, the best. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot.h"
#include "sweep.h"

/* What a reader knows a value by, the shortest there is: 65536 as 64Ki, 400000000 as 400M. */
static char *readable(const char *text)
{
    static const struct { uint64_t unit; const char *suffix; } units[] = {
        {1, ""}, {1000, "k"}, {1000000, "M"}, {1000000000, "G"}, {1024, "Ki"}, {1024 * 1024, "Mi"}, {1024 * 1024 * 1024, "Gi"},
    };
    uint64_t n;
    char best[32] = "", out[32];
    if (!whole_number(text, &n) || !n) return strdup(text);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (n % units[i].unit) continue;
        snprintf(out, sizeof out, "%llu%s", (unsigned long long)(n / units[i].unit), units[i].suffix);
        if (!best[0] || strlen(out) < strlen(best)) strcpy(best, out);
    }
    return strdup(best);
}

static const char **readable_values(const struct axis *a)
{
    const char **out = calloc(a->n_values, sizeof *out);
    for (size_t i = 0; out && i < a->n_values; i++) {
        out[i] = readable(a->values[i]);
        if (!out[i]) out[i] = "";
    }
    return out;
}

static void key_label(const struct axis *a, char *to, size_t room)
{
    int n = snprintf(to, room, "%s", a->keys[0]);
    for (size_t k = 1; k < a->n_keys && n > 0 && (size_t)n < room; k++) n += snprintf(to + n, room - (size_t)n, " = %s", a->keys[k]);
}

/* The best value of the objective at each place of the first axes, a block a model; of points that have room, if any has. */
struct drawn { size_t shown, places; double *values; bool *overfull; bool any_overfull; };

static bool find_drawn(const struct sweep *s, struct drawn *d)
{
    d->shown = s->n_axes > 1 ? 2 : 1;
    d->places = s->n_models;
    for (size_t i = 0; i < d->shown; i++) d->places *= s->axes[i].n_values;
    d->values = calloc(d->places, sizeof *d->values);
    d->overfull = calloc(d->places, sizeof *d->overfull);
    if (!d->values || !d->overfull) return false;
    for (size_t i = 0; i < d->places; i++) d->values[i] = NAN;
    for (size_t p = 0; p < s->n_points; p++) {
        size_t which[MOST_VARIED], at = point_of(s, p, which);
        const struct result *r = &s->results[p];
        if (r->error) continue;
        if (d->shown == 1) at = at * s->axes[0].n_values + which[0];
        else at = (at * s->axes[1].n_values + which[1]) * s->axes[0].n_values + which[0];
        double v = value_of(s, r);
        bool overfull = r->overfull_layers > 0, first = isnan(d->values[at]);
        if (!first && (overfull != d->overfull[at] ? overfull : v >= d->values[at])) continue;
        d->values[at] = v;
        d->overfull[at] = overfull;
    }
    for (size_t i = 0; i < d->places; i++) d->any_overfull |= d->overfull[i];
    return true;
}

static void subtitle_of(const struct sweep *s, const struct drawn *d, char *to, size_t room)
{
    size_t shown = d->shown;
    int n = snprintf(to, room, "on %s, %zu points", ets_arch_name(s->base), s->n_points);
    for (size_t i = shown; i < s->n_axes && n > 0 && (size_t)n < room; i++)
        n += snprintf(to + n, room - (size_t)n, "%s %s", i == shown ? "; each place: the best over" : ",", s->axes[i].keys[0]);
    if (shown == 2 && n > 0 && (size_t)n < room) n += snprintf(to + n, room - (size_t)n, "; framed: the best");
    if (d->any_overfull && n > 0 && (size_t)n < room)
        snprintf(to + n, room - (size_t)n, "; %s: memory is too small, timed as if it was not", shown == 2 ? "grey" : "hollow");
}

static void draw(const struct sweep *s, FILE *to, const struct drawn *d, const char **x, const char **y)
{
    char title[300], subtitle[400], x_label[300], y_label[300] = "";
    key_label(&s->axes[0], x_label, sizeof x_label);
    if (d->shown == 2) key_label(&s->axes[1], y_label, sizeof y_label);
    subtitle_of(s, d, subtitle, sizeof subtitle);
    snprintf(title, sizeof title, "%s of %s", objective_name(s), s->n_models == 1 ? s->names[0] : "several models");
    if (d->shown == 2) {
        struct map_plot p = {title, subtitle, x_label, y_label, x, y, s->axes[0].n_values, s->axes[1].n_values, s->names, d->values, d->overfull, s->n_models};
        plot_maps(to, &p);
    } else {
        struct line_plot p = {title, subtitle, x_label, objective_name(s), x, s->axes[0].n_values, s->names, d->values, d->overfull, s->n_models};
        plot_lines(to, &p);
    }
}

static void free_values(const char **texts, size_t n)
{
    for (size_t i = 0; texts && i < n; i++)
        if (texts[i][0]) free((char *)(uintptr_t)texts[i]);
    free(texts);
}

int plot_sweep(const struct sweep *s, const char *path)
{
    struct output out;
    struct drawn d = {0};
    bool found = find_drawn(s, &d);
    const char **x = readable_values(&s->axes[0]), **y = d.shown == 2 ? readable_values(&s->axes[1]) : NULL;
    int status = found && x && (y || d.shown == 1) ? EXIT_GOOD : fail("out of memory");
    if (status == EXIT_GOOD) {
        status = open_output(&out, path);
        if (status == EXIT_GOOD) draw(s, out.to, &d, x, y);
        status = close_output(&out, status == EXIT_GOOD);
    }
    free(d.values);
    free(d.overfull);
    free_values(x, s->axes[0].n_values);
    free_values(y, d.shown == 2 ? s->axes[1].n_values : 0);
    return status;
}
