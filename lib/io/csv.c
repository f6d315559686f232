/* csv.c - see csv.h. */
#include "io/csv.h"

#include <string.h>

void eti_csv_init(struct eti_csv *csv, const char *name, const uint8_t *data, size_t size, struct eti_arena *arena)
{
    struct eti_csv c = {name, (const char *)data, (const char *)data + size, 0, arena};
    *csv = c;
}

struct eti_place eti_csv_place(const struct eti_csv *csv, const struct eti_csv_row *row, uint32_t field)
{
    struct eti_place at = {csv->name, row->line, field < row->n ? row->field[field].column : 1, 0, false};
    return at;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* The field that begins at `from`, up to a comma or `end`; where it stops in *next. */
static ets_status read_field(struct eti_csv *csv, struct eti_csv_row *row, const char *line, const char *from, const char *end,
                             const char **next, ets_error *err)
{
    while (from < end && is_blank(*from)) from++;
    struct eti_place at = {csv->name, row->line, (uint32_t)(from - line) + 1, 0, false};
    const char *stop;
    if (from < end && *from == '"') {
        stop = memchr(from + 1, '"', (size_t)(end - from - 1));
        if (!stop) return eti_fail(err, ETS_SYNTAX, &at, "a quote is not closed");
        from++;
        *next = memchr(stop, ',', (size_t)(end - stop));
        if (!*next) *next = end;
    } else {
        stop = memchr(from, ',', (size_t)(end - from));
        if (!stop) stop = end;
        *next = stop;
        while (stop > from && is_blank(stop[-1])) stop--;
    }
    if (row->n == ETI_MAX_CSV_FIELDS) return eti_fail(err, ETS_SYNTAX, &at, "more than %d fields in a row", ETI_MAX_CSV_FIELDS);
    if ((size_t)(stop - from) > ETI_MAX_TEXT_BYTES) return eti_fail(err, ETS_RANGE, &at, "a field of more than %u bytes", ETI_MAX_TEXT_BYTES);
    struct eti_csv_field f = {eti_arena_text(csv->arena, from, (size_t)(stop - from)), at.column};
    if (!f.text) return eti_nomem(err);
    row->field[row->n++] = f;
    return ETS_OK;
}

ets_status eti_csv_next(struct eti_csv *csv, struct eti_csv_row *row, bool *more, ets_error *err)
{
    row->n = 0;
    while (csv->at < csv->end && !row->n) {
        const char *line = csv->at, *end = memchr(line, '\n', (size_t)(csv->end - line)), *from = line;
        if (!end) end = csv->end;
        csv->at = end < csv->end ? end + 1 : end;
        row->line = ++csv->line;
        while (from < end && is_blank(*from)) from++;
        if (from == end || *from == '#') continue;
        for (from = line; from < end;) {
            const char *next = end;
            ETI_TRY(read_field(csv, row, line, from, end, &next, err));
            from = next < end ? next + 1 : end;
            const char *rest = from;
            while (rest < end && is_blank(*rest)) rest++;
            if (rest == end) break;
        }
    }
    *more = row->n > 0;
    return ETS_OK;
}
