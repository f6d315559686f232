/* near.c - which name was meant. The library asks so of its own names (base/error.c), which a program cannot call, and means something else:
 * here the beginning of a name stands for it, as for getopt_long; there many models begin alike. */
#include "options.h"

#include <string.h>

#define LONGEST 40

/* How many letters have to be changed, left out or put in. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST + 1], n = strlen(b), m = strlen(a);
    if (n > LONGEST || m > LONGEST) return LONGEST;
    for (size_t j = 0; j <= n; j++) row[j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]), least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = change < least ? change : least;
        }
    }
    return row[n];
}

const char *near_name(const char *word, const void *names, size_t stride)
{
    const char *best = NULL;
    size_t least = strlen(word) / 3 + 2, n = strlen(word);
    for (const char *at = names; *(const char *const *)(const void *)at; at += stride) {
        const char *name = *(const char *const *)(const void *)at;
        size_t d = n > 1 && strncmp(name, word, n) == 0 ? 0 : distance(word, name);
        if (d >= least || d >= strlen(name)) continue;
        least = d;
        best = name;
    }
    return best;
}
