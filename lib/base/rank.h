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

/* Runs of eight: each goes behind those that are larger, and those before it that are equal. No branch on sizes here either. */
static inline void eti_rank_runs(const struct eti_ranked *from, struct eti_ranked *to, uint32_t n)
{
    for (uint32_t at = 0; at < n; at += 8) {
        uint32_t length = n - at < 8 ? n - at : 8, place[8] = {0, 0, 0, 0, 0, 0, 0, 0};
        for (uint32_t i = 1; i < length; i++) {
            for (uint32_t k = 0; k < i; k++) {
                uint32_t behind = from[at + k].size >= from[at + i].size;
                place[i] += behind;
                place[k] += !behind;
            }
        }
        for (uint32_t i = 0; i < length; i++) to[at + place[i]] = from[at + i];
    }
}

/* Sorts `n` things; `scratch` has room for as many. The result is in the one or the other. */
static inline struct eti_ranked *eti_rank(struct eti_ranked *things, struct eti_ranked *scratch, uint32_t n)
{
    struct eti_ranked *sorted = scratch, *next = things;
    eti_rank_runs(things, sorted, n);
    for (uint64_t run = 8; run < n; run *= 2) {
        for (uint64_t at = 0; at < n; at += 2 * run) {
            uint64_t middle = at + run < n ? at + run : n, end = middle + run < n ? middle + run : n;
            eti_merge_ranked(sorted, next, (uint32_t)at, (uint32_t)middle, (uint32_t)end);
        }
        struct eti_ranked *merged = next;
        next = sorted;
        sorted = merged;
    }
    return sorted;
}

#endif
