/* threads.h - the same work on many items, by several threads. Threads live as long as the call: nothing is left behind that
 * a fork could tear apart, and starting one costs tens of microseconds. */
#ifndef ETI_PREDICT_THREADS_H
#define ETI_PREDICT_THREADS_H

#include <stddef.h>

/* Calls `work` with consecutive ranges that together are [0, n_items), each item once, from up to `n_threads` threads,
 * the caller's included; returns when all are done. Fewer threads do it if no more can be started. */
typedef void eti_thread_work(void *ctx, size_t begin, size_t end);
void eti_run_threads(unsigned n_threads, size_t n_items, eti_thread_work *work, void *ctx);

#endif
