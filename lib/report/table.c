/* table.c - cells of a text table, counted in columns, not bytes. */
#include <stdio.h>
#include <string.h>

#include "report/report.h"

static void spaces(struct eti_text *out, size_t n)
{
    eti_text_printf(out, "%*s", (int)n, "");
}

/* Bytes of the first `columns` columns. */
static size_t bytes_of(const char *text, size_t columns)
{
    size_t i = 0, seen = 0;
    for (; text[i]; i++) {
        if (((unsigned char)text[i] & 0xc0) == 0x80) continue;
        if (seen++ == columns) break;
    }
    return i;
}

/* Names of layers differ at their ends: the end is kept. */
static void put_fitting(struct eti_text *out, const char *text, size_t width)
{
    size_t columns = eti_text_columns(text);
    if (columns <= width) {
        eti_text_add(out, text);
        return;
    }
    eti_text_add(out, width > 2 ? ".." : "");
    eti_text_add(out, text + bytes_of(text, columns - (width > 2 ? width - 2 : 0)));
}

void eti_cell_left(struct eti_text *out, const char *text, size_t width)
{
    size_t columns = eti_text_columns(text);
    put_fitting(out, text, width);
    if (columns < width) spaces(out, width - columns);
}

void eti_cell_right(struct eti_text *out, const char *text, size_t width)
{
    size_t columns = eti_text_columns(text);
    if (columns < width) spaces(out, width - columns);
    put_fitting(out, text, width);
}

void eti_cell_shape(struct eti_text *out, const uint32_t *dims, uint32_t rank, size_t width)
{
    char text[96] = "";
    size_t used = 0;
    uint32_t first = rank > 3 && dims[0] == 1 ? 1 : 0; /* a batch of one goes without saying */
    for (uint32_t i = first; i < rank && used + 12 < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, i > first ? "x%u" : "%u", dims[i]);
    eti_cell_left(out, text, width);
}
