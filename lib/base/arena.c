/* arena.c - blocks that grow with what was asked for, freed together. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/num.h"
#include "base/text.h"

#ifdef ETI_ONE_OBJECT_A_REQUEST /* `make nomem`: a block of its own for each, of its size, so that a sanitizer sees what is read behind it */
#define FIRST_BYTES 1
#define LARGEST_BYTES 1
#define ALIGNMENT 1
#define KEEPS_BLOCK false
#else
#define FIRST_BYTES 4096
#define LARGEST_BYTES ((size_t)1 << 20)
#define ALIGNMENT _Alignof(max_align_t)
#define KEEPS_BLOCK true
#endif

struct eti_arena_block {
    struct eti_arena_block *next;
    size_t size, used; /* of `bytes` */
    _Alignas(max_align_t) char bytes[];
};

void eti_arena_init(struct eti_arena *arena, const ets_allocator *mem)
{
    arena->mem = eti_allocator(mem);
    arena->head = NULL;
    arena->used_bytes = 0;
}

static struct eti_arena_block *new_block(struct eti_arena *arena, size_t at_least)
{
    size_t size = arena->head ? arena->head->size * 2 : FIRST_BYTES, bytes;
    if (size > LARGEST_BYTES) size = LARGEST_BYTES;
    if (size < at_least) size = at_least;
    if (__builtin_add_overflow(size, sizeof(struct eti_arena_block), &bytes)) return NULL;
    struct eti_arena_block *block = eti_alloc_raw(&arena->mem, bytes, 1);
    if (!block) return NULL;
    block->size = size;
    block->used = 0;
    block->next = arena->head;
    arena->head = block;
    return block;
}

/* Room for n x size bytes, or NULL; `*bytes`: with what alignment adds. */
static void *take(struct eti_arena *arena, size_t n, size_t size, size_t *bytes)
{
    if (__builtin_mul_overflow(n ? n : 1, size, bytes) || *bytes > SIZE_MAX / 4) return NULL;
    *bytes = (*bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct eti_arena_block *block = arena->head;
    if (!block || block->size - block->used < *bytes) block = new_block(arena, *bytes);
    if (!block) return NULL;
    char *at = block->bytes + block->used;
    block->used += *bytes;
    arena->used_bytes += *bytes;
    return at;
}

void *eti_arena_alloc(struct eti_arena *arena, size_t n, size_t size)
{
    size_t bytes;
    void *at = take(arena, n, size, &bytes);
    if (at) memset(at, 0, bytes);
    return at;
}

void *eti_arena_raw(struct eti_arena *arena, size_t n, size_t size)
{
    size_t bytes;
    return take(arena, n, size, &bytes);
}

static bool is_plain(char c) { return c >= 0x20 && c < 0x7f; }

/* Is one of eight bytes not printable ASCII? One below 0x20 borrows when that is taken from it, 0x7f is zero when flipped. */
static bool has_other(const char *text)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t w;
    memcpy(&w, text, sizeof w);
    return ((w | (w - ones * 0x20) | ((w ^ ones * 0x7f) - ones)) & tops) != 0;
}

/* Eight at a time, the last eight once more. */
static bool is_plain_ascii(const char *text, size_t length)
{
    bool other = false;
    if (length < 8) {
        for (size_t i = 0; i < length; i++) other |= !is_plain(text[i]);
        return !other;
    }
    for (size_t i = 0; i + 8 <= length; i += 8) other |= has_other(text + i);
    return !other && !has_other(text + length - 8);
}

char *eti_arena_text(struct eti_arena *arena, const char *text, size_t length)
{
    char *copy = length == SIZE_MAX ? NULL : eti_arena_raw(arena, length + 1, 1);
    if (!copy) return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (!is_plain_ascii(text, length)) eti_make_plain(copy, length);
    return copy;
}

char *eti_arena_format(struct eti_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : eti_arena_alloc(arena, (size_t)length + 1, 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void eti_arena_reset(struct eti_arena *arena)
{
    size_t total = 0;
    for (struct eti_arena_block *b = arena->head; b; b = b->next) total += b->size;
    if (!KEEPS_BLOCK) eti_arena_free(arena);
    if (arena->head && arena->head->next) { /* one block of that size from now on */
        eti_arena_free(arena);
        new_block(arena, total);
    }
    struct eti_arena_block *block = arena->head;
    if (block) block->used = 0;
    arena->used_bytes = 0;
}

void eti_arena_free(struct eti_arena *arena)
{
    struct eti_arena_block *block = arena->head;
    while (block) {
        struct eti_arena_block *next = block->next;
        eti_free(&arena->mem, block, sizeof *block + block->size, 1);
        block = next;
    }
    arena->head = NULL;
    arena->used_bytes = 0;
}
