/* arena.h - objects that die together: one arena a model, a machine, a report. */
#ifndef ETI_BASE_ARENA_H
#define ETI_BASE_ARENA_H

#include "edgetpu_sim/edgetpu_sim.h"

struct eti_arena_block;
struct eti_arena {
    ets_allocator mem;
    struct eti_arena_block *head;
    size_t used_bytes; /* handed out, for limits */
};

void eti_arena_init(struct eti_arena *arena, const ets_allocator *mem);
/* Zeroed, aligned for any type; NULL if there is no memory or n x size overflows. n = 0 gives a valid pointer. */
void *eti_arena_alloc(struct eti_arena *arena, size_t n, size_t size);
/* The same, not zeroed: for what is written before it is read. */
void *eti_arena_raw(struct eti_arena *arena, size_t n, size_t size);
/* A terminated copy of `length` bytes (which may hold any byte; see eti_make_plain()). */
char *eti_arena_text(struct eti_arena *arena, const char *text, size_t length);
char *eti_arena_format(struct eti_arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Takes everything back and keeps the memory: the same again needs no more of it. */
void eti_arena_reset(struct eti_arena *arena);
void eti_arena_free(struct eti_arena *arena);

#endif
