/* rows.c - which rows a table shows, and in which order. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "report/table.h"

uint64_t eti_row_cycles(const struct eti_row *row)
{
    return row->layer ? row->layer->cycles : row->phase->cycles;
}

struct eti_shares eti_shares_of_row(const struct eti_row *row)
{
    struct eti_shares s;
    memset(&s, 0, sizeof s);
    if (!row->layer) {
        if (row->phase->bytes) s.by[ETS_BOUND_LINK] = row->phase->cycles;
        else s.by[ETI_KIND_CALL] = row->phase->cycles;
        return s;
    }
    if (row->layer->where == ETS_ON_HOST) {
        s.by[ETI_KIND_HOST_OP] = row->layer->cycles;
        return s;
    }
    const ets_split *p = &row->layer->split;
    s.by[ETS_BOUND_COMPUTE] = p->compute_cycles;
    s.by[ETS_BOUND_PSUM] = p->psum_cycles;
    s.by[ETS_BOUND_WEIGHTS] = p->weight_cycles;
    s.by[ETS_BOUND_HALO] = p->halo_cycles;
    s.by[ETS_BOUND_LINK] = p->link_cycles;
    s.by[ETS_BOUND_MOVE] = p->move_cycles;
    s.by[ETS_BOUND_SYNC] = p->sync_cycles;
    s.by[ETS_BOUND_MEMORY] = p->memory_cycles;
    return s;
}

/* ------------------------------------------------------------------ order -------------------------------- */

static const char *name_of(const struct eti_row *row) { return row->layer ? row->layer->name : row->phase->name; }

static int larger_first(double a, double b) { return a > b ? -1 : a < b; }

static int in_order(const struct eti_row *a, const struct eti_row *b) { return a->order < b->order ? -1 : a->order > b->order; }

/* One function a key; rows that it does not part stay in the order of execution. What has no such value comes last. */
static int by_order(const void *a, const void *b) { return in_order(a, b); }

static int by_cycles(const void *x, const void *y)
{
    uint64_t a = eti_row_cycles(x), b = eti_row_cycles(y);
    return a != b ? (a > b ? -1 : 1) : in_order(x, y);
}

static int by_macs(const void *x, const void *y)
{
    const struct eti_row *a = x, *b = y;
    int c = larger_first(a->layer ? (double)a->layer->macs : -1, b->layer ? (double)b->layer->macs : -1);
    return c ? c : in_order(a, b);
}

static int by_parameters(const void *x, const void *y)
{
    const struct eti_row *a = x, *b = y;
    int c = larger_first(a->layer ? (double)a->layer->parameter_bytes : -1, b->layer ? (double)b->layer->parameter_bytes : -1);
    return c ? c : in_order(a, b);
}

static int by_energy(const void *x, const void *y)
{
    const struct eti_row *a = x, *b = y;
    int c = larger_first(a->layer ? (double)a->layer->energy_nj : -1, b->layer ? (double)b->layer->energy_nj : -1);
    return c ? c : in_order(a, b);
}

static double idleness(const struct eti_row *row)
{
    return row->layer && row->layer->cycles && row->layer->macs ? 1 - row->layer->utilization : -1;
}

static int by_utilization(const void *x, const void *y)
{
    int c = larger_first(idleness(x), idleness(y));
    return c ? c : in_order(x, y);
}

static int by_name(const void *x, const void *y)
{
    int c = strcmp(name_of(x), name_of(y));
    return c ? c : in_order(x, y);
}

/* ------------------------------------------------------------------ which -------------------------------- */

static void add(struct eti_row *rows, size_t *n, const ets_layer *l, size_t index, const ets_phase *p)
{
    struct eti_row row = {l, p, index, *n};
    rows[(*n)++] = row;
}

static size_t all_rows(const ets_report *r, struct eti_row *rows)
{
    size_t n = 0, p = 0;
    for (size_t i = 0; i < r->n_layers; i++) {
        for (; eti_phase_is_before(r, p, &r->layers[i]); p++) add(rows, &n, NULL, 0, &r->phases[p]);
        add(rows, &n, &r->layers[i], i, NULL);
    }
    for (; p < r->n_phases; p++) add(rows, &n, NULL, 0, &r->phases[p]);
    return n;
}

struct eti_row *eti_rows(const ets_report *r, const ets_format_options *o, const ets_allocator *mem, size_t *shown)
{
    static int (*const orders[])(const void *, const void *) = {by_order, by_cycles, by_macs, by_parameters, by_energy,
                                                                by_utilization, by_name};
    struct eti_row *rows = eti_alloc(mem, r->n_layers + r->n_phases, sizeof *rows);
    if (!rows) return NULL;
    size_t n = all_rows(r, rows), kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!o->layers || fnmatch(o->layers, name_of(&rows[i]), 0) == 0) rows[kept++] = rows[i];
    qsort(rows, kept, sizeof *rows, orders[o->sort]);
    *shown = o->top && o->top < kept ? o->top : kept;
    return rows;
}
