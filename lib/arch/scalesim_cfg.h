/* scalesim_cfg.h - SCALE-Sim's configuration file as the values of a systolic machine. */
#ifndef ETI_ARCH_SCALESIM_CFG_H
#define ETI_ARCH_SCALESIM_CFG_H

#include "arch/arch.h"

/* A value of the machine: as the file states it (`at` is where), or one that the tool does not have. */
struct eti_cfg_value {
    const char *key, *value, *mark, *source;
    struct eti_place at;
};
/* Does the file begin with a [section]? */
bool eti_is_scalesim_cfg(const uint8_t *data, size_t size);
/* Calls `each` for every field of the machine, `kind` first. Errors: SYNTAX, SCHEMA (unknown, missing or repeated key),
 * UNSUPPORTED (sparsity), NOMEM, those of `each`. */
ets_status eti_scalesim_cfg(const char *name, const uint8_t *data, size_t size, struct eti_arena *arena,
                            ets_status (*each)(void *ctx, const struct eti_cfg_value *v), void *ctx, ets_error *err);

#endif
