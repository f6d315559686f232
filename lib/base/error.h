/* error.h - one place writes messages: "file:line:column: what is wrong; what would be right".
 * The cause is written where it is known; callers only pass it up with ETI_TRY. */
#ifndef ETI_BASE_ERROR_H
#define ETI_BASE_ERROR_H

#include "edgetpu_sim/edgetpu_sim.h"

/* Where in an input: line and column (1-based), or a byte offset, or neither. */
struct eti_place {
    const char *file;
    uint32_t line, column;
    uint64_t offset;
    bool has_offset;
};

/* Returns `status`, so that a check reads `return eti_fail(err, ETS_RANGE, &at, "...", ...)`. `at` may be NULL.
 * A path that is too long keeps its end. `err` may be NULL. Control bytes in the text become '?'. */
ets_status eti_fail(ets_error *err, ets_status status, const struct eti_place *at, const char *format, ...)
    __attribute__((format(printf, 4, 5), cold));
ets_status eti_nomem(ets_error *err) __attribute__((cold));
/* ETS_ARGUMENT with "function: what", unless all that a public function needs was given. */
ets_status eti_given(bool all, const char *function, const char *what, ets_error *err);

/* The candidate nearest to `word` by edit distance, or else the longest that it begins with; NULL if none is near enough to be meant. */
const char *eti_did_you_mean(const char *word, const char *const *candidates, size_t n);

/* Compilers are told that nearly all goes well. */
#define ETI_TRY(expression)                                            \
    do {                                                               \
        ets_status eti_try_ = (expression);                            \
        if (__builtin_expect(eti_try_ != ETS_OK, 0)) return eti_try_;  \
    } while (0)

#endif
