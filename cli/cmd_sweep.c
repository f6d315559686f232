/* cmd_sweep.c - sweep: one machine with many values of some keys, on one or more models. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "sweep.h"

static int read_objective(struct sweep *s, const char *name)
{
    for (size_t i = 0; objective_names[i]; i++) {
        if (name && strcmp(name, objective_names[i]) != 0) continue;
        s->objective = (enum objective)i;
        return EXIT_GOOD;
    }
    return fail_usage("sweep", "--objective: '%s' is not one of latency, energy, edp, area, latency-area", name);
}

static size_t threads_of(const struct arguments *a)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (a->threads) return a->threads;
    return processors > 0 ? (size_t)processors : 1;
}

/* A key that the machine does not have, or a value that no machine has, is an error at once; values that do not go together are
 * said at their point. */
static int check_axis(const struct sweep *s, const struct axis *x)
{
    for (size_t k = 0; k < x->n_keys; k++)
        if (strcmp(x->keys[k], "name") == 0 || strcmp(x->keys[k], "description") == 0)
            return fail_usage("sweep", "--vary: '%s' is no value that a machine computes with", x->keys[k]);
    for (size_t v = 0; v < x->n_values; v++) {
        ets_setting settings[MOST_KEYS];
        ets_arch *arch = NULL;
        ets_error err;
        for (size_t k = 0; k < x->n_keys; k++) {
            settings[k].key = x->keys[k];
            settings[k].value = x->values[v];
        }
        ets_status status = ets_arch_with(s->base, settings, x->n_keys, NULL, &arch, &err);
        ets_arch_free(arch);
        if (status != ETS_OK && status != ETS_CONFLICT) return fail_option("--vary", &err);
    }
    return EXIT_GOOD;
}

/* A file that is named as what it is, or not at all (/dev/stdout). */
static bool is_svg(const char *path)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    return !dot || strcmp(dot, ".svg") == 0;
}

/* No point could say which of two values a key had. */
static int check_keys_differ(const struct sweep *s)
{
    const char *seen[MOST_VARIED * MOST_KEYS];
    size_t n = 0;
    for (size_t i = 0; i < s->n_axes; i++) {
        for (size_t k = 0; k < s->axes[i].n_keys; k++) {
            for (size_t j = 0; j < n; j++)
                if (strcmp(seen[j], s->axes[i].keys[k]) == 0) return fail_usage("sweep", "--vary: '%s' is varied twice", seen[j]);
            seen[n++] = s->axes[i].keys[k];
        }
    }
    return EXIT_GOOD;
}

static int load_all(struct sweep *s)
{
    const struct arguments *a = s->a;
    int status = load_arch(a, a->arch, &s->base);
    for (size_t i = 0; status == EXIT_GOOD && i < a->n_operands; i++) {
        status = load_model(a, a->operands[i], &s->models[i]);
        if (status != EXIT_GOOD) break;
        s->names[i] = ets_model_name(s->models[i]);
        s->n_models++;
    }
    s->n_points = s->n_models;
    for (size_t i = 0; status == EXIT_GOOD && i < a->n_varied; i++) {
        status = read_axis(&s->axes[s->n_axes++], a->varied[i]);
        if (status == EXIT_GOOD) status = check_axis(s, &s->axes[i]);
        if (status == EXIT_GOOD && s->axes[i].n_values > MOST_POINTS / s->n_points) status = fail_usage("sweep", "more than %d points", MOST_POINTS);
        s->n_points *= s->axes[i].n_values;
    }
    if (status == EXIT_GOOD) status = check_keys_differ(s);
    if (status != EXIT_GOOD) return status;
    s->results = calloc(s->n_points, sizeof *s->results);
    return s->results ? EXIT_GOOD : fail("out of memory");
}

static void free_all(struct sweep *s)
{
    for (size_t i = 0; s->results && i < s->n_points; i++) free(s->results[i].error);
    free(s->results);
    for (size_t i = 0; i < s->n_axes; i++) free_axis(&s->axes[i]);
    for (size_t i = 0; i < s->n_models; i++) ets_model_free(s->models[i]);
    ets_arch_free(s->base);
}

static int write_all(const struct sweep *s)
{
    struct output out;
    int status = open_output(&out, s->a->output);
    if (status == EXIT_GOOD) status = write_sweep(s, &out);
    return close_output(&out, status == EXIT_GOOD);
}

static bool any_is_possible(const struct sweep *s)
{
    for (size_t i = 0; i < s->n_points; i++)
        if (!s->results[i].error) return true;
    return false;
}

int command_sweep(const struct arguments *a)
{
    static struct sweep s;
    FILE *log = NULL;
    s.a = a;
    if (a->n_operands > MOST_OPERANDS) return fail_usage("sweep", "more than %d models", MOST_OPERANDS);
    if (!a->n_operands) return fail_usage("sweep", "which model? A .tflite, a YAML graph, or the name of a reference model");
    if (!a->n_varied) return fail_usage("sweep", "vary what? --vary clock_hz=250M,500M");
    if (a->plot && !is_svg(a->plot)) return fail_usage("sweep", "--plot writes SVG; name it so: '%s'", a->plot);
    int status = read_objective(&s, a->objective);
    if (status == EXIT_GOOD) status = load_all(&s);
    if (status == EXIT_GOOD) status = check_output(a->output);
    if (status == EXIT_GOOD) status = check_output(a->plot);
    if (status == EXIT_GOOD) status = open_log(&s, &log);
    if (status == EXIT_GOOD) status = run_sweep(&s, threads_of(a), log);
    if (status == EXIT_GOOD) mark_front(&s);
    if (status == EXIT_GOOD) status = write_all(&s);
    close_log(&s, log, status == EXIT_GOOD);
    if (status == EXIT_GOOD && a->plot) status = plot_sweep(&s, a->plot);
    if (status == EXIT_GOOD && !any_is_possible(&s)) status = fail("no point of the sweep is possible");
    free_all(&s);
    return status;
}
