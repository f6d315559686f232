/* flatbuf.c - every read is checked against the buffer; the first failure is kept and everything after it is zero. */
#include "io/flatbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void eti_fb_init(struct eti_fb *fb, const char *name, const uint8_t *data, size_t size, ets_error *err)
{
    fb->name = name;
    fb->data = data;
    fb->size = size;
    fb->err = err;
    fb->status = ETS_OK;
}

void eti_fb_fail(struct eti_fb *fb, uint64_t offset, const char *format, ...)
{
    char text[256];
    va_list args;
    if (fb->status != ETS_OK) return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct eti_place at = {fb->name, 0, 0, offset, true};
    fb->status = eti_fail(fb->err, ETS_SYNTAX, &at, "%s", text);
}

/* `n` bytes at `at` are in the buffer. */
static bool inside(struct eti_fb *fb, uint64_t at, uint64_t n, const char *what)
{
    if (fb->status != ETS_OK) return false;
    if (at <= fb->size && n <= fb->size - at) return true;
    eti_fb_fail(fb, at, "the file ends inside %s (it is damaged or cut short)", what);
    return false;
}

static uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] | p[1] << 8); }
static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t read32(struct eti_fb *fb, uint64_t at, const char *what)
{
    return inside(fb, at, 4, what) ? get32(fb->data + at) : 0;
}

/* The place that the unsigned offset at `at` points to; 0 after a failure. */
static uint32_t follow(struct eti_fb *fb, uint32_t at, const char *what)
{
    uint32_t offset = read32(fb, at, what);
    uint64_t to = (uint64_t)at + offset;
    if (fb->status != ETS_OK) return 0;
    if (offset == 0 || to >= fb->size || to > INT32_MAX) {
        eti_fb_fail(fb, at, "the offset of %s points outside the file (it is damaged or cut short)", what);
        return 0;
    }
    return (uint32_t)to;
}

static struct eti_fb_table table_at(struct eti_fb *fb, uint32_t at)
{
    struct eti_fb_table none = {0, 0, 0, 0}, t = {at, 0, 0, 0};
    int64_t vtable = (int64_t)at - (int32_t)read32(fb, at, "a table");
    if (fb->status != ETS_OK) return none;
    if (vtable < 0 || (uint64_t)vtable + 4 > fb->size) {
        eti_fb_fail(fb, at, "the table's list of fields lies outside the file");
        return none;
    }
    t.vtable = (uint32_t)vtable;
    t.vtable_bytes = get16(fb->data + vtable);
    t.table_bytes = get16(fb->data + vtable + 2);
    if (t.vtable_bytes < 4 || t.vtable_bytes % 2 || (uint64_t)vtable + t.vtable_bytes > fb->size ||
        t.table_bytes < 4 || (uint64_t)at + t.table_bytes > fb->size) {
        eti_fb_fail(fb, (uint64_t)vtable, "the table's list of fields is damaged");
        return none;
    }
    return t;
}

struct eti_fb_table eti_fb_root(struct eti_fb *fb)
{
    struct eti_fb_table none = {0, 0, 0, 0};
    uint32_t at = follow(fb, 0, "the root table");
    return at ? table_at(fb, at) : none;
}

/* Where field `field` of `bytes` bytes stands; 0: absent. */
static uint32_t field_at(struct eti_fb *fb, struct eti_fb_table t, unsigned field, unsigned bytes)
{
    uint32_t slot = 4 + 2 * field;
    if (fb->status != ETS_OK || !t.at || slot + 2 > t.vtable_bytes) return 0;
    uint16_t offset = get16(fb->data + t.vtable + slot);
    if (!offset) return 0;
    if (offset < 4 || (uint32_t)offset + bytes > t.table_bytes) {
        eti_fb_fail(fb, t.vtable + slot, "field %u lies outside its table", field);
        return 0;
    }
    return t.at + offset;
}

bool eti_fb_has(struct eti_fb *fb, struct eti_fb_table t, unsigned field)
{
    return field_at(fb, t, field, 1) != 0;
}

uint8_t eti_fb_u8(struct eti_fb *fb, struct eti_fb_table t, unsigned field, uint8_t otherwise)
{
    uint32_t at = field_at(fb, t, field, 1);
    return at ? fb->data[at] : otherwise;
}

uint32_t eti_fb_u32(struct eti_fb *fb, struct eti_fb_table t, unsigned field, uint32_t otherwise)
{
    uint32_t at = field_at(fb, t, field, 4);
    return at ? get32(fb->data + at) : otherwise;
}

int32_t eti_fb_i32(struct eti_fb *fb, struct eti_fb_table t, unsigned field, int32_t otherwise)
{
    return (int32_t)eti_fb_u32(fb, t, field, (uint32_t)otherwise);
}

static float as_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float eti_fb_f32(struct eti_fb *fb, struct eti_fb_table t, unsigned field, float otherwise)
{
    uint32_t at = field_at(fb, t, field, 4);
    return at ? as_float(get32(fb->data + at)) : otherwise;
}

struct eti_fb_table eti_fb_subtable(struct eti_fb *fb, struct eti_fb_table t, unsigned field)
{
    struct eti_fb_table none = {0, 0, 0, 0};
    uint32_t at = field_at(fb, t, field, 4);
    uint32_t to = at ? follow(fb, at, "a table") : 0;
    return to ? table_at(fb, to) : none;
}

struct eti_fb_vector eti_fb_vector(struct eti_fb *fb, struct eti_fb_table t, unsigned field, size_t element_bytes)
{
    struct eti_fb_vector none = {0, 0};
    uint32_t at = field_at(fb, t, field, 4);
    uint32_t to = at ? follow(fb, at, "a vector") : 0;
    if (!to) return none;
    struct eti_fb_vector v = {to + 4, read32(fb, to, "a vector")};
    if (!inside(fb, v.at, (uint64_t)v.count * element_bytes, "a vector")) return none;
    return v;
}

int32_t eti_fb_i32_at(struct eti_fb *fb, struct eti_fb_vector v, uint32_t i)
{
    return i < v.count ? (int32_t)read32(fb, v.at + (uint64_t)4 * i, "a vector") : 0;
}

float eti_fb_f32_at(struct eti_fb *fb, struct eti_fb_vector v, uint32_t i)
{
    return as_float((uint32_t)eti_fb_i32_at(fb, v, i));
}

struct eti_fb_table eti_fb_table_at(struct eti_fb *fb, struct eti_fb_vector v, uint32_t i)
{
    struct eti_fb_table none = {0, 0, 0, 0};
    uint32_t to = i < v.count ? follow(fb, v.at + 4 * i, "a table") : 0;
    return to ? table_at(fb, to) : none;
}

const char *eti_fb_string(struct eti_fb *fb, struct eti_fb_table t, unsigned field, uint32_t *length)
{
    struct eti_fb_vector v = eti_fb_vector(fb, t, field, 1);
    *length = v.count;
    return v.at ? (const char *)fb->data + v.at : NULL;
}
