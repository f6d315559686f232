/* cmd_explain.c - explain: one layer of a model, in detail. */
#include <stdlib.h>
#include <string.h>

#include "options.h"

enum { MOST_NAMED = 5 };

/* All digits: a number. */
static bool read_index(const char *word, size_t *out)
{
    char *end;
    if (!word[0] || word[strspn(word, "0123456789")]) return false;
    unsigned long long n = strtoull(word, &end, 10);
    *out = n < SIZE_MAX ? (size_t)n : SIZE_MAX;
    return true;
}

static int no_such_layer(const struct arguments *a, const ets_model *m, const char *word)
{
    size_t n = ets_model_describe(m).n_ops;
    const char **names = calloc(n + 1, sizeof *names);
    if (!names) return fail("out of memory");
    for (size_t i = 0; i < n; i++) names[i] = ets_model_layer_name(m, i);
    const char *meant = near_name(word, names, sizeof *names);
    char text[300];
    if (meant) snprintf(text, sizeof text, "%s has no layer '%.80s'; did you mean '%.120s'?", a->operand, word, meant);
    else snprintf(text, sizeof text, "%s has no layer '%.80s'; 'edgetpu-sim inspect %.80s' lists its %zu", a->operand, word, a->operand, n);
    free(names);
    return fail(text);
}

static int several_layers(const struct arguments *a, const ets_model *m, const char *word, size_t n_found)
{
    char text[600];
    size_t used = (size_t)snprintf(text, sizeof text, "%zu layers of %.80s begin with '%.80s':", n_found, a->operand, word), shown = 0;
    for (size_t i = 0; i < ets_model_describe(m).n_ops && shown < MOST_NAMED; i++)
        if (strncmp(ets_model_layer_name(m, i), word, strlen(word)) == 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s '%.60s' (%zu)", shown++ ? "," : "", ets_model_layer_name(m, i), i);
    snprintf(text + used, sizeof text - used, "%s", n_found > shown ? ", ..." : "");
    return fail(text);
}

/* A name, a number, or how one name begins. */
static int find_layer(const struct arguments *a, const ets_model *m, const char *word, size_t *out)
{
    size_t n = ets_model_describe(m).n_ops, found = 0, named = 0;
    char text[300];
    for (size_t i = n; i-- > 0;)
        if (strcmp(ets_model_layer_name(m, i), word) == 0) { *out = i; named++; }
    if (named == 1) return EXIT_GOOD;
    if (!named && read_index(word, out)) {
        if (*out < n) return EXIT_GOOD;
        snprintf(text, sizeof text, "%.80s has no layer %.80s; its last one is %zu", a->operand, word, n - 1);
        return fail(text);
    }
    for (size_t i = n; i-- > 0;)
        if (strncmp(ets_model_layer_name(m, i), word, strlen(word)) == 0) { *out = i; found++; }
    if (found == 1) return EXIT_GOOD;
    return found ? several_layers(a, m, word, found) : no_such_layer(a, m, word);
}

static int write_explanation(const struct arguments *a, const ets_explanation *e)
{
    struct output out;
    ets_error err;
    ets_status written = ETS_OK;
    int status = open_output(&out, a->output);
    if (status == EXIT_GOOD) {
        ets_format_options o = format_options(&out, a);
        ets_writer to = writer_of(&out);
        written = ets_explanation_write(e, a->format, &o, &to, &err);
    }
    return close_written(&out, status, written, &err);
}

static int explain(const struct arguments *a, const ets_arch *arch, const ets_model *model)
{
    ets_options o = ETS_OPTIONS_INIT;
    ets_explanation *e = NULL;
    ets_error err;
    size_t layer = 0;
    o.multi_subgraph = a->multi_subgraph;
    int status = find_layer(a, model, a->operands[1], &layer);
    if (status != EXIT_GOOD) return status;
    if (ets_explain(arch, model, layer, &o, NULL, &e, &err) != ETS_OK) return fail(err.text);
    status = write_explanation(a, e);
    ets_explanation_free(e);
    return status;
}

int command_explain(const struct arguments *a)
{
    ets_arch *arch = NULL;
    ets_model *model = NULL;
    if (!a->n_operands) return fail_usage(a->command, "which model, which layer?");
    if (a->n_operands < 2) return fail_usage(a->command, "which layer of %s? A name, a number, or how a name begins", a->operand);
    int status = load_arch(a, a->arch, &arch);
    if (status == EXIT_GOOD) status = load_model(a, a->operand, &model);
    if (status == EXIT_GOOD) status = explain(a, arch, model);
    ets_model_free(model);
    ets_arch_free(arch);
    return status;
}
