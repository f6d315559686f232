/* text.h - growable text; numbers as people and machines read them, whatever the locale. */
#ifndef ETI_BASE_TEXT_H
#define ETI_BASE_TEXT_H

#include "edgetpu_sim/edgetpu_sim.h"

struct eti_text {
    ets_allocator mem;
    char *data; /* terminated once anything was added; NULL before */
    size_t length, capacity;
    bool failed; /* an allocation failed: everything after it was dropped; checked once at the end */
};

void eti_text_init(struct eti_text *t, const ets_allocator *mem);
void eti_text_add(struct eti_text *t, const char *text);
void eti_text_add_bytes(struct eti_text *t, const char *text, size_t n);
void eti_text_printf(struct eti_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void eti_text_add_u64(struct eti_text *t, uint64_t value); /* decimal */
/* Shortest decimal that reads back as the same double, '.' as the point. */
void eti_text_add_double(struct eti_text *t, double value);
void eti_text_free(struct eti_text *t);

/* Bytes of the UTF-8 sequence at terminated `text`, 0 if it is none. */
size_t eti_utf8_length(const char *text);
/* What a terminal or an editor would obey instead of showing becomes '?', byte by byte: control characters (of two bytes, too), marks that
 * turn the direction of writing, what is no UTF-8. `text[length]` is 0; zeros before it become '?', too. */
void eti_make_plain(char *text, size_t length);
/* Columns that UTF-8 `text` takes on a terminal (code points; no wide characters expected). */
size_t eti_text_columns(const char *text);
/* Decimal digits, an optional fraction and one of k M G (x1000) or Ki Mi Gi (x1024), e.g. "250M", "0.5G", "192Ki":
 * an exact integer, or false. */
bool eti_parse_u64(const char *text, uint64_t *out);

#endif
