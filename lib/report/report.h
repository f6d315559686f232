/* report.h - what a simulation found, complete and self-contained: it refers to neither graph nor machine. */
#ifndef ETI_REPORT_REPORT_H
#define ETI_REPORT_REPORT_H

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"

/* A product in SCALE-Sim's reports, as that tool counts (docs/FORMATS.md). Streams: input, weights, results. */
struct eti_scalesim_row {
    uint64_t total_cycles, stall_cycles;
    double overall_util, mapping_efficiency, compute_util; /* per cent */
    struct { uint64_t start, stop, sram, dram; double sram_rate, dram_rate; } stream[3]; /* accesses; words a cycle */
};

/* With ets_options.trace: what each unit did, and the arrows of the picture. */
#define ETI_REPORT_UNITS 17 /* of the machine, then the host */
struct eti_trace_slice {
    const char *name;      /* of its layer or phase */
    int32_t layer;         /* negative: a phase */
    uint32_t unit, tile;   /* tile: the lowest of `tiles` */
    enum ets_bound cause;
    uint64_t tiles, begin, end, busy, turns, bytes;
    bool merged;           /* all of its unit in the phase; turns and bytes are 0 */
};
struct eti_trace_arrow { uint32_t from, to; }; /* of slices, or of layers */
struct eti_report_trace {
    const char *units[ETI_REPORT_UNITS];
    uint32_t first_single; /* this one and those behind it are there once, the others on each tile */
    struct eti_trace_slice *slices;
    struct eti_trace_arrow *arrows, *edges; /* between slices; between layers */
    size_t n_slices, n_arrows, n_edges;
};

struct ets_report {
    struct eti_arena arena; /* owns all of it, text too */
    const char *model, *arch;
    ets_summary summary;
    ets_layer *layers;
    ets_array_layer *array; /* of a systolic array: as many as layers; else NULL */
    size_t n_layers;
    struct eti_scalesim_row *scalesim; /* of a systolic array: a row a product */
    size_t n_scalesim;
    uint32_t *links, *first_link; /* layer i reads the results of layers links[first_link[i]] .. links[first_link[i + 1] - 1]; NULL: not known */
    ets_phase *phases;
    size_t n_phases;
    struct eti_report_trace *trace; /* NULL: not asked for */
    uint32_t n_tiles;
    uint64_t feed_bytes_per_s; /* into the chip: over the host link, or from DRAM; 0: a DRAM standard, which has no one rate */
};

/* The writers of ets_report_write(). They append to `out`; a failed allocation shows in out->failed. */
/* RANGE: no row is left. */
ets_status eti_report_table(const ets_report *r, const ets_format_options *o, struct eti_text *out, ets_error *err);
void eti_report_mapping(const ets_report *r, const ets_format_options *o, struct eti_text *out);
void eti_report_json(const ets_report *r, struct eti_text *out);
/* r->trace is there. */
void eti_report_trace(const ets_report *r, struct eti_text *out);
void eti_report_csv(const ets_report *r, struct eti_text *out);
/* COMPUTE_REPORT.csv, BANDWIDTH_REPORT.csv, DETAILED_ACCESS_REPORT.csv */
void eti_report_scalesim_compute(const ets_report *r, struct eti_text *out);
void eti_report_scalesim_bandwidth(const ets_report *r, struct eti_text *out);
void eti_report_scalesim_access(const ets_report *r, struct eti_text *out);

/* What stands between the braces of the JSON report: for writers that add to it. */
struct eti_json;
void eti_report_json_body(struct eti_json *j, const ets_report *r);
/* One layer of it, as it stands there. */
void eti_report_json_layer(struct eti_json *j, const char *key, const ets_report *r, size_t index);
/* ets_page_write() */
void eti_report_html(const ets_page_part *parts, size_t n, struct eti_text *out);

/* Where rows of layers and of what is none stand together: phase `p` comes before this layer. One of the host may have no time. */
static inline bool eti_phase_is_before(const ets_report *r, size_t p, const ets_layer *l)
{
    bool placed = l->where == ETS_ON_TPU || l->cycles;
    return p < r->n_phases && placed && r->phases[p].start_cycle < l->start_cycle;
}

#endif
