/* csv.h - rows of comma-separated fields that know where they stand. Syntax only: blanks around a field and quotes around it
 * are dropped, empty lines and those that begin with '#' are skipped, a comma at the end of a line makes no field. */
#ifndef ETI_IO_CSV_H
#define ETI_IO_CSV_H

#include "base/arena.h"
#include "base/error.h"
#include "base/limits.h"

struct eti_csv_field { const char *text; uint32_t column; };
struct eti_csv_row {
    uint32_t line, n;
    struct eti_csv_field field[ETI_MAX_CSV_FIELDS];
};
struct eti_csv {
    const char *name;
    const char *at, *end;
    uint32_t line;
    struct eti_arena *arena; /* owns the fields' text */
};

void eti_csv_init(struct eti_csv *csv, const char *name, const uint8_t *data, size_t size, struct eti_arena *arena);
/* The next row; *more is false behind the last. Errors: SYNTAX (a quote that does not end, too many fields), NOMEM. */
ets_status eti_csv_next(struct eti_csv *csv, struct eti_csv_row *row, bool *more, ets_error *err);
struct eti_place eti_csv_place(const struct eti_csv *csv, const struct eti_csv_row *row, uint32_t field);

#endif
