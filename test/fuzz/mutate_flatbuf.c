/* mutate_flatbuf.c - changes a FlatBuffer where it matters. Without a schema: the tables, vectors and fields that can be
 * reached from the root are listed, taking for a reference whatever leads to something that looks like a table or a vector. */
#include "fuzz/targets.h"

#include <string.h>

#define MOST_SITES 4096
#define MOST_DEPTH 12

enum kind { FIELD, REFERENCE, VTABLE_ENTRY, COUNT, ELEMENT };
struct site { enum kind kind; uint32_t at, target; };
struct map { const uint8_t *data; size_t size; struct site sites[MOST_SITES]; size_t n; };

static uint32_t u16(const struct map *m, size_t at) { return at + 2 <= m->size ? m->data[at] | (uint32_t)m->data[at + 1] << 8 : 0; }
static uint32_t u32(const struct map *m, size_t at) { return u16(m, at) | u16(m, at + 2) << 16; }

static void note(struct map *m, enum kind kind, uint32_t at, uint32_t target)
{
    struct site s = {kind, at, target};
    if (m->n < MOST_SITES) m->sites[m->n++] = s;
}

static bool is_table(const struct map *m, uint32_t at, uint32_t *vtable)
{
    *vtable = at - u32(m, at);
    if (at + 4 > m->size || (size_t)*vtable + 4 > m->size) return false;
    uint32_t bytes = u16(m, *vtable), table = u16(m, *vtable + 2);
    return bytes >= 4 && bytes % 2 == 0 && bytes < 512 && *vtable + bytes <= m->size && table >= 4 && at + table <= m->size;
}

static void walk(struct map *m, uint32_t at, uint32_t depth);

/* A vector of references, of numbers, or a text. */
static void walk_vector(struct map *m, uint32_t at, uint32_t depth)
{
    uint32_t count = u32(m, at), vtable;
    note(m, COUNT, at, 0);
    for (uint32_t i = 0; i < count && i < 64 && at + 8 + 4 * (size_t)i <= m->size; i++) {
        uint32_t place = at + 4 + 4 * i, target = place + u32(m, place);
        bool refers = target > place && is_table(m, target, &vtable);
        note(m, refers ? REFERENCE : ELEMENT, place, target);
        if (refers) walk(m, target, depth + 1);
    }
}

static void walk(struct map *m, uint32_t at, uint32_t depth)
{
    uint32_t vtable;
    if (depth > MOST_DEPTH || m->n == MOST_SITES || !is_table(m, at, &vtable)) return;
    for (uint32_t entry = vtable + 4; entry < vtable + u16(m, vtable); entry += 2) {
        uint32_t offset = u16(m, entry), field = at + offset, target = field + u32(m, field), ignored;
        note(m, VTABLE_ENTRY, entry, 0);
        if (offset < 4 || field >= m->size) continue;
        bool inside = target > field && target + 4 <= m->size, table = inside && is_table(m, target, &ignored);
        bool vector = inside && !table && u32(m, target) <= m->size - target;
        note(m, table || vector ? REFERENCE : FIELD, field, target);
        if (table) walk(m, target, depth + 1);
        else if (vector) walk_vector(m, target, depth + 1);
    }
}

static void put32(uint8_t *data, size_t size, size_t at, uint32_t value)
{
    for (size_t i = 0; i < 4 && at + i < size; i++) data[at + i] = (uint8_t)(value >> 8 * i);
}

static uint32_t some_number(uint32_t was, uint64_t *state)
{
    static const uint32_t edges[] = {0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 32, 64, 255, 256, 1000, 4096, 65535, 65536, 1u << 20, 1u << 28, 1u << 30,
                                     0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x3f800000, 0x7f800000, 0xff800000, 0x7fc00000};
    switch (fuzz_below(state, 4)) {
    case 0: return was + 1;
    case 1: return was - 1;
    case 2: return (uint32_t)fuzz_below(state, 128);
    default: return edges[fuzz_below(state, sizeof edges / sizeof *edges)];
    }
}

static void change_site(struct map *m, uint8_t *data, const struct site *s, uint64_t *state)
{
    const struct site *other = &m->sites[fuzz_below(state, m->n)];
    uint32_t was = u32(m, s->at), swap;
    switch (s->kind) {
    case FIELD:
        if (fuzz_below(state, 2)) data[s->at] = (uint8_t)some_number(data[s->at], state); /* may be a byte */
        else put32(data, m->size, s->at, some_number(was, state));
        return;
    case COUNT: case ELEMENT: put32(data, m->size, s->at, some_number(was, state)); return;
    case REFERENCE: /* to what another refers to */
        if (other->kind == REFERENCE && other->target > s->at) put32(data, m->size, s->at, other->target - s->at);
        else put32(data, m->size, s->at, some_number(was, state));
        return;
    case VTABLE_ENTRY: /* absent, or another field */
        swap = other->kind == VTABLE_ENTRY && fuzz_below(state, 2) ? u16(m, other->at) : 0;
        data[s->at] = (uint8_t)swap;
        data[s->at + 1] = (uint8_t)(swap >> 8);
        return;
    }
}

size_t mutate_flatbuf(uint8_t *data, size_t size, size_t room, uint64_t *state)
{
    static struct map m;
    m.data = data;
    m.size = size;
    m.n = 0;
    if (size >= 8) walk(&m, u32(&m, 0), 0);
    if (!m.n || fuzz_below(state, 8) == 0) return mutate_bytes(data, size, room, state);
    for (size_t k = 1 + fuzz_below(state, 3); k; k--) change_site(&m, data, &m.sites[fuzz_below(state, m.n)], state);
    return size;
}
