/* report_table.c - the report for people: where the time of an inference goes, heavy rows at a glance; then the totals. All rows
 * add up to the total; a table that shows some of them says how much of it they are. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "report/table.h"

enum { BAR = 8, OP_WIDTH = 9 };

enum { NAME_WHOLE = 18 }; /* "block11.depthwise" */

/* Columns, in their order, with the least width; names take what is left. Where the width does not do, those with the lowest rank go
 * first. */
enum column { INDEX, NAME, OP, OUTPUT, MACS, PARAMETERS, TIME, SHARE, TIME_BAR, UTILIZATION, BOUND, SPLIT, COLUMNS };
static const struct { const char *title; uint8_t width, rank; bool right; } columns[COLUMNS] = {
    [INDEX] = {"#", 3, 9, true}, [NAME] = {"layer", 0, 9, false}, [OP] = {"op", OP_WIDTH, 3, false},
    [OUTPUT] = {"output", 13, 1, false}, [MACS] = {"MACs", 5, 4, true}, [PARAMETERS] = {"params", 6, 2, true},
    [TIME] = {"us", 8, 9, true}, [SHARE] = {"%", 5, 8, true}, [TIME_BAR] = {"", BAR, 5, false},
    [UTILIZATION] = {"util%", 5, 6, true}, [BOUND] = {"bound by", 12, 7, false}, [SPLIT] = {"", 0, 9, false},
};
static const char *const kinds[ETI_KINDS] = {
    [ETS_BOUND_COMPUTE] = "comp", [ETS_BOUND_PSUM] = "psum", [ETS_BOUND_WEIGHTS] = "para", [ETS_BOUND_HALO] = "halo",
    [ETS_BOUND_LINK] = "link", [ETS_BOUND_MOVE] = "move", [ETS_BOUND_SYNC] = "sync", [ETS_BOUND_MEMORY] = "dram", [ETI_KIND_CALL] = "call",
    [ETI_KIND_HOST_OP] = "host",
};

struct table {
    const ets_report *r;
    const ets_format_options *o;
    struct eti_text *out;
    struct eti_style s;
    bool shown[COLUMNS], kind[ETI_KINDS];
    size_t width[COLUMNS], blanks; /* blanks: owed to the next cell, so that no line ends in them */
    double heaviest, total;
};

/* ------------------------------------------------------------------ which columns ------------------------ */

/* `names`: columns for names. */
static size_t needed(const struct table *t, size_t names)
{
    size_t sum = names;
    for (int c = 0; c < COLUMNS; c++) sum += t->shown[c] ? (c == NAME ? 0 : t->width[c]) + (c > 0) : 0;
    for (int k = 0; k < ETI_KINDS; k++) sum += t->shown[SPLIT] && t->kind[k] ? 6 : 0;
    return t->shown[SPLIT] ? sum - 1 : sum;
}

static void choose_columns(struct table *t, size_t longest)
{
    size_t width = eti_row_width_of(t->o); /* names that lose their beginning look alike: other columns go first, up to a length */
    size_t names = t->o->split || longest < ETI_NAME_LEAST ? ETI_NAME_LEAST : longest < NAME_WHOLE ? longest : NAME_WHOLE;
    for (int c = 0; c < COLUMNS; c++) t->shown[c] = t->o->split ? c == INDEX || c == NAME || c == TIME || c == SHARE || c == SPLIT : c != SPLIT;
    for (;;) {
        int least = NAME;
        for (int c = 0; c < COLUMNS; c++)
            if (t->shown[c] && columns[c].rank < columns[least].rank) least = c;
        if (needed(t, names) <= width || least == NAME) break;
        t->shown[least] = false;
    }
    size_t room = needed(t, 0) + ETI_NAME_LEAST <= width ? width - needed(t, 0) : ETI_NAME_LEAST;
    t->width[NAME] = longest > room ? room : longest > ETI_NAME_LEAST ? longest : ETI_NAME_LEAST;
}

/* ------------------------------------------------------------------ cells -------------------------------- */

static void cell(struct table *t, enum column c, const char *text)
{
    size_t width = t->width[c], used = eti_text_columns(text);
    if (!t->shown[c]) return;
    if (c > 0) t->blanks++;
    if (columns[c].right && used < width) t->blanks += width - used;
    if (*text) {
        eti_text_printf(t->out, "%*s", (int)t->blanks, "");
        t->blanks = 0;
        eti_cell_left(t->out, text, used < width ? used : width);
    }
    if (!columns[c].right && used < width) t->blanks += width - used;
}

static void cell_number(struct table *t, enum column c, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.1f", value);
    cell(t, c, text);
}

static void cell_bar(struct table *t, uint64_t cycles)
{
    if (!t->shown[TIME_BAR]) return;
    double share = t->heaviest > 0 ? (double)cycles / t->heaviest : 0;
    eti_text_printf(t->out, "%*s%s", (int)t->blanks + 1, "", share >= 0.5 ? t->s.hot : "");
    eti_cell_bar(t->out, share, BAR);
    eti_text_add(t->out, share >= 0.5 ? t->s.off : "");
    t->blanks = 0;
}

static void cells_split(struct table *t, const struct eti_row *row)
{
    struct eti_shares p = eti_shares_of_row(row);
    uint64_t all = eti_row_cycles(row);
    if (!t->shown[SPLIT]) return;
    for (int k = 0; k < ETI_KINDS; k++) {
        uint64_t part = p.by[k];
        if (!t->kind[k]) continue;
        t->blanks += part ? 0 : 6;
        if (!part) continue;
        eti_text_printf(t->out, "%*s%6.1f", (int)t->blanks, "", all ? 100 * (double)part / (double)all : 0);
        t->blanks = 0;
    }
}

static void end_row(struct table *t)
{
    t->blanks = 0;
    eti_text_add(t->out, "\n");
}

/* ------------------------------------------------------------------ rows --------------------------------- */

static void put_time(struct table *t, uint64_t cycles)
{
    cell_number(t, TIME, (double)cycles * 1e6 / (double)t->r->summary.clock_hz);
    cell_number(t, SHARE, t->total > 0 ? 100 * (double)cycles / t->total : 0);
    cell_bar(t, cycles);
}

static void put_phase(struct table *t, const struct eti_row *row)
{
    const ets_phase *p = row->phase;
    char bytes[32] = "";
    if (p->bytes) eti_short_bytes(bytes, sizeof bytes, p->bytes);
    eti_text_add(t->out, t->s.dim);
    cell(t, INDEX, "");
    cell(t, NAME, p->name);
    cell(t, OP, "-");
    cell(t, OUTPUT, "");
    cell(t, MACS, "");
    cell(t, PARAMETERS, bytes);
    put_time(t, p->cycles);
    cell(t, UTILIZATION, "");
    cell(t, BOUND, p->bytes ? "link" : "host");
    cells_split(t, row);
    eti_text_add(t->out, t->s.off);
    end_row(t);
}

/* Index, name, operator, shape and sizes. */
static void put_what(struct table *t, const ets_layer *l, size_t i)
{
    char index[24], macs[32] = "", parameters[32] = "", shape[96];
    snprintf(index, sizeof index, "%zu", i);
    if (l->macs) eti_scaled(macs, sizeof macs, (double)l->macs);
    if (l->parameter_bytes) eti_short_bytes(parameters, sizeof parameters, l->parameter_bytes);
    cell(t, INDEX, index);
    cell(t, NAME, l->name);
    cell(t, OP, eti_short_op(l->op));
    eti_dims_text(shape, sizeof shape, l->output_dims, l->output_rank);
    cell(t, OUTPUT, shape);
    cell(t, MACS, macs);
    cell(t, PARAMETERS, parameters);
}

/* Columns of a line up to and with the time. */
static size_t columns_to_time(const struct table *t)
{
    size_t sum = 0;
    for (int c = 0; c <= TIME; c++) sum += t->shown[c] ? t->width[c] + (c > 0) : 0;
    return sum;
}

/* With an estimate, or none where the machine does not say how fast its host is. */
static void put_host_layer(struct table *t, const struct eti_row *row)
{
    static const char why[] = "on the host, not modelled";
    if (row->layer->timed) {
        put_time(t, row->layer->cycles);
        cell(t, UTILIZATION, "");
        cell(t, BOUND, "host, rough");
        cells_split(t, row);
    } else {
        cell(t, TIME, "-");
        bool room = columns_to_time(t) + sizeof why <= eti_row_width_of(t->o);
        eti_text_printf(t->out, " %s%s%s", t->s.dim, room ? why : "host", t->s.off);
    }
    end_row(t);
}

static void put_layer(struct table *t, const struct eti_row *row)
{
    const ets_layer *l = row->layer;
    put_what(t, l, row->index);
    if (l->where == ETS_ON_HOST) {
        put_host_layer(t, row);
        return;
    }
    put_time(t, l->cycles);
    if (l->cycles) cell_number(t, UTILIZATION, 100 * l->utilization);
    else cell(t, UTILIZATION, "");
    cell(t, BOUND, l->parameters_streamed ? "streamed" : ets_bound_name(l->bound_by));
    cells_split(t, row);
    end_row(t);
}

static void put_head(struct table *t)
{
    struct eti_text line;
    eti_text_init(&line, &t->out->mem);
    eti_text_printf(&line, "%s on %s", t->r->model, t->r->arch);
    eti_text_add(t->out, t->s.bold);
    eti_put_wrapped(t->out, line.data ? line.data : "", 2, eti_width_of(t->o));
    t->out->failed |= line.failed;
    eti_text_free(&line);
    eti_text_printf(t->out, "%s\n%s", t->s.off, t->s.bold);
    for (int c = 0; c < SPLIT; c++) cell(t, (enum column)c, columns[c].title);
    for (int k = 0; t->shown[SPLIT] && k < ETI_KINDS; k++)
        if (t->kind[k] && kinds[k]) eti_text_printf(t->out, "  %4s", kinds[k]);
    eti_text_add(t->out, t->s.off);
    end_row(t);
}

/* ------------------------------------------------------------------ below the rows ----------------------- */

static void put_kinds(struct table *t)
{
    static const char *const means[ETI_KINDS] = {
        [ETS_BOUND_COMPUTE] = "the cells compute", [ETS_BOUND_PSUM] = "partial sums to wide memory and back",
        [ETS_BOUND_WEIGHTS] = "waits for parameters", [ETS_BOUND_HALO] = "border exchange, gathers", [ETS_BOUND_LINK] = "host link",
        [ETS_BOUND_MOVE] = "moves between memories", [ETS_BOUND_SYNC] = "issue, fences, barriers", [ETS_BOUND_MEMORY] = "waits for DRAM",
        [ETI_KIND_CALL] = "the call", [ETI_KIND_HOST_OP] = "an operator on the host",
    };
    struct eti_text line;
    eti_text_init(&line, &t->out->mem);
    eti_text_add(&line, "per cent of the row's time.");
    for (int k = 0, n = 0; k < ETI_KINDS; k++)
        if (t->kind[k]) eti_text_printf(&line, "%s %s: %s", n++ ? ";" : "", kinds[k], means[k]);
    eti_text_add(t->out, "\n");
    eti_put_wrapped(t->out, line.data ? line.data : "", 2, eti_width_of(t->o));
    t->out->failed |= line.failed;
    eti_text_free(&line);
}

/* How much of all the shown rows are. */
static void put_part(struct table *t, const struct eti_row *rows, size_t n)
{
    uint64_t cycles = 0, all = t->r->summary.cycles;
    size_t of = t->r->n_layers + t->r->n_phases;
    char line[160];
    for (size_t i = 0; i < n; i++) cycles += eti_row_cycles(&rows[i]);
    if (n == of) return;
    snprintf(line, sizeof line, "shown        %zu of %zu rows: %.1f of %.1f us, %.1f %% of the time", n, of,
             (double)cycles * 1e6 / (double)t->r->summary.clock_hz, (double)all * 1e6 / (double)t->r->summary.clock_hz,
             all ? 100 * (double)cycles / (double)all : 0);
    eti_text_add(t->out, "\n");
    eti_put_wrapped(t->out, line, 13, eti_width_of(t->o));
}

/* ------------------------------------------------------------------ the whole ---------------------------- */

/* Numbers are never cut; operators and shapes are where lines have an end. */
static void widths(struct table *t, const struct eti_row *rows, size_t n)
{
    char text[96];
    for (int c = 0; c < COLUMNS; c++) t->width[c] = columns[c].width;
    snprintf(text, sizeof text, "%zu", t->r->n_layers);
    eti_widen(&t->width[INDEX], strlen(text));
    snprintf(text, sizeof text, "%.1f", t->heaviest * 1e6 / (double)t->r->summary.clock_hz);
    eti_widen(&t->width[TIME], strlen(text));
    for (size_t i = 0; i < n && !t->o->width; i++) {
        const ets_layer *l = rows[i].layer;
        if (!l) continue;
        eti_widen(&t->width[OP], eti_text_columns(eti_short_op(l->op)));
        eti_dims_text(text, sizeof text, l->output_dims, l->output_rank);
        eti_widen(&t->width[OUTPUT], strlen(text));
    }
}

static void look_at(struct table *t, const struct eti_row *rows, size_t n)
{
    size_t longest = 0;
    for (size_t i = 0; i < n; i++) {
        struct eti_shares p = eti_shares_of_row(&rows[i]);
        size_t name = eti_text_columns(rows[i].layer ? rows[i].layer->name : rows[i].phase->name);
        if (name > longest) longest = name;
        for (int k = 0; k < ETI_KINDS; k++) t->kind[k] |= p.by[k] != 0;
    }
    for (size_t i = 0; i < t->r->n_layers; i++)
        if ((double)t->r->layers[i].cycles > t->heaviest) t->heaviest = (double)t->r->layers[i].cycles;
    for (size_t i = 0; i < t->r->n_phases; i++)
        if ((double)t->r->phases[i].cycles > t->heaviest) t->heaviest = (double)t->r->phases[i].cycles;
    widths(t, rows, n);
    choose_columns(t, longest);
}

ets_status eti_report_table(const ets_report *r, const ets_format_options *o, struct eti_text *out, ets_error *err)
{
    size_t n = 0;
    struct eti_row *rows = eti_rows(r, o, &out->mem, &n);
    struct table t;
    if (!rows) return eti_nomem(err);
    memset(&t, 0, sizeof t);
    t.r = r;
    t.o = o;
    t.out = out;
    t.s = eti_style_of(o);
    t.total = (double)r->summary.cycles;
    ets_status status = n || !o->layers ? ETS_OK
        : eti_fail(err, ETS_RANGE, NULL, "no layer matches '%s'; * stands for any text, e.g. '*expand*'", o->layers);
    if (status == ETS_OK) {
        look_at(&t, rows, n);
        put_head(&t);
        for (size_t i = 0; i < n; i++) {
            if (rows[i].layer) put_layer(&t, &rows[i]);
            else put_phase(&t, &rows[i]);
        }
        if (o->split) put_kinds(&t);
        put_part(&t, rows, n);
        eti_put_totals(r, o, out);
        eti_put_reasons(r, o, out);
    }
    eti_free(&out->mem, rows, r->n_layers + r->n_phases, sizeof *rows);
    return status;
}
