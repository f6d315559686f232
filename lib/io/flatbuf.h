/* flatbuf.h - a bounds-checked cursor over a FlatBuffer. Nothing is trusted: every offset, length and vtable is
 * checked against the buffer before it is followed, so a reader that only uses these calls cannot leave it.
 * Layout: https://flatbuffers.dev/internals (little-endian; a table starts with a signed offset back to its
 * vtable; a vtable is u16 bytes, u16 table bytes, then a u16 a field). The host may have any byte order. */
#ifndef ETI_IO_FLATBUF_H
#define ETI_IO_FLATBUF_H

#include "base/error.h"

struct eti_fb { /* the buffer, and the first thing that was wrong with it */
    const char *name;
    const uint8_t *data;
    size_t size;
    ets_error *err;
    ets_status status; /* ETS_OK until a check fails; every call after that gives zeros */
};
struct eti_fb_table { uint32_t at, vtable; uint16_t vtable_bytes, table_bytes; }; /* at = 0: absent */
struct eti_fb_vector { uint32_t at, count; };                                    /* of the first element */

void eti_fb_init(struct eti_fb *fb, const char *name, const uint8_t *data, size_t size, ets_error *err);
/* Records the first failure, at `offset`. */
void eti_fb_fail(struct eti_fb *fb, uint64_t offset, const char *format, ...) __attribute__((format(printf, 3, 4)));
struct eti_fb_table eti_fb_root(struct eti_fb *fb);
bool eti_fb_has(struct eti_fb *fb, struct eti_fb_table t, unsigned field);
/* A scalar field, or `otherwise` if it is absent. */
uint8_t eti_fb_u8(struct eti_fb *fb, struct eti_fb_table t, unsigned field, uint8_t otherwise);
int32_t eti_fb_i32(struct eti_fb *fb, struct eti_fb_table t, unsigned field, int32_t otherwise);
uint32_t eti_fb_u32(struct eti_fb *fb, struct eti_fb_table t, unsigned field, uint32_t otherwise);
float eti_fb_f32(struct eti_fb *fb, struct eti_fb_table t, unsigned field, float otherwise);
struct eti_fb_table eti_fb_subtable(struct eti_fb *fb, struct eti_fb_table t, unsigned field);
/* A vector field whose elements are `element_bytes` each; absent: count 0. */
struct eti_fb_vector eti_fb_vector(struct eti_fb *fb, struct eti_fb_table t, unsigned field, size_t element_bytes);
int32_t eti_fb_i32_at(struct eti_fb *fb, struct eti_fb_vector v, uint32_t i);
float eti_fb_f32_at(struct eti_fb *fb, struct eti_fb_vector v, uint32_t i);
struct eti_fb_table eti_fb_table_at(struct eti_fb *fb, struct eti_fb_vector v, uint32_t i);
/* The bytes of a string field (not terminated), or NULL. */
const char *eti_fb_string(struct eti_fb *fb, struct eti_fb_table t, unsigned field, uint32_t *length);

#endif
