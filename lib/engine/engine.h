/* engine.h - runs any program on its units. */
#ifndef ETI_ENGINE_ENGINE_H
#define ETI_ENGINE_ENGINE_H

#include "base/error.h"
#include "engine/timeline.h"

/* No program runs longer. */
#define ETI_MOST_CYCLES ((uint64_t)1 << 62)

/* Errors: INTERNAL with who waits for whom if the program cannot finish; NOMEM; RANGE if it would run longer than
 * 2^62 cycles. `out` is written on success only; free it with eti_timeline_free(). */
ets_status eti_engine_run(const struct eti_program *program, const ets_allocator *mem, struct eti_timeline *out,
                          ets_error *err);

#endif
