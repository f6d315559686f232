/* statistics.h - how far predictions are from what was measured. */
#ifndef TRUTH_STATISTICS_H
#define TRUTH_STATISTICS_H

#include <stddef.h>

struct pair { double predicted, measured; const char *what; }; /* what was measured; may be NULL */
struct statistics {
    size_t n;
    double mape, median;      /* of |predicted / measured - 1|, in per cent */
    double bias;              /* mean of predicted / measured - 1, in per cent */
    double within_5, within_10; /* shares in per cent */
    double spearman, kendall; /* ranks, ties averaged; NAN for less than three */
};
/* Errors: memory, then n is 0. */
struct statistics statistics_of(const struct pair *pairs, size_t n);

/* Pairs that another pair measures again (same name, same prediction), and the mean error in per cent that one value for each such
 * group would leave at the least: what no prediction can go below. */
struct repeats { size_t n; double least_mape; };
struct repeats repeats_of(const struct pair *pairs, size_t n);

#endif
