/* json.c - a JSON writer. */
#include "io/json.h"

#include <string.h>

void eti_json_init(struct eti_json *j, struct eti_text *out)
{
    memset(j, 0, sizeof *j);
    j->out = out;
    j->first = true;
}

/* Bytes at the start that stand for themselves. */
static size_t plain_length(const char *text)
{
    size_t n = 0;
    while (text[n] >= 0x20 && text[n] < 0x7f && text[n] != '"' && text[n] != '\\') n++;
    return n;
}

void eti_json_quoted(struct eti_text *out, const char *text)
{
    eti_text_add(out, "\"");
    for (const char *s = text; *s;) {
        size_t plain = plain_length(s), n = plain ? plain : eti_utf8_length(s);
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') eti_text_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f) eti_text_printf(out, "\\u%04x", c);
        else if (n) eti_text_add_bytes(out, s, n);
        else eti_text_add(out, "\xef\xbf\xbd");
        s += n ? n : 1;
    }
    eti_text_add(out, "\"");
}

static void start_line(struct eti_json *j)
{
    static const char blanks[] = "                                ";
    eti_text_add(j->out, "\n");
    for (size_t left = 2 * (size_t)j->depth, n; left; left -= n) {
        n = left < sizeof blanks - 1 ? left : sizeof blanks - 1;
        eti_text_add_bytes(j->out, blanks, n);
    }
}

/* Comma, line, indentation, key. */
static void start_value(struct eti_json *j, const char *key)
{
    if (!j->first) eti_text_add(j->out, ",");
    if (j->depth) start_line(j);
    if (key) {
        eti_json_quoted(j->out, key);
        eti_text_add(j->out, ": ");
    }
    j->first = false;
}

void eti_json_begin(struct eti_json *j, const char *key, char bracket)
{
    start_value(j, key);
    eti_text_add_bytes(j->out, &bracket, 1);
    j->depth++;
    j->first = true;
}

void eti_json_end(struct eti_json *j, char bracket)
{
    j->depth--;
    if (!j->first) start_line(j);
    eti_text_add_bytes(j->out, &bracket, 1);
    if (!j->depth) eti_text_add(j->out, "\n");
    j->first = false;
}

void eti_json_text(struct eti_json *j, const char *key, const char *value)
{
    start_value(j, key);
    eti_json_quoted(j->out, value);
}

void eti_json_u64(struct eti_json *j, const char *key, uint64_t value)
{
    start_value(j, key);
    eti_text_add_u64(j->out, value);
}

void eti_json_double(struct eti_json *j, const char *key, double value)
{
    if (value != value || value - value != 0) {
        eti_json_null(j, key);
        return;
    }
    start_value(j, key);
    eti_text_add_double(j->out, value);
}

void eti_json_bool(struct eti_json *j, const char *key, bool value)
{
    start_value(j, key);
    eti_text_add(j->out, value ? "true" : "false");
}

void eti_json_null(struct eti_json *j, const char *key)
{
    start_value(j, key);
    eti_text_add(j->out, "null");
}

void eti_json_u32_array(struct eti_json *j, const char *key, const uint32_t *values, size_t n)
{
    start_value(j, key);
    eti_text_add(j->out, "[");
    for (size_t i = 0; i < n; i++) {
        if (i) eti_text_add(j->out, ", ");
        eti_text_add_u64(j->out, values[i]);
    }
    eti_text_add(j->out, "]");
}
