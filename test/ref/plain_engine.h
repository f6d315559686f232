/* plain_engine.h - the engine without its shortcuts: slow, plain, and the same integers. */
#ifndef TEST_PLAIN_ENGINE_H
#define TEST_PLAIN_ENGINE_H

#include "engine/engine.h"

ets_status plain_engine_run(const struct eti_program *program, const ets_allocator *mem, struct eti_timeline *out, ets_error *err);

#endif
