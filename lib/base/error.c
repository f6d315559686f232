/* error.c - the one place that writes messages. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define LONGEST_PATH 160 /* of a path in a message; longer ones keep their end */
#define LONGEST_WORD 64  /* compared by eti_did_you_mean() */

const char *ets_status_name(ets_status status)
{
    switch (status) {
#define CASE(name, code, text) case ETS_##name: return #name;
        ETS_STATUS_MAP(CASE)
#undef CASE
    }
    return "?";
}

const char *ets_status_text(ets_status status)
{
    switch (status) {
#define CASE(name, code, text) case ETS_##name: return text;
        ETS_STATUS_MAP(CASE)
#undef CASE
    }
    return "?";
}

/* snprintf returns the length it wanted; this one the length that is there. */
static size_t put(char *to, size_t room, const char *format, ...) __attribute__((format(printf, 3, 4)));
static size_t put(char *to, size_t room, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(to, room, format, args);
    va_end(args);
    if (n < 0) return 0;
    return (size_t)n < room ? (size_t)n : room - 1;
}

static size_t put_place(char *to, size_t room, const struct eti_place *at)
{
    if (!at || !at->file || !at->file[0]) return 0;
    size_t length = strlen(at->file);
    bool cut = length > LONGEST_PATH;
    const char *file = cut ? at->file + length - LONGEST_PATH : at->file;
    const char *dots = cut ? "..." : "";
    if (at->line) return put(to, room, "%s%s:%u:%u: ", dots, file, at->line, at->column);
    if (at->has_offset) return put(to, room, "%s%s: at byte %llu: ", dots, file, (unsigned long long)at->offset);
    return put(to, room, "%s%s: ", dots, file);
}

ets_status eti_fail(ets_error *err, ets_status status, const struct eti_place *at, const char *format, ...)
{
    if (!err) return status;
    memset(err, 0, sizeof *err);
    err->status = status;
    if (at) {
        err->line = at->line;
        err->column = at->column;
        err->offset = at->has_offset ? at->offset : 0;
    }
    size_t used = put_place(err->text, sizeof err->text, at);
    va_list args;
    va_start(args, format);
    vsnprintf(err->text + used, sizeof err->text - used, format, args);
    va_end(args);
    eti_make_plain(err->text, strlen(err->text));
    return status;
}

ets_status eti_nomem(ets_error *err)
{
    return eti_fail(err, ETS_NOMEM, NULL, "out of memory");
}

ets_status eti_given(bool all, const char *function, const char *what, ets_error *err)
{
    return all ? ETS_OK : eti_fail(err, ETS_ARGUMENT, NULL, "%s: %s", function, what);
}

/* Edit distance (insert, delete, change), one row at a time. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST_WORD + 1], n = strlen(b);
    if (strlen(a) > LONGEST_WORD || n > LONGEST_WORD) return SIZE_MAX;
    for (size_t j = 0; j <= n; j++) row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[n];
}

const char *eti_did_you_mean(const char *word, const char *const *candidates, size_t n)
{
    const char *nearest = NULL;
    size_t best = strlen(word) / 3 + 2; /* farther than this is another word */
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, candidates[i]);
        if (d < best) { best = d; nearest = candidates[i]; }
    }
    if (nearest) return nearest;
    for (size_t i = 0, longest = 3; i < n; i++) { /* what the word begins with: concat, as others call it concatenation */
        size_t length = strlen(candidates[i]);
        if (length > longest && strncmp(word, candidates[i], length) == 0) { longest = length; nearest = candidates[i]; }
    }
    return nearest;
}
