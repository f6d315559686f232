/* statistics.c - mean and median error, shares, rank correlations (Spearman's rho, Kendall's tau-b), what repeats leave. */
#include "statistics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Rank of each value, ties at their mean: count of smaller ones and half of the equal ones. */
static void ranks(const double *values, size_t n, double *sorted, double *rank)
{
    memcpy(sorted, values, n * sizeof *values);
    qsort(sorted, n, sizeof *sorted, ascending);
    for (size_t i = 0; i < n; i++) {
        size_t low = 0, high = n;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (sorted[middle] < values[i]) low = middle + 1;
            else high = middle;
        }
        size_t equal = low;
        while (equal < n && sorted[equal] == values[i]) equal++;
        rank[i] = ((double)low + (double)equal - 1) / 2;
    }
}

static double correlation(const double *x, const double *y, size_t n)
{
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) { mx += x[i]; my += y[i]; }
    mx /= (double)n;
    my /= (double)n;
    for (size_t i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

static double kendall(const struct pair *p, size_t n)
{
    double agree = 0, tied_x = 0, tied_y = 0, all = (double)n * ((double)n - 1) / 2;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            double x = p[i].predicted - p[k].predicted, y = p[i].measured - p[k].measured;
            tied_x += x == 0;
            tied_y += y == 0;
            if (x != 0 && y != 0) agree += (x > 0) == (y > 0) ? 1 : -1;
        }
    }
    return agree / sqrt((all - tied_x) * (all - tied_y));
}

struct statistics statistics_of(const struct pair *pairs, size_t n)
{
    struct statistics s = {0, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    double *work = n ? malloc(5 * n * sizeof *work) : NULL;
    if (!work) return s;
    double *errors = work, *x = work + n, *y = work + 2 * n, *rx = work + 3 * n, *sorted = work + 4 * n;
    s.n = n;
    s.mape = s.bias = s.within_5 = s.within_10 = 0;
    for (size_t i = 0; i < n; i++) {
        double e = pairs[i].predicted / pairs[i].measured - 1;
        errors[i] = fabs(e);
        s.mape += 100 * fabs(e) / (double)n;
        s.bias += 100 * e / (double)n;
        s.within_5 += 100 * (fabs(e) <= 0.05) / (double)n;
        s.within_10 += 100 * (fabs(e) <= 0.10) / (double)n;
        x[i] = pairs[i].predicted;
        y[i] = pairs[i].measured;
    }
    qsort(errors, n, sizeof *errors, ascending);
    s.median = 100 * (n % 2 ? errors[n / 2] : (errors[n / 2 - 1] + errors[n / 2]) / 2);
    if (n >= 3) {
        ranks(x, n, sorted, rx);
        ranks(y, n, sorted, x); /* x's values are no longer needed */
        s.spearman = correlation(rx, x, n);
        s.kendall = kendall(pairs, n);
    }
    free(work);
    return s;
}

static bool is_again(const struct pair *a, const struct pair *b)
{
    return a->predicted == b->predicted && a->what && b->what && strcmp(a->what, b->what) == 0;
}

struct repeats repeats_of(const struct pair *pairs, size_t n)
{
    struct repeats r = {0, 0};
    for (size_t i = 0; i < n; i++) {
        size_t others = 0;
        double least = INFINITY; /* sums of errors are least at one of the values */
        for (size_t k = 0; k < n; k++) {
            double sum = 0;
            if (!is_again(&pairs[i], &pairs[k])) continue;
            others += k != i;
            for (size_t m = 0; m < n; m++)
                if (is_again(&pairs[i], &pairs[m])) sum += fabs(pairs[k].measured / pairs[m].measured - 1);
            least = sum < least ? sum : least;
        }
        if (!others) continue;
        r.n++;
        r.least_mape += 100 * least / (double)(others + 1);
    }
    if (r.n) r.least_mape /= (double)r.n;
    return r;
}
