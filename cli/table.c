/* table.c - see table.h. Widths are columns of a terminal, counted in characters. */
#include "table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { GAP = 2, DOTS = 2, LEAST = 12 }; /* least: a text that is cut keeps so many columns, whatever the line */

/* ------------------------------------------------------------------ what is in it ------------------------ */

void table_begin(struct table *t, const struct table_column *columns, size_t n_columns)
{
    memset(t, 0, sizeof *t);
    t->columns = columns;
    t->n_columns = t->n_cells = n_columns;
}

static struct table_row *add_row(struct table *t)
{
    if (t->n_rows == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        struct table_row *rows = realloc(t->rows, room * sizeof *rows);
        if (!rows) {
            t->failed = true;
            return NULL;
        }
        t->rows = rows;
        t->room = room;
    }
    memset(&t->rows[t->n_rows], 0, sizeof *t->rows);
    return &t->rows[t->n_rows++];
}

void table_cell(struct table *t, const char *format, ...)
{
    va_list args, again;
    if (t->n_cells == t->n_columns) {
        if (!add_row(t)) return;
        t->n_cells = 0;
    }
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *text = n < 0 ? NULL : malloc((size_t)n + 1);
    if (text) vsnprintf(text, (size_t)n + 1, format, again);
    else t->failed = true;
    va_end(again);
    va_end(args);
    t->rows[t->n_rows - 1].cells[t->n_cells++] = text;
}

void table_line(struct table *t, const char *text)
{
    struct table_row *row = add_row(t);
    if (!row) return;
    row->line = true;
    row->cells[0] = strdup(text);
    t->failed |= !row->cells[0];
}

/* ------------------------------------------------------------------ how wide ----------------------------- */

static size_t columns_of(const char *text) { return text ? columns_of_bytes(text, strlen(text)) : 0; }

static size_t line_of(const struct table *t, const size_t *width)
{
    size_t sum = 0;
    for (size_t c = 0; c < t->n_columns; c++) sum += width[c] ? width[c] + (sum ? GAP : 0) : 0;
    return sum;
}

/* What all of it takes; 0: nothing stands in the column. */
static void natural_widths(const struct table *t, size_t *width)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        width[c] = 0;
        for (size_t i = 0; i < t->n_rows; i++) {
            size_t n = t->rows[i].line ? 0 : columns_of(t->rows[i].cells[c]);
            if (n > width[c]) width[c] = n;
        }
        size_t title = columns_of(t->columns[c].title);
        if (width[c] && title > width[c]) width[c] = title;
    }
}

static void cut_to(const struct table *t, size_t *width, size_t most)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        size_t usual = t->columns[c].usual, to = usual < most ? usual : most;
        if (t->columns[c].keep != ALL_OF_IT && width[c] > to) width[c] = to;
    }
}

/* The column that matters least; n_columns: all stay. */
static size_t least_of(const struct table *t, const size_t *width)
{
    size_t least = t->n_columns;
    for (size_t c = 0; c < t->n_columns; c++) {
        bool less = least == t->n_columns || t->columns[c].rank < t->columns[least].rank;
        if (width[c] && t->columns[c].rank < STAYS && less) least = c;
    }
    return least;
}

static void fit(const struct table *t, size_t *width, size_t room)
{
    size_t natural[MOST_COLUMNS], least;
    memcpy(natural, width, sizeof natural);
    if (line_of(t, width) <= room) return;
    cut_to(t, width, SIZE_MAX);
    while (line_of(t, width) > room && (least = least_of(t, width)) < t->n_columns) width[least] = 0;
    if (line_of(t, width) > room) cut_to(t, width, LEAST);
    for (size_t c = 0; c < t->n_columns; c++) { /* what is left goes to what was cut */
        size_t line = line_of(t, width), left = line < room ? room - line : 0, lost = width[c] ? natural[c] - width[c] : 0;
        width[c] += lost < left ? lost : left;
    }
}

/* ------------------------------------------------------------------ how it looks ------------------------- */

/* From character `from` on, `n` of them. */
static void put_part(FILE *to, const char *text, size_t from, size_t n)
{
    size_t at = 0;
    for (; *text; text++) {
        at += ((unsigned char)*text & 0xc0) != 0x80;
        if (at > from && at <= from + n) fputc(*text, to);
    }
}

static void put_cell(FILE *to, const char *text, size_t width, enum table_keep keep)
{
    size_t n = columns_of(text);
    if (n <= width) fputs(text, to);
    else if (keep == ITS_END) {
        fputs("..", to);
        put_part(to, text, n - (width - DOTS), width - DOTS);
    } else {
        put_part(to, text, 0, width - DOTS);
        fputs("..", to);
    }
}

static void put_row(const struct table *t, FILE *to, const size_t *width, char *const *cells)
{
    size_t blanks = 0; /* owed to the next cell, so that no line ends in them */
    bool first = true;
    for (size_t c = 0; c < t->n_columns; c++) {
        const char *text = cells ? cells[c] : t->columns[c].title;
        size_t n = columns_of(text), left = n < width[c] ? width[c] - n : 0;
        if (!width[c]) continue;
        blanks += (first ? 0 : GAP) + (t->columns[c].right ? left : 0);
        first = false;
        if (n) {
            fprintf(to, "%*s", (int)blanks, "");
            put_cell(to, text, width[c], t->columns[c].keep);
            blanks = 0;
        }
        blanks += t->columns[c].right ? 0 : left;
    }
    fputs("\n", to);
}

void table_free(struct table *t)
{
    for (size_t i = 0; i < t->n_rows; i++)
        for (size_t c = 0; c < MOST_COLUMNS; c++) free(t->rows[i].cells[c]);
    free(t->rows);
    t->rows = NULL;
}

int table_put(struct table *t, FILE *to, uint32_t width)
{
    size_t widths[MOST_COLUMNS] = {0};
    int status = t->failed ? fail("out of memory") : EXIT_GOOD;
    if (status == EXIT_GOOD) {
        natural_widths(t, widths);
        fit(t, widths, width ? width : SIZE_MAX);
        if (t->columns[0].title && t->n_rows) put_row(t, to, widths, NULL);
        for (size_t i = 0; i < t->n_rows; i++) {
            if (t->rows[i].line) fprintf(to, "%s\n", t->rows[i].cells[0]);
            else put_row(t, to, widths, t->rows[i].cells);
        }
    }
    table_free(t);
    return status;
}
