/* cmd_arch.c - arch: the machines there are, or one with every value, its unit and where it comes from. */
#include <stdlib.h>
#include <string.h>

#include "listing.h"

static const char *field(const ets_arch *arch, const char *key)
{
    for (size_t i = 0; i < ets_arch_field_count(arch); i++) {
        ets_arch_field f = ets_arch_field_at(arch, i);
        if (strcmp(f.key, key) == 0) return f.value;
    }
    return "";
}

static int add_one(void *ctx, const char *name, const char *path)
{
    struct listing *l = ctx;
    ets_arch *arch = NULL;
    ets_error err;
    l->n++;
    table_cell(&l->table, "%s", name);
    if (ets_arch_load_beside(path, l->beside, NULL, 0, NULL, &arch, &err) == ETS_OK) table_cell(&l->table, "%s", field(arch, "description"));
    else table_cell(&l->table, "(cannot be read: %s)", err.text);
    ets_arch_free(arch);
    return 0;
}

static int print_one_json(void *ctx, const char *name, const char *path)
{
    struct listing *l = ctx;
    ets_arch *arch = NULL;
    l->n++;
    if (ets_arch_load_beside(path, l->beside, NULL, 0, NULL, &arch, NULL) != ETS_OK) return 0;
    put_listed_name(l, name);
    fputs(", \"description\": ", l->to);
    print_json_text(l->to, field(arch, "description"));
    fputs("}", l->to);
    ets_arch_free(arch);
    return 0;
}

static int print_list(const struct arguments *a, const struct output *out)
{
    static const struct table_column columns[] = {{NULL, STAYS, false, ALL_OF_IT, 0}, {NULL, STAYS, false, ITS_BEGINNING, 60}};
    const struct listed archs = {"arch", "{\n  \"schema\": \"edgetpu_sim.archs/1\",\n  \"archs\": [",
                                 "no machine is found; EDGETPU_SIM_DATA names the folder that holds arch/ and models/",
                                 columns, sizeof columns / sizeof *columns, add_one, print_one_json};
    return print_listing(a, out, &archs);
}

static void print_json(FILE *to, const ets_arch *arch)
{
    fputs("{\n  \"schema\": \"edgetpu_sim.arch/1\",\n  \"fields\": [", to);
    for (size_t i = 0; i < ets_arch_field_count(arch); i++) {
        ets_arch_field f = ets_arch_field_at(arch, i);
        const char *const parts[][2] = {{"key", f.key}, {"value", f.value}, {"unit", f.unit}, {"mark", f.mark},
                                        {"origin", f.origin}, {"source", f.source}, {"doc", f.doc}};
        fputs(i ? ",\n    {" : "\n    {", to);
        for (size_t k = 0; k < 7; k++) {
            fprintf(to, "%s\"%s\": ", k ? ", " : "", parts[k][0]);
            print_json_text(to, parts[k][1]);
        }
        fputs("}", to);
    }
    fputs("\n  ]\n}\n", to);
}

/* "tile.cells" reads as `--set tile.cells=..` would be typed. */
static int print_fields(const struct output *out, const ets_arch *arch)
{
    static const struct table_column columns[] = {
        {"key", STAYS, false, ALL_OF_IT, 0}, {"value", STAYS, true, ITS_BEGINNING, 17}, {"unit", STAYS, false, ALL_OF_IT, 0},
        {"mark", STAYS, false, ALL_OF_IT, 0}, {"origin", 1, false, ALL_OF_IT, 0},  {"source", 2, false, ITS_BEGINNING, 32},
    };
    struct table t;
    table_begin(&t, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < ets_arch_field_count(arch); i++) {
        ets_arch_field f = ets_arch_field_at(arch, i);
        if (strcmp(f.key, "name") == 0 || strcmp(f.key, "description") == 0) continue;
        table_cell(&t, "%s", f.key);
        table_cell(&t, "%s", f.value);
        table_cell(&t, "%s", f.unit);
        table_cell(&t, "%s", f.mark);
        table_cell(&t, "%s", f.origin);
        table_cell(&t, "%s", f.source);
    }
    return table_put(&t, out->to, width_of(out));
}

static int print_machine(const struct arguments *a, struct output *out)
{
    ets_arch *arch = NULL;
    int status = load_arch(a, a->operand, &arch);
    if (status != EXIT_GOOD) return status;
    if (a->format == ETS_FORMAT_JSON) print_json(out->to, arch);
    else {
        int n = fprintf(out->to, "%s: ", ets_arch_name(arch));
        put_words(out->to, field(arch, "description"), n > 0 ? (size_t)n : 0, 2, width_of(out));
        fputs("\n", out->to);
        status = print_fields(out, arch);
    }
    ets_arch_free(arch);
    return status;
}

int command_arch(const struct arguments *a)
{
    struct output out;
    if (a->n_settings && !a->operand) return fail_usage("arch", "--set: of which machine?");
    int status = open_output(&out, a->output);
    if (status == EXIT_GOOD) status = a->operand ? print_machine(a, &out) : print_list(a, &out);
    return close_output(&out, status == EXIT_GOOD);
}
