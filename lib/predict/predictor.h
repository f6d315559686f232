/* predictor.h - a machine, a memo of what items cost on it, and scratch memory for as many threads as ever called at a
 * time. */
#ifndef ETI_PREDICT_PREDICTOR_H
#define ETI_PREDICT_PREDICTOR_H

#include <stdatomic.h>

#include "predict/cost.h"
#include "predict/memo.h"

/* An item that uses the link: what it costs depends on how long that has been free, so it is added up in order. */
struct eti_step {
    enum eti_item item;
    int32_t index;               /* operator or tensor */
    struct eti_digest key;
    uint64_t cycles, link_lead_cycles, link_free_cycles, dynamic_fj;
    uint64_t between_cycles;     /* of items since the last one, which do not use it */
};
/* One call's memory, kept for the next one. */
struct eti_workspace {
    struct eti_workspace *next;
    struct eti_arena arena;      /* of the plan */
    struct eti_local local;
    struct eti_program program;  /* of one item */
    struct eti_engine *engine;
    struct eti_memo_pin pin;
    uint64_t *value;             /* room for one cost */
    struct eti_step *sequence;   /* of this inference, in order */
    uint64_t between_cycles;     /* since the last of them */
    size_t n_steps, cap_steps;
    uint64_t steps[64];          /* of the tensor ops of each tile, this inference */
    uint64_t hits, misses;
    struct eti_known known;      /* facts of operators */
};

struct ets_predictor {
    ets_allocator owner, mem;    /* the caller's, and the same behind alloc_lock */
    pthread_mutex_t lock, alloc_lock;
    ets_arch *arch;
    ets_predictor_options options;
    struct eti_memo memo;
    struct eti_workspace *idle;
    struct eti_idle_builder *builders; /* of api_rows.c, as the workspaces */
    atomic_ullong predictions, repeats, hits, misses;
};

ets_status eti_predictor_new(const ets_arch *arch, const ets_predictor_options *options, const ets_allocator *mem,
                             ets_predictor **out, ets_error *err);
void eti_predictor_free(ets_predictor *p);
ets_status eti_predict(ets_predictor *p, const struct eti_graph *graph, ets_summary *out, ets_error *err);
/* Cost of operator `index` in its place. */
ets_status eti_predict_layer(ets_predictor *p, const struct eti_graph *graph, uint32_t index, ets_layer_costs *out, ets_error *err);

/* --- batch.c: results of many predictions, whoever makes them --- */
struct eti_results {
    ets_summary *out;
    ets_status *status;   /* NULL: not wanted */
    pthread_mutex_t lock; /* of what follows: the failure with the lowest index */
    size_t first;
    ets_error why;
};
/* Books result `i`; out[i] is filled if it is OK. */
void eti_result(struct eti_results *r, size_t i, ets_status status, const ets_error *why);
typedef void eti_predict_range(void *ctx, size_t begin, size_t end, struct eti_results *results);
/* Runs `range` over all of [0, n) by some threads; the failure with the lowest index, or OK. */
ets_status eti_predict_batch(size_t n, uint32_t n_threads, eti_predict_range *range, void *ctx, ets_summary *out,
                             ets_status *status, ets_error *err);
/* api_rows.c */
void eti_free_builders(ets_predictor *p);

#endif
