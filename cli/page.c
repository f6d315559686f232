/* page.c - profile --format html: one report or two, each with what would help. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

/* Of more layers than that, each is not tried alone: that is a prediction of the whole network each time. */
enum { MOST_SHOWN = 3, MOST_TRIED_ALONE = 1500 };

struct side {
    ets_arch *arch;
    ets_model *model;
    ets_report *report;
    ets_change *changes;
    size_t n_changes;
};

/* One a layer, and one of each kind for the network; a window of one pixel is no advice: it would see nothing of its neighbours. */
static bool worth_showing(const struct side *s, const ets_change *c)
{
    for (size_t i = 0; i < s->n_changes; i++) {
        bool same_kind = c->layer != ETS_WHOLE_NETWORK || s->changes[i].dimension == c->dimension;
        if (s->changes[i].layer == c->layer && same_kind) return false;
    }
    return c->saved_ns > 0 && !(c->dimension == ETS_DIMENSION_KERNEL && c->to == 1);
}

static int by_gain(const void *x, const void *y)
{
    const ets_change *a = x, *b = y;
    if (a->saved_ns != b->saved_ns) return a->saved_ns > b->saved_ns ? -1 : 1;
    return a->layer != b->layer ? (a->layer > b->layer ? -1 : 1) : (int)a->dimension - (int)b->dimension;
}

/* All there are; those of the network first, which are less work. */
static ets_status ask(ets_predictor *p, const ets_model *model, ets_change *all, size_t capacity, size_t *n, ets_error *err)
{
    size_t whole = 0, layers = 0;
    ets_status status = ets_network_changes(p, model, all, capacity, &whole, err);
    if (status == ETS_OK && ets_model_describe(model).n_ops <= MOST_TRIED_ALONE)
        status = ets_sensitivity(p, model, all + whole, capacity - whole, &layers, err);
    *n = whole + layers;
    return status;
}

/* A network that cannot be stated anew has no changes to show; the page then says nothing of them. */
static int find_changes(const struct arguments *a, const ets_arch *arch, const ets_model *model, struct side *s)
{
    ets_predictor_options o = ETS_PREDICTOR_OPTIONS_INIT;
    ets_predictor *p = NULL;
    ets_error err;
    size_t capacity = 3 * ets_report_layer_count(s->report) + ETS_MOST_NETWORK_CHANGES, n = 0;
    o.multi_subgraph = a->multi_subgraph;
    s->changes = malloc(capacity * sizeof *s->changes);
    if (!s->changes) return fail("out of memory");
    ets_status status = ets_predictor_new(arch, &o, NULL, &p, &err);
    if (status == ETS_OK) status = ask(p, model, s->changes, capacity, &n, &err);
    ets_predictor_free(p);
    if (status != ETS_OK) n = 0;
    qsort(s->changes, n, sizeof *s->changes, by_gain);
    for (size_t i = 0; i < n && s->n_changes < MOST_SHOWN; i++)
        if (worth_showing(s, &s->changes[i])) s->changes[s->n_changes++] = s->changes[i];
    if (status != ETS_UNSUPPORTED) return status == ETS_OK ? EXIT_GOOD : fail(err.text);
    free(s->changes);
    s->changes = NULL;
    return EXIT_GOOD;
}

static int fill_side(const struct arguments *a, const ets_arch *arch, const ets_model *model, struct side *s)
{
    ets_options o = ETS_OPTIONS_INIT;
    ets_error err;
    o.multi_subgraph = a->multi_subgraph;
    if (ets_simulate(arch, model, &o, NULL, &s->report, &err) != ETS_OK) return fail(err.text);
    return find_changes(a, arch, model, s);
}

/* --compare names a machine or a model, shipped or a file; of what is neither, the machine's message says so if a machine was
 * meant: the file is one, or the name is near one. */
static int fill_other(const struct arguments *a, const ets_arch *arch, const ets_model *model, struct side *s)
{
    ets_error of_arch, of_model;
    if (find_and_load_arch(a, a->compared, &s->arch, &of_arch) == ETS_OK) return fill_side(a, s->arch, model, s);
    ets_status status = find_and_load_model(a, a->compared, &s->model, &of_model);
    if (status == ETS_OK) return fill_side(a, arch, s->model, s);
    bool near_a_machine = status == ETS_IO && strstr(of_arch.text, "did you mean");
    return fail(status == ETS_UNSUPPORTED || near_a_machine ? of_arch.text : of_model.text);
}

static void drop(struct side *s)
{
    free(s->changes);
    ets_report_free(s->report);
    ets_model_free(s->model);
    ets_arch_free(s->arch);
}

int write_page(const struct arguments *a, const ets_arch *arch, const ets_model *model)
{
    struct side sides[2];
    struct output out;
    ets_error err;
    memset(sides, 0, sizeof sides);
    size_t n = a->compared ? 2 : 1;
    int status = fill_side(a, arch, model, &sides[0]);
    if (status == EXIT_GOOD && a->compared) status = fill_other(a, arch, model, &sides[1]);
    if (status == EXIT_GOOD && (status = open_output(&out, a->output)) == EXIT_GOOD) {
        ets_page_part parts[2];
        ets_writer to = writer_of(&out);
        for (size_t i = 0; i < n; i++) parts[i] = (ets_page_part){sides[i].report, sides[i].changes, sides[i].n_changes};
        ets_status written = ets_page_write(parts, n, &to, &err);
        status = close_written(&out, status, written, &err);
    }
    drop(&sides[0]);
    drop(&sides[1]);
    return status;
}
