/* cmd_arch.c - arch: the machines there are, or one with every value, its unit and where it comes from. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const char *field(const ets_arch *arch, const char *key)
{
    for (size_t i = 0; i < ets_arch_field_count(arch); i++) {
        ets_arch_field f = ets_arch_field_at(arch, i);
        if (strcmp(f.key, key) == 0) return f.value;
    }
    return "";
}

struct list { FILE *to; const char *between; size_t n; };

static int print_one(void *ctx, const char *name, const char *path)
{
    struct list *l = ctx;
    ets_arch *arch = NULL;
    ets_error err;
    l->n++;
    if (ets_arch_load(path, NULL, 0, NULL, &arch, &err) == ETS_OK)
        fprintf(l->to, "%-22s %s\n", name, field(arch, "description"));
    else
        fprintf(l->to, "%-22s (cannot be read: %s)\n", name, err.text);
    ets_arch_free(arch);
    return 0;
}

static int print_one_json(void *ctx, const char *name, const char *path)
{
    struct list *l = ctx;
    ets_arch *arch = NULL;
    l->n++;
    if (ets_arch_load(path, NULL, 0, NULL, &arch, NULL) != ETS_OK) return 0;
    fprintf(l->to, "%s\n    {\"name\": ", l->between);
    print_json_text(l->to, name);
    fputs(", \"description\": ", l->to);
    print_json_text(l->to, field(arch, "description"));
    fputs("}", l->to);
    l->between = ",";
    ets_arch_free(arch);
    return 0;
}

static int print_list(const struct arguments *a, FILE *to)
{
    struct list l = {to, "", 0};
    ets_error err;
    bool json = a->format == ETS_FORMAT_JSON;
    if (json) fputs("{\n  \"schema\": \"edgetpu_sim.archs/1\",\n  \"archs\": [", to);
    if (ets_data_list("arch", a->beside, json ? print_one_json : print_one, &l, NULL, &err) != ETS_OK) return fail(err.text);
    if (json) fputs("\n  ]\n}\n", to);
    return l.n ? EXIT_GOOD : fail("no machine is found; EDGETPU_SIM_DATA names the folder that holds arch/ and models/");
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
static void print_fields(FILE *to, const ets_arch *arch)
{
    int width = 12;
    for (size_t i = 0; i < ets_arch_field_count(arch); i++) {
        ets_arch_field f = ets_arch_field_at(arch, i);
        bool shown = strcmp(f.key, "name") != 0 && strcmp(f.key, "description") != 0;
        if (shown && (int)strlen(f.value) > width) width = (int)strlen(f.value);
    }
    fprintf(to, "%-30s %*s %-11s %-8s %s\n", "key", width, "value", "unit", "mark", "origin: source");
    for (size_t i = 0; i < ets_arch_field_count(arch); i++) {
        ets_arch_field f = ets_arch_field_at(arch, i);
        if (strcmp(f.key, "name") == 0 || strcmp(f.key, "description") == 0) continue;
        fprintf(to, "%-30s %*s %-11s %-8s %s%s%s\n", f.key, width, f.value, f.unit, f.mark, f.origin, f.source[0] ? ": " : "", f.source);
    }
}

static int print_machine(const struct arguments *a, struct output *out)
{
    ets_arch *arch = NULL;
    int status = load_arch(a, a->operand, &arch);
    if (status != EXIT_GOOD) return status;
    if (a->format == ETS_FORMAT_JSON) print_json(out->to, arch);
    else {
        fprintf(out->to, "%s: %s\n\n", ets_arch_name(arch), field(arch, "description"));
        print_fields(out->to, arch);
    }
    ets_arch_free(arch);
    return EXIT_GOOD;
}

int command_arch(const struct arguments *a)
{
    struct output out;
    int status = open_output(&out, a->output);
    if (status == EXIT_GOOD) status = a->operand ? print_machine(a, &out) : print_list(a, out.to);
    return close_output(&out, status == EXIT_GOOD);
}
