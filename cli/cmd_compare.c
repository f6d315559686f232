/* cmd_compare.c - compare: a model on two machines, or on one and on the same with other values, layer by layer. */
#include <inttypes.h>
#include <stdlib.h>

#include "cli.h"
#include "table.h"

/* `settings`: what B has that its file does not. */
struct pair { const ets_report *a, *b; const ets_setting *settings; size_t n_settings; };

static double us(const ets_layer *l) { return (double)l->latency_ns / 1e3; }

static const char *bound(const ets_layer *l) { return l->where == ETS_ON_HOST ? "host" : ets_bound_name(l->bound_by); }

/* What is not a layer: transfers and fixed costs. */
static uint64_t outside_cycles(const ets_report *r)
{
    uint64_t cycles = ets_report_summary(r)->cycles;
    for (size_t i = 0; i < ets_report_layer_count(r); i++) cycles -= ets_report_layer(r, i)->cycles;
    return cycles;
}

static double outside_us(const ets_report *r)
{
    return (double)outside_cycles(r) * 1e6 / (double)ets_report_summary(r)->clock_hz;
}

static void put_time(struct table *t, const ets_layer *l)
{
    if (l->timed) table_cell(t, "%.1f", us(l));
    else table_cell(t, "host");
}

static void put_ratio(struct table *t, double a, double b)
{
    if (a > 0 && b > 0) table_cell(t, "%.2f", b / a);
    else table_cell(t, "-");
}

static void put_total(struct table *t, const char *name, double x, double y)
{
    table_cell(t, "%s", "");
    table_cell(t, "%s", name);
    table_cell(t, "%s", "");
    table_cell(t, "%.1f", x);
    table_cell(t, "%.1f", y);
    put_ratio(t, x, y);
    for (int k = 0; k < 2; k++) table_cell(t, "%s", "");
}

/* What the times of both machines leave out or guess. */
static void put_notes(const struct output *out, const ets_summary *a, const ets_summary *b)
{
    const char *of_host = NULL;
    char no_room[128];
    if (!a->complete || !b->complete) of_host = "operators on the host whose times are not known are not in the sums";
    else if (a->n_host_layers || b->n_host_layers) of_host = "times of operators on the host are rough estimates";
    bool overfull = a->n_overfull_layers || b->n_overfull_layers;
    snprintf(no_room, sizeof no_room, "%" PRIu32 " operators of A and %" PRIu32 " of B need more memory than a tile has; they are timed as if it was there",
             a->n_overfull_layers, b->n_overfull_layers);
    if (of_host || overfull) fputs("\n", out->to);
    if (of_host) put_words(out->to, of_host, 0, 2, width_of(out));
    if (overfull) put_words(out->to, no_room, 0, 2, width_of(out));
}

static int write_table(const struct output *out, const struct pair *p)
{
    static const struct table_column columns[] = {
        {"#", STAYS, true, ALL_OF_IT, 0},  {"layer", STAYS, false, ITS_END, 18}, {"op", 1, false, ITS_BEGINNING, 9},
        {"A us", STAYS, true, ALL_OF_IT, 0}, {"B us", STAYS, true, ALL_OF_IT, 0}, {"B/A", STAYS, true, ALL_OF_IT, 0},
        {"A bound by", 2, false, ALL_OF_IT, 0}, {"B bound by", 3, false, ALL_OF_IT, 0},
    };
    const ets_summary *a = ets_report_summary(p->a), *b = ets_report_summary(p->b);
    struct table t;
    table_begin(&t, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < ets_report_layer_count(p->a); i++) {
        const ets_layer *x = ets_report_layer(p->a, i), *y = ets_report_layer(p->b, i);
        table_cell(&t, "%zu", i);
        table_cell(&t, "%s", x->name);
        table_cell(&t, "%s", x->op);
        put_time(&t, x);
        put_time(&t, y);
        put_ratio(&t, us(x), us(y));
        table_cell(&t, "%s", bound(x));
        table_cell(&t, "%s", bound(y));
    }
    put_total(&t, "transfers, call", outside_us(p->a), outside_us(p->b));
    put_total(&t, "all", (double)a->latency_ns / 1e3, (double)b->latency_ns / 1e3);
    fprintf(out->to, "%s\n  A: %s\n  B: %s", ets_report_model_name(p->a), ets_report_arch_name(p->a), ets_report_arch_name(p->b));
    for (size_t i = 0; i < p->n_settings; i++) fprintf(out->to, "%s%s=%s", i ? ", " : " with ", p->settings[i].key, p->settings[i].value);
    fputs("\n\n", out->to);
    int status = table_put(&t, out->to, width_of(out));
    put_notes(out, a, b);
    return status;
}

static void write_csv(FILE *to, const struct pair *p)
{
    fputs("index,name,op,a_us,b_us,a_bound_by,b_bound_by,a_cycles,b_cycles\r\n", to);
    for (size_t i = 0; i < ets_report_layer_count(p->a); i++) {
        const ets_layer *l[2] = {ets_report_layer(p->a, i), ets_report_layer(p->b, i)};
        fprintf(to, "%zu,", i);
        print_csv_text(to, l[0]->name);
        fputs(",", to);
        print_csv_text(to, l[0]->op);
        for (int k = 0; k < 2; k++) {
            fputs(",", to);
            if (l[k]->timed) fprintf(to, "%.3f", us(l[k]));
        }
        fprintf(to, ",%s,%s", bound(l[0]), bound(l[1]));
        for (int k = 0; k < 2; k++) {
            fputs(",", to);
            if (l[k]->timed) fprintf(to, "%" PRIu64, l[k]->cycles);
        }
        fputs("\r\n", to);
    }
    fprintf(to, ",transfers and fixed costs,phase,%.3f,%.3f,,,%" PRIu64 ",%" PRIu64 "\r\n", outside_us(p->a), outside_us(p->b),
            outside_cycles(p->a), outside_cycles(p->b));
}

static void put_cycles(FILE *to, const struct pair *p, size_t i)
{
    const ets_report *r[2] = {p->a, p->b};
    fputs(", \"cycles\": [", to);
    for (int k = 0; k < 2; k++) {
        fputs(k ? ", " : "", to);
        const ets_layer *l = ets_report_layer(r[k], i);
        if (l->timed) fprintf(to, "%" PRIu64, l->cycles);
        else fputs("null", to);
    }
    fputs("]", to);
}

static void write_json(FILE *to, const struct pair *p)
{
    const ets_report *r[2] = {p->a, p->b};
    fputs("{\n  \"schema\": \"edgetpu_sim.compare/1\",\n  \"model\": ", to);
    print_json_text(to, ets_report_model_name(p->a));
    fputs(",\n  \"archs\": [", to);
    for (int k = 0; k < 2; k++) {
        fputs(k ? ", " : "", to);
        print_json_text(to, ets_report_arch_name(r[k]));
    }
    fputs("],\n  \"settings\": [", to);
    for (size_t i = 0; i < p->n_settings; i++) {
        fputs(i ? ", {\"key\": " : "{\"key\": ", to);
        print_json_text(to, p->settings[i].key);
        fputs(", \"value\": ", to);
        print_json_text(to, p->settings[i].value);
        fputs("}", to);
    }
    const ets_summary *s[2] = {ets_report_summary(p->a), ets_report_summary(p->b)};
    fprintf(to, "],\n  \"cycles\": [%" PRIu64 ", %" PRIu64 "],\n  \"latency_ms\": [%.6f, %.6f],\n  \"other_cycles\": [%" PRIu64 ", %" PRIu64 "],\n",
            s[0]->cycles, s[1]->cycles, (double)s[0]->latency_ns / 1e6, (double)s[1]->latency_ns / 1e6, outside_cycles(p->a), outside_cycles(p->b));
    fprintf(to, "  \"overfull_layers\": [%" PRIu32 ", %" PRIu32 "],\n  \"layers\": [\n", s[0]->n_overfull_layers, s[1]->n_overfull_layers);
    size_t n = ets_report_layer_count(p->a);
    for (size_t i = 0; i < n; i++) {
        fprintf(to, "    {\"index\": %zu, \"name\": ", i);
        print_json_text(to, ets_report_layer(p->a, i)->name);
        fputs(", \"op\": ", to);
        print_json_text(to, ets_report_layer(p->a, i)->op);
        put_cycles(to, p, i);
        fputs(", \"latency_us\": [", to);
        for (int k = 0; k < 2; k++) {
            const ets_layer *l = ets_report_layer(r[k], i);
            fputs(k ? ", " : "", to);
            if (l->timed) fprintf(to, "%.3f", us(l));
            else fputs("null", to);
        }
        fputs(i + 1 < n ? "]},\n" : "]}\n", to);
    }
    fputs("  ]\n}\n", to);
}

static int write_pair(const struct arguments *a, const struct pair *p)
{
    struct output out;
    int status = open_output(&out, a->output);
    if (status == EXIT_GOOD && a->format == ETS_FORMAT_CSV) write_csv(out.to, p);
    else if (status == EXIT_GOOD && a->format == ETS_FORMAT_JSON) write_json(out.to, p);
    else if (status == EXIT_GOOD) status = write_table(&out, p);
    return close_output(&out, status == EXIT_GOOD);
}

/* A as it is; B as its file, or A, has it, with what --set says. */
static int load_both(const struct arguments *a, ets_arch **arch)
{
    struct arguments as_it_is = *a;
    ets_error err;
    as_it_is.n_settings = 0;
    int status = load_arch(&as_it_is, a->n_archs ? a->archs[0] : a->arch, &arch[0]);
    if (status != EXIT_GOOD) return status;
    if (a->n_archs == 2) return load_arch(a, a->archs[1], &arch[1]);
    return ets_arch_with(arch[0], a->settings, a->n_settings, NULL, &arch[1], &err) == ETS_OK ? EXIT_GOOD : fail_option("--set", &err);
}

int command_compare(const struct arguments *a)
{
    ets_arch *arch[2] = {NULL, NULL};
    ets_report *report[2] = {NULL, NULL};
    ets_model *model = NULL;
    ets_options o = ETS_OPTIONS_INIT;
    ets_error err;
    if (!a->operand) return fail_usage("compare", "which model? A .tflite, a YAML graph, or the name of a reference model");
    if (a->n_archs != 2 && (a->n_archs > 2 || !a->n_settings)) return fail_usage("compare", "two machines: --arch A --arch B, or --arch A --set KEY=VALUE");
    o.multi_subgraph = a->multi_subgraph;
    int status = load_model(a, a->operand, &model);
    if (status == EXIT_GOOD) status = load_both(a, arch);
    for (int k = 0; k < 2 && status == EXIT_GOOD; k++)
        if (ets_simulate(arch[k], model, &o, NULL, &report[k], &err) != ETS_OK) status = fail(err.text);
    struct pair p = {report[0], report[1], a->settings, a->n_settings};
    if (status == EXIT_GOOD) status = write_pair(a, &p);
    for (int k = 0; k < 2; k++) {
        ets_report_free(report[k]);
        ets_arch_free(arch[k]);
    }
    ets_model_free(model);
    return status;
}
