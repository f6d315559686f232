/* table.h - tables of the commands: cells are collected, then columns are as wide as what stands in them. Where a line has fewer columns
 * than that, long texts are cut and the columns that matter least are left out, as in the library's table of a profile. */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { MOST_COLUMNS = 16 };
enum table_keep { ALL_OF_IT, ITS_BEGINNING, ITS_END }; /* of a text that is too long; names of layers differ at their ends */

struct table_column {
    const char *title;    /* NULL, of all: without a heading */
    uint8_t rank;         /* the lowest is left out first, STAYS never */
    bool right;           /* numbers */
    enum table_keep keep;
    uint8_t usual;        /* where not all of it is kept: it is cut to so many columns before others are left out for it */
};
enum { STAYS = 9 };

struct table_row {
    bool line;            /* not cells but a line of its own, cells[0] */
    char *cells[MOST_COLUMNS];
};
struct table {
    const struct table_column *columns;
    size_t n_columns, n_cells, n_rows, room; /* n_cells: of the last row */
    struct table_row *rows;
    bool failed;          /* out of memory: table_put() says so */
};

void table_begin(struct table *t, const struct table_column *columns, size_t n_columns); /* not copied */
/* The next cell, of the next row where one is full. A column of nothing but "" is left out. */
void table_cell(struct table *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_line(struct table *t, const char *text);
/* Heading and rows, if there is one, in lines of at most `width` columns if the columns that stay allow it; 0: as wide as they are. Frees the table.
 * EXIT_GOOD, or EXIT_ERROR after a message. */
int table_put(struct table *t, FILE *to, uint32_t width);
void table_free(struct table *t); /* of one that is not put */

#endif
