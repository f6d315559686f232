/* threads.c - threads that take the next few items until there are none. */
#include "predict/threads.h"

#include "base/limits.h"

#include <pthread.h>
#include <stdatomic.h>

struct pool {
    atomic_size_t next;
    size_t n_items, chunk;
    eti_thread_work *work;
    void *ctx;
};

static void *take_turns(void *argument)
{
    struct pool *p = argument;
    for (;;) {
        size_t begin = atomic_fetch_add(&p->next, p->chunk);
        if (begin >= p->n_items) return NULL;
        size_t end = p->n_items - begin < p->chunk ? p->n_items : begin + p->chunk;
        p->work(p->ctx, begin, end);
    }
}

void eti_run_threads(unsigned n_threads, size_t n_items, eti_thread_work *work, void *ctx)
{
    struct pool p;
    pthread_t threads[ETI_MAX_THREADS];
    unsigned started = 0, wanted = n_threads > ETI_MAX_THREADS ? ETI_MAX_THREADS : n_threads;
    atomic_init(&p.next, 0);
    p.n_items = n_items;
    p.chunk = n_items / ((size_t)(wanted ? wanted : 1) * 16) + 1; /* small enough that threads end together */
    p.work = work;
    p.ctx = ctx;
    while (started + 1 < wanted && started + 1 < n_items &&
           pthread_create(&threads[started], NULL, take_turns, &p) == 0) started++;
    take_turns(&p);
    for (unsigned i = 0; i < started; i++) pthread_join(threads[i], NULL);
}
