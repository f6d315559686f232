/* table.c - RFC 4180 CSV, read whole. */
#include "table.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_whole(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    size_t size = 0, room = 1 << 16;
    char *text = malloc(room);
    for (size_t n; text && (n = fread(text + size, 1, room - size - 1, f)) > 0;) {
        size += n;
        if (room - size < 4096) {
            char *more = realloc(text, room *= 2);
            if (!more) free(text);
            text = more;
        }
    }
    fclose(f);
    if (text) text[size] = '\0';
    return text;
}

/* Ends the field at *p in place, unquoted; *p moves behind it. Returns what ended it: ',', '\n' or '\0'. */
static char next_field(char **p, char **field, int *line)
{
    char *from = *p, *to = *p;
    bool quoted = *from == '"';
    *field = to;
    for (from += quoted; *from; from++) {
        if (quoted && *from == '"') {
            if (from[1] != '"') { quoted = false; continue; }
            from++;
        } else if (!quoted && (*from == ',' || *from == '\n')) break;
        if (*from == '\n') ++*line;
        if (*from != '\r') *to++ = *from;
    }
    char end = *from;
    *p = end ? from + 1 : from;
    *to = '\0';
    return end;
}

static size_t read_row(char **p, char **fields, size_t most, int *line)
{
    size_t n = 0;
    char end = ',';
    while (end == ',') {
        char *field;
        end = next_field(p, &field, line);
        if (n < most) fields[n] = field;
        n++;
    }
    ++*line;
    return n;
}

#define MOST_COLUMNS 64

static int split(const char *path, struct table *t)
{
    char *p = t->text, *row[MOST_COLUMNS];
    int line = 1;
    size_t room = 0;
    t->n_columns = read_row(&p, row, MOST_COLUMNS, &line);
    if (t->n_columns > MOST_COLUMNS) return fprintf(stderr, "%s:1: more than %d columns\n", path, MOST_COLUMNS), -1;
    t->columns = malloc(t->n_columns * sizeof *row);
    if (!t->columns) return -1;
    memcpy(t->columns, row, t->n_columns * sizeof *row);
    while (*p) {
        int at = line;
        size_t n = read_row(&p, row, MOST_COLUMNS, &line);
        if (n == 1 && !*row[0]) continue;
        if (n != t->n_columns) return fprintf(stderr, "%s:%d: %zu fields, the header has %zu\n", path, at, n, t->n_columns), -1;
        if (t->n_rows == room) {
            room = room ? 2 * room : 64;
            char **fields = realloc(t->fields, room * t->n_columns * sizeof *fields);
            if (fields) t->fields = fields;
            int *lines = realloc(t->lines, room * sizeof *lines);
            if (lines) t->lines = lines;
            if (!fields || !lines) return fprintf(stderr, "out of memory\n"), -1;
        }
        memcpy(t->fields + t->n_rows * t->n_columns, row, n * sizeof *row);
        t->lines[t->n_rows++] = at;
    }
    return 0;
}

int table_read(const char *path, struct table *t)
{
    memset(t, 0, sizeof *t);
    t->text = read_whole(path);
    if (!t->text) return fprintf(stderr, "%s: cannot be read\n", path), -1;
    if (split(path, t) == 0) return 0;
    table_free(t);
    return -1;
}

void table_free(struct table *t)
{
    free(t->text);
    free(t->fields);
    free(t->columns);
    free(t->lines);
    memset(t, 0, sizeof *t);
}

const char *table_get(const struct table *t, size_t row, const char *column)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (strcmp(t->columns[i], column) == 0) return t->fields[row * t->n_columns + i];
    return "";
}

double table_number(const struct table *t, size_t row, const char *column)
{
    const char *text = table_get(t, row, column);
    char *end;
    double value = strtod(text, &end);
    return *text && !*end ? value : NAN;
}

void plain_words(const char *from, char *to, size_t room)
{
    size_t n = 0;
    for (; *from && n + 1 < room; from++)
        if (isalnum((unsigned char)*from)) to[n++] = (char)tolower((unsigned char)*from);
    to[n] = '\0';
}
