/* text.c - growable text and locale-independent numbers. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void eti_text_init(struct eti_text *t, const ets_allocator *mem)
{
    memset(t, 0, sizeof *t);
    t->mem = eti_allocator(mem);
}

/* Room for n more bytes and the terminator. */
static bool make_room(struct eti_text *t, size_t n)
{
    size_t wanted = 0;
    if (t->failed || __builtin_add_overflow(t->length, n, &wanted)) t->failed = true;
    if (t->failed) return false;
    void *data = t->data;
    if (!eti_reserve(&t->mem, &data, &t->capacity, wanted, 1)) {
        t->failed = true;
        return false;
    }
    t->data = data;
    return true;
}

void eti_text_add_bytes(struct eti_text *t, const char *text, size_t n)
{
    if (!make_room(t, n)) return;
    memcpy(t->data + t->length, text, n);
    t->length += n;
    t->data[t->length] = '\0';
}

void eti_text_add(struct eti_text *t, const char *text)
{
    eti_text_add_bytes(t, text, strlen(text));
}

void eti_text_printf(struct eti_text *t, const char *format, ...)
{
    char few[256]; /* most texts are short: written once */
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(few, sizeof few, format, args);
    va_end(args);
    if (n < 0) t->failed = true;
    else if ((size_t)n < sizeof few) eti_text_add_bytes(t, few, (size_t)n);
    else if (make_room(t, (size_t)n)) {
        vsnprintf(t->data + t->length, (size_t)n + 1, format, again);
        t->length += (size_t)n;
    }
    va_end(again);
}

void eti_text_add_u64(struct eti_text *t, uint64_t value)
{
    char digits[20];
    size_t from = sizeof digits;
    do digits[--from] = (char)('0' + value % 10);
    while (value /= 10);
    eti_text_add_bytes(t, digits + from, sizeof digits - from);
}

/* printf writes the locale's decimal point; it is the only byte that is not one of a C number. */
static void point_to_dot(char *number)
{
    char kept[64];
    size_t n = 0, skipped = 0;
    for (const char *c = number; *c && n + 1 < sizeof kept; c++) {
        bool usual = (*c >= '0' && *c <= '9') || *c == '-' || *c == '+' || *c == 'e';
        if (usual) kept[n++] = *c;
        else if (!skipped++) kept[n++] = '.';
    }
    kept[n] = '\0';
    memcpy(number, kept, n + 1);
}

void eti_text_add_double(struct eti_text *t, double value)
{
    char number[64];
    if (value != value || value - value != 0) { /* not a number, infinite */
        eti_text_add(t, value != value ? "nan" : value > 0 ? "inf" : "-inf");
        return;
    }
    int whole = 1; /* digits before the point: 100, not 1e+02 */
    for (double rest = value < 0 ? -value : value; rest >= 10 && whole < 16; rest /= 10) whole++;
    for (int digits = whole; digits <= 17; digits++) {
        snprintf(number, sizeof number, "%.*g", digits, value);
        if (strtod(number, NULL) == value) break; /* reads what printf wrote, in the same locale */
    }
    point_to_dot(number);
    eti_text_add(t, number);
}

void eti_text_free(struct eti_text *t)
{
    eti_free(&t->mem, t->data, t->capacity, 1);
    t->data = NULL;
    t->length = t->capacity = 0;
}

size_t eti_utf8_length(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t n = s[0] < 0x80 ? 1 : (s[0] >= 0xc2 && s[0] < 0xe0) ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if (n == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0))) return 0;
    if (n == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))) return 0;
    return n;
}

/* Of a sequence of `n` bytes: U+0000 to 1F, 7F to 9F, 2028 to 202E, 2066 to 2069. */
static bool is_obeyed(const unsigned char *s, size_t n)
{
    if (n == 1) return s[0] < 0x20 || s[0] == 0x7f;
    if (n == 2) return s[0] == 0xc2 && s[1] < 0xa0;
    bool mark = s[0] == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae) || (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9));
    return n == 3 && mark;
}

void eti_make_plain(char *text, size_t length)
{
    for (size_t i = 0, n; i < length; i += n) {
        n = eti_utf8_length(text + i);
        if (n && !is_obeyed((const unsigned char *)text + i, n)) continue;
        if (!n) n = 1;
        memset(text + i, '?', n);
    }
}

size_t eti_text_columns(const char *text)
{
    size_t n = 0;
    for (; *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* The factor that a suffix stands for; 0 if it is none. */
static uint64_t factor_of(const char *suffix)
{
    static const struct { const char *text; uint64_t factor; } suffixes[] = {
        {"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000},
        {"Ki", 1024}, {"Mi", 1048576}, {"Gi", 1073741824},
    };
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcmp(suffix, suffixes[i].text) == 0) return suffixes[i].factor;
    return 0;
}

static bool add_digit(uint64_t *value, char digit)
{
    return !__builtin_mul_overflow(*value, (uint64_t)10, value) &&
           !__builtin_add_overflow(*value, (uint64_t)(digit - '0'), value);
}

bool eti_parse_u64(const char *text, uint64_t *out)
{
    uint64_t value = 0, scale = 1;
    const char *c = text;
    if (*c < '0' || *c > '9') return false;
    for (; *c >= '0' && *c <= '9'; c++)
        if (!add_digit(&value, *c)) return false;
    if (*c == '.') {
        if (c[1] < '0' || c[1] > '9') return false;
        for (c++; *c >= '0' && *c <= '9'; c++)
            if (!add_digit(&value, *c) || __builtin_mul_overflow(scale, (uint64_t)10, &scale)) return false;
    }
    uint64_t factor = factor_of(c), product;
    if (!factor || __builtin_mul_overflow(value, factor, &product) || product % scale) return false;
    *out = product / scale;
    return true;
}
