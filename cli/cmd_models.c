/* cmd_models.c - models: the reference models that ship, and what they are. */
#include <inttypes.h>

#include "listing.h"

static int add_row(void *ctx, const char *name, const char *path)
{
    struct listing *m = ctx;
    ets_model *model = NULL;
    ets_error err;
    m->n++;
    table_cell(&m->table, "%s", name);
    if (ets_model_load(path, NULL, &model, &err) != ETS_OK) {
        for (int i = 0; i < 3; i++) table_cell(&m->table, "%s", "");
        table_cell(&m->table, "cannot be read: %s", err.text);
        return 0;
    }
    ets_model_info info = ets_model_describe(model);
    table_cell(&m->table, "%u", info.n_ops);
    table_cell(&m->table, "%.3f", 1e-9 * (double)info.macs);
    table_cell(&m->table, "%.2f", 1e-6 * (double)info.weight_count);
    table_cell(&m->table, "%s", "");
    ets_model_free(model);
    return 0;
}

/* One that cannot be read is left out. */
static int add_json(void *ctx, const char *name, const char *path)
{
    struct listing *m = ctx;
    ets_model *model = NULL;
    m->n++;
    if (ets_model_load(path, NULL, &model, NULL) != ETS_OK) return 0;
    ets_model_info info = ets_model_describe(model);
    put_listed_name(m, name);
    fprintf(m->to, ", \"operators\": %u, \"macs\": %" PRIu64 ", \"weights\": %" PRIu64 "}", info.n_ops, info.macs, info.weight_count);
    ets_model_free(model);
    return 0;
}

static int print_models(const struct arguments *a, const struct output *out)
{
    static const struct table_column columns[] = {
        {"model", STAYS, false, ALL_OF_IT, 0}, {"operators", STAYS, true, ALL_OF_IT, 0},  {"G MACs", STAYS, true, ALL_OF_IT, 0},
        {"M weights", STAYS, true, ALL_OF_IT, 0}, {"", STAYS, false, ITS_BEGINNING, 20},
    };
    const struct listed models = {"models", "{\n  \"schema\": \"edgetpu_sim.models/1\",\n  \"models\": [",
                                  "no model is found; EDGETPU_SIM_DATA names the folder that holds arch/ and models/",
                                  columns, sizeof columns / sizeof *columns, add_row, add_json};
    return print_listing(a, out, &models);
}

int command_models(const struct arguments *a)
{
    struct output out;
    int status = open_output(&out, a->output);
    if (status == EXIT_GOOD) status = print_models(a, &out);
    return close_output(&out, status == EXIT_GOOD);
}
