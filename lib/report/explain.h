/* explain.h - what is known of one layer, complete and self-contained: filled by predict/explain.c, written by
 * report_explain.c. All texts live in the report's arena. */
#ifndef ETI_REPORT_EXPLAIN_H
#define ETI_REPORT_EXPLAIN_H

#include "report/report.h"

enum { ETI_EXPLAIN_SIDE = 8, ETI_EXPLAIN_ROWS = 16, ETI_EXPLAIN_OTHERS = 24 };

/* A part of the map that a row or a column of tiles makes, and what it holds of the input: its own and borders. */
struct eti_explain_span { uint32_t at, n, input_at, input_n; };
/* A loop of the nest, the outermost first. */
struct eti_explain_loop { const char *over, *note; uint64_t count; };
/* A formula with its numbers, and what comes of it. */
struct eti_explain_formula { const char *what, *numbers, *unit; uint64_t value; };
/* A unit while the layer runs: mean of those instances that have something to do; turns of the one that has most. */
struct eti_explain_unit { const char *name; uint64_t instances, commands, turns, bytes, busy_cycles, waiting_cycles, idle_cycles; };
/* What else could be: the layer then, and the whole network. */
enum eti_explain_kind { ETI_EXPLAIN_NETWORK, ETI_EXPLAIN_MACHINE, ETI_EXPLAIN_PLACEMENT };
struct eti_explain_other {
    enum eti_explain_kind kind;
    const char *what;
    uint64_t before_cycles, cycles;   /* of the layers that it is about: as they are, as they would be */
    bool alone;                       /* the rest of the network was not looked at */
    uint64_t total_cycles;            /* of the whole inference then; 0 if `alone` */
};

struct ets_explanation {
    ets_report *report;               /* of the whole network; owned */
    size_t layer;
    uint64_t clock_hz;
    const char *parameters;           /* where they come from, in words; NULL: it has none */
    const char *narrow;               /* what its activations take; NULL: not of this machine */
    const char *wide;                 /* of wide memory that it works in; NULL: not of this machine */
    const char *mapping;              /* how the work lies on the machine, in words */
    struct eti_explain_span rows[ETI_EXPLAIN_SIDE], columns[ETI_EXPLAIN_SIDE]; /* of the first part */
    size_t n_rows, n_columns;         /* 0: not split that way */
    struct eti_explain_loop loops[ETI_EXPLAIN_ROWS];
    struct eti_explain_formula formulas[ETI_EXPLAIN_ROWS];
    struct eti_explain_unit units[ETI_EXPLAIN_ROWS];
    struct eti_explain_other others[ETI_EXPLAIN_OTHERS];
    size_t n_loops, n_formulas, n_units, n_others;
};

/* ets_explanation_write() */
void eti_explain_table(const ets_explanation *e, const ets_format_options *o, struct eti_text *out);
void eti_explain_json(const ets_explanation *e, struct eti_text *out);

#endif
