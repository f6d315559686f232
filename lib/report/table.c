/* table.c - cells of a text table, counted in columns, not bytes; numbers for people. */
#include "report/table.h"

#include <stdio.h>
#include <string.h>

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

void eti_dims_text(char *to, size_t room, const uint32_t *dims, uint32_t rank)
{
    size_t used = 0;
    uint32_t first = rank > 3 && dims[0] == 1 ? 1 : 0;
    to[0] = '\0';
    for (uint32_t i = first; i < rank && used + 12 < room; i++)
        used += (size_t)snprintf(to + used, room - used, i > first ? "x%u" : "%u", dims[i]);
}

void eti_cell_shape(struct eti_text *out, const uint32_t *dims, uint32_t rank, size_t width)
{
    char text[96];
    eti_dims_text(text, sizeof text, dims, rank);
    eti_cell_left(out, text, width);
}

/* ------------------------------------------------------------------ lines -------------------------------- */

void eti_cell_bar(struct eti_text *out, double share, size_t width)
{
    static const char *const eighths[] = {"", "\xe2\x96\x8f", "\xe2\x96\x8e", "\xe2\x96\x8d", "\xe2\x96\x8c",
                                          "\xe2\x96\x8b", "\xe2\x96\x8a", "\xe2\x96\x89"};
    size_t n = (size_t)(share * (double)width * 8 + 0.5), used = 0;
    for (; n >= 8 && used < width; n -= 8, used++) eti_text_add(out, "\xe2\x96\x88");
    if (n && used < width) { eti_text_add(out, eighths[n % 8]); used++; }
    spaces(out, width - used);
}

void eti_put_wrapped(struct eti_text *out, const char *text, size_t indent, size_t width)
{
    size_t column = 0;
    while (*text) {
        size_t blanks = strspn(text, " "), n = blanks + strcspn(text + blanks, " "), columns = 0;
        if (text[n] == ' ' && text[n + 1] == '%') n += 1 + strcspn(text + n + 1, " "); /* a number and its per cent stay together */
        for (size_t i = 0; i < n; i++) columns += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (column > indent && column + columns > width) {
            eti_text_add(out, "\n");
            spaces(out, indent);
            column = indent;
            text += blanks;
            n -= blanks;
            columns -= blanks;
        }
        eti_text_add_bytes(out, text, n);
        column += columns;
        text += n;
    }
    eti_text_add(out, "\n");
}

struct eti_style eti_style_of(const ets_format_options *o)
{
    struct eti_style plain = {"", "", "", ""}, color = {"\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"};
    return o->color ? color : plain;
}

size_t eti_width_of(const ets_format_options *o)
{
    return !o->width ? ETI_WIDTH_USUAL : o->width < ETI_WIDTH_LEAST ? ETI_WIDTH_LEAST : o->width;
}

size_t eti_row_width_of(const ets_format_options *o)
{
    return o->width ? eti_width_of(o) : SIZE_MAX / 2;
}

/* ------------------------------------------------------------------ numbers ------------------------------ */

void eti_scaled(char *to, size_t room, double value)
{
    static const char *const units[] = {"", "k", "M", "G", "T", "P"};
    size_t u = 0;
    while (value >= 999.5 && u < 5) { value /= 1000; u++; }
    snprintf(to, room, value >= 100 || !u ? "%.0f%s" : value >= 10 ? "%.1f%s" : "%.2f%s", value, units[u]);
}

void eti_short_bytes(char *to, size_t room, uint64_t bytes)
{
    double k = (double)bytes / 1024, m = k / 1024;
    if (bytes < 1024) snprintf(to, room, "%llu", (unsigned long long)bytes);
    else if (k < 1023.5) snprintf(to, room, k < 9.95 ? "%.1fK" : "%.0fK", k);
    else snprintf(to, room, m < 9.995 ? "%.2fM" : "%.1fM", m);
}

void eti_bytes_text(char *to, size_t room, uint64_t bytes)
{
    if (bytes < 1024) snprintf(to, room, "%llu B", (unsigned long long)bytes);
    else if (bytes < 1024 * 1024) snprintf(to, room, "%.1f KiB", (double)bytes / 1024);
    else snprintf(to, room, "%.2f MiB", (double)bytes / (1024 * 1024));
}

const char *eti_short_op(const char *op)
{
    static const char *const names[][2] = {
        {"depthwise_conv_2d", "depthwise"}, {"fully_connected", "full conn"}, {"transpose_conv", "tr. conv"},
        {"resize_bilinear", "resize"}, {"resize_nearest", "resize nn"}, {"squared_difference", "sq. diff"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(op, names[i][0]) == 0) return names[i][1];
    return op;
}
