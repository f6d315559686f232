/* json.h - writes JSON: commas, indentation and escapes are taken care of; the caller says what stands where.
 *   eti_json_begin(j, NULL, '{'); eti_json_u64(j, "cycles", 12); eti_json_end(j, '}');
 * `key` is NULL inside arrays and at the top. Text is UTF-8; invalid bytes become U+FFFD. */
#ifndef ETI_IO_JSON_H
#define ETI_IO_JSON_H

#include "base/text.h"

struct eti_json {
    struct eti_text *out;
    uint32_t depth;
    bool first; /* nothing written yet at this depth */
};

void eti_json_init(struct eti_json *j, struct eti_text *out);
void eti_json_begin(struct eti_json *j, const char *key, char bracket); /* '{' or '[' */
void eti_json_end(struct eti_json *j, char bracket);                    /* '}' or ']' */
void eti_json_text(struct eti_json *j, const char *key, const char *value);
void eti_json_u64(struct eti_json *j, const char *key, uint64_t value);
void eti_json_double(struct eti_json *j, const char *key, double value); /* not finite: null */
void eti_json_bool(struct eti_json *j, const char *key, bool value);
void eti_json_null(struct eti_json *j, const char *key);
/* A text in its quotes, for who writes the rest by hand. */
void eti_json_quoted(struct eti_text *out, const char *text);
/* [1, 2, 3] on one line */
void eti_json_u32_array(struct eti_json *j, const char *key, const uint32_t *values, size_t n);

#endif
