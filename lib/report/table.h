/* table.h - what the text reports share: style, cells, numbers for people, lines that fit. */
#ifndef ETI_REPORT_TABLE_H
#define ETI_REPORT_TABLE_H

#include "report/report.h"

enum { ETI_WIDTH_LEAST = 40, ETI_WIDTH_USUAL = 100, ETI_NAME_LEAST = 12 };

struct eti_style { const char *bold, *dim, *hot, *off; };
struct eti_style eti_style_of(const ets_format_options *o);
/* Columns of sentences, and of rows, which are as wide as they are where no width is asked for. */
size_t eti_width_of(const ets_format_options *o);
size_t eti_row_width_of(const ets_format_options *o);

static inline void eti_widen(size_t *width, size_t to) { if (to > *width) *width = to; }

/* Cells: `width` columns; longer text loses its beginning ("..lock7/relu"). */
void eti_cell_left(struct eti_text *out, const char *text, size_t width);
void eti_cell_right(struct eti_text *out, const char *text, size_t width);
/* "224x224x3": a batch of one goes without saying. */
void eti_dims_text(char *to, size_t room, const uint32_t *dims, uint32_t rank);
void eti_cell_shape(struct eti_text *out, const uint32_t *dims, uint32_t rank, size_t width);
/* `share` of `width` blocks, in eighths. */
void eti_cell_bar(struct eti_text *out, double share, size_t width);
/* Words of `text` in lines of at most `width` columns; those after the first begin with `indent` blanks. Ends the line. */
void eti_put_wrapped(struct eti_text *out, const char *text, size_t indent, size_t width);

/* 0.8K, 12.3M: four figures at the most; 1000-fold. */
void eti_scaled(char *to, size_t room, double value);
/* In a column: 640, 1.2K, 553K, 8.04M; 1024-fold. */
void eti_short_bytes(char *to, size_t room, uint64_t bytes);
/* 640 B, 1.2 KiB, 8.04 MiB */
void eti_bytes_text(char *to, size_t room, uint64_t bytes);
/* An operator's name in nine columns. */
const char *eti_short_op(const char *op);

/* A row of the table: a layer, or what is none. */
struct eti_row {
    const ets_layer *layer; /* NULL: `phase` */
    const ets_phase *phase;
    size_t index;           /* of the layer */
    size_t order;           /* in the order of execution */
};
/* rows.c: all rows in the order of execution, then those that `o` asks for, in its order; *shown of all. Memory of `mem`, as
 * many as layers and phases; NULL: there is none. */
struct eti_row *eti_rows(const ets_report *r, const ets_format_options *o, const ets_allocator *mem, size_t *shown);
uint64_t eti_row_cycles(const struct eti_row *row);

/* totals.c: what stands below the rows. */
void eti_put_totals(const ets_report *r, const ets_format_options *o, struct eti_text *out);
/* Of a float model on an accelerator that runs none: that it is one, and what to do. */
void eti_put_float(const ets_report *r, size_t indent, size_t width, struct eti_text *out);
/* One line a reason for the host, with the operators that it holds for. */
void eti_put_reasons(const ets_report *r, const ets_format_options *o, struct eti_text *out);
/* words.c: what bounds the network, in sentences. */
void eti_put_words(const ets_report *r, const ets_format_options *o, struct eti_text *out);
/* Where all time went: layers by their split, transfers to the link, the call and operators on the host to kinds of their own. */
enum eti_kind { ETI_KIND_CALL = ETS_BOUND_MEMORY + 1, ETI_KIND_HOST_OP, ETI_KINDS }; /* behind those of ets_bound */
struct eti_shares { uint64_t by[ETI_KINDS]; };
struct eti_shares eti_shares_of_row(const struct eti_row *row);

#endif
