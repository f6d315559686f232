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

/* The best value of the objective at each place of the first `n` axes, a block a model. */
static double *best_values(const struct sweep *s, size_t n)
{
    size_t places = s->n_models;
    for (size_t i = 0; i < n; i++) places *= s->axes[i].n_values;
    double *out = calloc(places, sizeof *out);
    for (size_t i = 0; out && i < places; i++) out[i] = NAN;
    for (size_t p = 0; out && p < s->n_points; p++) {
        size_t which[MOST_VARIED], at = point_of(s, p, which);
        if (s->results[p].error) continue;
        if (n == 1) at = at * s->axes[0].n_values + which[0];
        else at = (at * s->axes[1].n_values + which[1]) * s->axes[0].n_values + which[0];
        double v = value_of(s, &s->results[p]);
        if (isnan(out[at]) || v < out[at]) out[at] = v;
    }
    return out;
}

static void subtitle_of(const struct sweep *s, size_t shown, char *to, size_t room)
{
    int n = snprintf(to, room, "on %s, %zu points", ets_arch_name(s->base), s->n_points);
    for (size_t i = shown; i < s->n_axes && n > 0 && (size_t)n < room; i++)
        n += snprintf(to + n, room - (size_t)n, "%s %s", i == shown ? "; each place: the best over" : ",", s->axes[i].keys[0]);
    if (shown == 2 && n > 0 && (size_t)n < room) snprintf(to + n, room - (size_t)n, "; framed: the best");
}

static void draw(const struct sweep *s, FILE *to, const double *values, const char **x, const char **y)
{
    char title[300], subtitle[300], x_label[300], y_label[300] = "";
    size_t shown = s->n_axes > 1 ? 2 : 1;
    key_label(&s->axes[0], x_label, sizeof x_label);
    if (shown == 2) key_label(&s->axes[1], y_label, sizeof y_label);
    subtitle_of(s, shown, subtitle, sizeof subtitle);
    snprintf(title, sizeof title, "%s of %s", objective_name(s), s->n_models == 1 ? s->names[0] : "several models");
    if (shown == 2) {
        struct map_plot p = {title, subtitle, x_label, y_label, x, y, s->axes[0].n_values, s->axes[1].n_values, s->names, values, s->n_models};
        plot_maps(to, &p);
    } else {
        struct line_plot p = {title, subtitle, x_label, objective_name(s), x, s->axes[0].n_values, s->names, values, s->n_models};
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
    size_t shown = s->n_axes > 1 ? 2 : 1;
    double *values = best_values(s, shown);
    const char **x = readable_values(&s->axes[0]), **y = shown == 2 ? readable_values(&s->axes[1]) : NULL;
    int status = values && x && (y || shown == 1) ? EXIT_GOOD : fail("out of memory");
    if (status == EXIT_GOOD) {
        status = open_output(&out, path);
        if (status == EXIT_GOOD) draw(s, out.to, values, x, y);
        status = close_output(&out, status == EXIT_GOOD);
    }
    free(values);
    free_values(x, s->axes[0].n_values);
    free_values(y, shown == 2 ? s->axes[1].n_values : 0);
    return status;
}
