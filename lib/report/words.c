/* words.c - what bounds the network, in a few sentences: sums of what each row did or waited for, the heaviest rows, and what
 * lies outside the array's work. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "report/table.h"

enum { LONGEST_NAME = 26 };

static const char *const words[ETI_KINDS] = {
    [ETS_BOUND_COMPUTE] = "arithmetic", [ETS_BOUND_PSUM] = "partial sums on their way to wide memory and back",
    [ETS_BOUND_WEIGHTS] = "waiting for parameters", [ETS_BOUND_HALO] = "border exchange between tiles",
    [ETS_BOUND_LINK] = "the host link", [ETS_BOUND_MOVE] = "moving data inside the tiles",
    [ETS_BOUND_SYNC] = "issue of commands and barriers", [ETS_BOUND_MEMORY] = "waiting for DRAM", [ETI_KIND_CALL] = "the call itself",
    [ETI_KIND_HOST_OP] = "operators on the host",
};

struct sums { uint64_t of[ETI_KINDS], all; };

static struct sums sums_of(const struct eti_row *rows, size_t n)
{
    struct sums s;
    memset(&s, 0, sizeof s);
    for (size_t i = 0; i < n; i++) {
        struct eti_shares p = eti_shares_of_row(&rows[i]);
        for (int k = 0; k < ETI_KINDS; k++) s.of[k] += p.by[k];
        s.all += eti_row_cycles(&rows[i]);
    }
    return s;
}

static double percent(uint64_t part, uint64_t all) { return all ? 100 * (double)part / (double)all : 0; }

/* Kinds, the largest first. */
static void rank(const struct sums *s, int order[ETI_KINDS])
{
    for (int i = 0; i < ETI_KINDS; i++) {
        int at = i;
        for (; at > 0 && s->of[order[at - 1]] < s->of[i]; at--) order[at] = order[at - 1];
        order[at] = i;
    }
}

/* "Bound by arithmetic: 61 % of the time. Then the host link 18 %, waiting for parameters 9 %." */
static void put_kinds(const struct sums *s, struct eti_text *to)
{
    int order[ETI_KINDS];
    rank(s, order);
    double first = percent(s->of[order[0]], s->all);
    bool clear = first >= 50;
    if (clear) eti_text_printf(to, "bound by     %s: %.0f %% of the time", words[order[0]], first);
    else eti_text_add(to, "bound by     nothing alone:");
    const char *comma = clear ? "; then " : " ";
    for (int i = clear; i < ETI_KINDS && i < 4 && percent(s->of[order[i]], s->all) >= 1; i++, comma = ", ")
        eti_text_printf(to, "%s%s %.0f %%", comma, words[order[i]], percent(s->of[order[i]], s->all));
    if (comma[0] == ' ') eti_text_add(to, " hardly anything");
}

/* Rows sorted by time: how many of them are half of it, and which are the heaviest. */
static void put_heaviest(const struct eti_row *rows, size_t n, uint64_t all, struct eti_text *to)
{
    uint64_t sum = 0;
    size_t half = 0, timed = 0;
    for (size_t i = 0; i < n; i++) timed += eti_row_cycles(&rows[i]) > 0;
    while (half < n && sum < all - all / 2) sum += eti_row_cycles(&rows[half++]);
    eti_text_printf(to, "half in      %zu of %zu rows:", half, timed);
    for (size_t i = 0; i < half && i < 3; i++) {
        const char *name = rows[i].layer ? rows[i].layer->name : rows[i].phase->name;
        size_t columns = eti_text_columns(name);
        eti_text_add(to, i ? ", " : " ");
        eti_cell_left(to, name, columns < LONGEST_NAME ? columns : LONGEST_NAME);
        eti_text_printf(to, " %.1f %%", percent(eti_row_cycles(&rows[i]), all));
    }
    if (half > 3) eti_text_add(to, ", ...");
}

static void put_line(struct eti_text *line, size_t width, struct eti_text *out)
{
    eti_put_wrapped(out, line->data ? line->data : "", 13, width);
    out->failed |= line->failed;
    eti_text_free(line);
}

void eti_put_words(const ets_report *r, const ets_format_options *o, struct eti_text *out)
{
    ets_format_options by_time = *o;
    struct eti_text line;
    size_t n = 0;
    by_time.layers = NULL;
    by_time.top = 0;
    by_time.sort = ETS_SORT_CYCLES;
    struct eti_row *rows = eti_rows(r, &by_time, &out->mem, &n);
    out->failed |= !rows;
    if (rows && r->summary.cycles) {
        struct sums s = sums_of(rows, n);
        eti_text_init(&line, &out->mem);
        put_kinds(&s, &line);
        put_line(&line, eti_width_of(o), out);
        eti_text_init(&line, &out->mem);
        put_heaviest(rows, n, s.all, &line);
        put_line(&line, eti_width_of(o), out);
    }
    eti_free(&out->mem, rows, r->n_layers + r->n_phases, sizeof *rows);
}
