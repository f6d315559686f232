/* systolic.h - how long a matrix product takes on a systolic array, as arithmetic. No graph, no state; docs/MODEL.md
 * names the source and the test of each formula.
 *
 * A product of `pixels` x `depth` by `depth` x `outputs` is cut into *folds* of at most rows x columns. What stays in the
 * array of a fold, and what passes through it in `turns` steps, is the dataflow:
 *
 *   dataflow            on the rows   on the columns   turns     stays
 *   weight_stationary   depth         outputs          pixels    weights
 *   input_stationary    depth         pixels           outputs   activations
 *   output_stationary   pixels        outputs          depth     sums
 *
 * Rows and columns are skewed by a cycle each, so a fold is `rows + columns - 2` cycles longer than its turns. */
#ifndef ETI_TIMING_SYSTOLIC_H
#define ETI_TIMING_SYSTOLIC_H

#include "arch/arch.h"

struct eti_gemm { uint64_t pixels, depth, outputs; };

/* The array with the widths of what feeds it, in bytes a cycle on the array's side. */
struct eti_array {
    uint64_t rows, columns, skew;   /* skew: rows + columns - 2 + (pipeline - 1) */
    enum eti_convention convention;
    uint64_t activation_bytes, weight_bytes, sum_bytes;
    uint64_t input_rate, weight_rate, output_rate, lanes;
    bool shared_ports;              /* a single bank: the array and the transfers from DRAM take turns */
};
struct eti_array eti_array_of(const struct eti_arch *arch);

struct eti_folds {
    uint64_t row_size, column_size, turns;  /* as in the table above */
    uint64_t down, across;                  /* folds over the rows, over the columns */
};
struct eti_folds eti_folds_of(const struct eti_array *a, enum eti_dataflow flow, const struct eti_gemm *g);

/* Cycles of the whole product from the first operand in to the last sum complete, operands always there.
 *   scalesim, serial:  folds x (turns + skew [+ rows to load what stays])
 *   double_buffered:   [rows] + (folds - 1) x max(turns, rows) + turns + skew
 * UINT64_MAX if it does not fit into 64 bits. */
uint64_t eti_pass_cycles(const struct eti_array *a, enum eti_dataflow flow, const struct eti_gemm *g);

/* A part of a product that runs between two loads, as a link in a chain of them: `lead` more if it is the first (what
 * stays is loaded with nothing to hide behind), `body` if others follow, `last` if none does (skew; results that still
 * leave: rows - 1 cycles after the last sum if sums stay). Narrow ports make turns longer. */
struct eti_pass {
    uint64_t lead, body, last;
    uint64_t input_bytes, weight_bytes, output_read_bytes, output_write_bytes; /* through the memories' array side */
};
/* `continues`: earlier parts of the depth have left partial sums in the output memory; `unfinished`: later ones follow. */
struct eti_pass eti_pass_of(const struct eti_array *a, enum eti_dataflow flow, const struct eti_gemm *g, bool continues,
                            bool unfinished);

/* What SCALE-Sim's reports count for a product (v2; elements). Its rules, with their oddities: the sums of each fold over
 * the depth are writes; output_stationary adds rows + columns a fold. */
struct eti_scalesim_counts { uint64_t input_reads, weight_reads, output_writes; };
struct eti_scalesim_counts eti_scalesim_counts_of(const struct eti_array *a, enum eti_dataflow flow, const struct eti_gemm *g);

#endif
