/* engine.h - runs any program on its units. */
#ifndef ETI_ENGINE_ENGINE_H
#define ETI_ENGINE_ENGINE_H

#include "base/error.h"
#include "base/limits.h"
#include "engine/timeline.h"
#include "engine/trace.h"

/* Errors: INTERNAL with who waits for whom if the program cannot finish; NOMEM; RANGE if it would run longer than
 * 2^62 cycles. `out` is written on success only; free it with eti_timeline_free(). */
ets_status eti_engine_run(const struct eti_program *program, const ets_allocator *mem, struct eti_timeline *out,
                          ets_error *err);
/* The same, and `trace` (initialised, empty; NULL: none) is filled; the caller frees it whether this succeeds or not. */
ets_status eti_engine_run_traced(const struct eti_program *program, const ets_allocator *mem, struct eti_timeline *out,
                                 struct eti_trace *trace, ets_error *err);
/* The same again and again, for programs of one number of tiles: the engine keeps its memory. */
struct eti_engine;
ets_status eti_engine_open(uint32_t n_tiles, const ets_allocator *mem, struct eti_engine **out, ets_error *err);
ets_status eti_engine_run_in(struct eti_engine *e, const struct eti_program *program, struct eti_timeline *out, ets_error *err);
void eti_engine_close(struct eti_engine *e);

#endif
