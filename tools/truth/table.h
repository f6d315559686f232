/* table.h - a CSV file of measured figures: named columns, quoted fields, rows with their line numbers. */
#ifndef TRUTH_TABLE_H
#define TRUTH_TABLE_H

#include <stddef.h>

struct table {
    char *text;        /* owns every field */
    size_t n_columns, n_rows;
    char **fields;     /* [row][column]; row 0 is the first after the header */
    char **columns;
    int *lines;        /* of each row in the file */
};
/* 0, or -1 with a message on stderr. A row with another number of fields than the header is an error. */
int table_read(const char *path, struct table *t);
void table_free(struct table *t);
/* The field of a row by column name; "" if there is no such column. */
const char *table_get(const struct table *t, size_t row, const char *column);
/* As a number; NAN if it is empty or not one. */
double table_number(const struct table *t, size_t row, const char *column);

/* Of a name: its letters and digits, lower case, as far as there is room. */
void plain_words(const char *from, char *to, size_t room);

#endif
