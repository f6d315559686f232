/* rank.h - things in the order of their size: the largest first, equal ones as they were. A merge of runs, in the open so that the
 * comparison is compiled into it: plans sort twice each, a hundred thousand times a second. */
#ifndef ETI_BASE_RANK_H
#define ETI_BASE_RANK_H

#include <stdint.h>

struct eti_ranked { uint64_t size; uint32_t index; };

/* Merges runs [at, middle) and [middle, end). Which of two is taken is no branch: nobody could guess it. */
static inline void eti_merge_ranked(const struct eti_ranked *from, struct eti_ranked *to, uint32_t at, uint32_t middle, uint32_t end)
{
    uint32_t a = at, b = middle, i = at;
    while (a < middle && b < end) {
        uint32_t first = from[a].size >= from[b].size;
        to[i++] = from[first ? a : b];
        a += first;
        b += !first;
    }
    while (a < middle) to[i++] = from[a++];
    while (b < end) to[i++] = from[b++];
}

/* Runs of eight, each by insertion. */
static inline void eti_rank_runs(struct eti_ranked *things, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct eti_ranked t = things[i];
        uint32_t k = i;
        for (; k % 8 && things[k - 1].size < t.size; k--) things[k] = things[k - 1];
        things[k] = t;
    }
}

/* Sorts `n` things; `scratch` has room for as many. The result is in the one or the other. */
static inline struct eti_ranked *eti_rank(struct eti_ranked *things, struct eti_ranked *scratch, uint32_t n)
{
    eti_rank_runs(things, n);
    for (uint64_t run = 8; run < n; run *= 2) {
        for (uint64_t at = 0; at < n; at += 2 * run) {
            uint64_t middle = at + run < n ? at + run : n, end = middle + run < n ? middle + run : n;
            eti_merge_ranked(things, scratch, (uint32_t)at, (uint32_t)middle, (uint32_t)end);
        }
        struct eti_ranked *sorted = scratch;
        scratch = things;
        things = sorted;
    }
    return things;
}

#endif
