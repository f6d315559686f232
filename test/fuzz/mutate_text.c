/* mutate_text.c - inputs of inputs: without knowing the format, and where lines, words and numbers matter; and what is inside gzip. */
#include "fuzz/targets.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"

#include "arch/arch_fields.h"
#include "graph/graph.h"

uint64_t fuzz_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

size_t fuzz_below(uint64_t *state, size_t n) { return (size_t)(fuzz_random(state) % n); }

/* ------------------------------------------------------------------ bytes -------------------------------- */

/* Bytes [at, at + old) become `n` bytes of `with`. Nothing happens if there is no room. */
static size_t splice(uint8_t *data, size_t size, size_t room, size_t at, size_t old, const void *with, size_t n)
{
    if (size - old + n > room) return size;
    memmove(data + at + n, data + at + old, size - at - old);
    memcpy(data + at, with, n);
    return size - old + n;
}

static size_t damage_once(uint8_t *data, size_t n, size_t room, uint64_t *state)
{
    size_t at = fuzz_below(state, n), length = fuzz_below(state, 16) % (n - at + 1);
    uint8_t piece[16];
    switch (fuzz_below(state, 5)) {
    case 0: data[at] ^= (uint8_t)(1u << fuzz_below(state, 8)); return n;
    case 1: data[at] = (uint8_t)fuzz_random(state); return n;
    case 2: data[at] = (uint8_t)"0123456789[]{}:,-&*\"' \n"[fuzz_below(state, 23)]; return n;
    case 3: return splice(data, n, room, at, length, "", 0);
    default:
        memcpy(piece, data + at, length);
        return splice(data, n, room, at, 0, piece, length);
    }
}

size_t mutate_bytes(uint8_t *data, size_t size, size_t room, uint64_t *state)
{
    for (size_t k = 1 + fuzz_below(state, 4); k && size; k--) size = damage_once(data, size, room, state);
    return size;
}

/* ------------------------------------------------------------------ text --------------------------------- */

static bool is_word(uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'; }
static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }

struct span { size_t at, length; };

/* A run of characters of a kind that begins at or behind a random place (from the start if none does); length 0: none. */
static struct span find_run(const uint8_t *data, size_t size, bool (*kind)(uint8_t), uint64_t *state)
{
    struct span s = {0, 0};
    size_t from = fuzz_below(state, size);
    for (size_t i = 0; i < size && !s.length; i++) {
        size_t at = (from + i) % size;
        if (!kind(data[at]) || (at && kind(data[at - 1]))) continue;
        s.at = at;
        while (at + s.length < size && kind(data[at + s.length])) s.length++;
    }
    return s;
}

/* The piece between two separators around a random place, the second one included. */
static struct span find_piece(const uint8_t *data, size_t size, uint8_t separator, uint64_t *state)
{
    struct span s = {fuzz_below(state, size), 0};
    while (s.at && data[s.at - 1] != separator) s.at--;
    while (s.at + s.length < size && data[s.at + s.length] != separator) s.length++;
    if (s.at + s.length < size) s.length++;
    return s;
}

/* Limits, what lies beside them, and what reads like a number. */
static const char *const numbers[] = {
    "0", "1", "2", "3", "4", "7", "8", "15", "16", "17", "31", "32", "33", "63", "64", "65", "100", "127", "128", "255", "256", "257", "1000",
    "4096", "16384", "32767", "32768", "65535", "65536", "1048576", "1048577", "16777216", "268435456", "268435457", "1073741824",
    "2147483647", "2147483648", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551615",
    "18446744073709551616", "99999999999999999999999", "-1", "-2147483648", "-9223372036854775808", "1e9", "0.5", "0.0000001", "1G", "1Gi",
    "16Ki", "17179869183Gi", "0x10", "007", "1_000", "", "nan", "inf", ".5", "5.", "1k", "1M",
};
static const char *const words[] = {
    "edgetpu_sim_model", "edgetpu_sim_arch", "name", "inputs", "outputs", "layers", "type", "per_channel", "op", "from", "kernel", "stride", "dilation",
    "pad", "out", "act", "bias", "axis", "axes", "keep_dims", "size", "shape", "begin", "permutation", "block", "parts", "pads", "custom",
    "constant", "same", "valid", "none", "true", "false", "int8", "uint8", "int16", "float32", "model", "value", "mark", "source", "known", "derived",
    "fitted", "guess", "inherit", "kind", "tile_grid", "systolic", "ws", "os", "is", "auto", "serial", "scalesim", "ddr4_2400", "hbm2", "x:0", "x:1",
    "general", "architecture_presets", "ArrayHeight", "ArrayWidth", "Dataflow", "Bandwidth", "InterfaceBandwidth", "CALC", "USER",
    "~", "null", "&a", "*a", "!!int", "<<", "---", "...", "|", ">", "'", "\"", "[", "]", "{", "}", ":", "- ", "# ", "?", "%YAML 1.1", "\t",
};
#define N(array) (sizeof(array) / sizeof *(array))

static const char *some_word(uint64_t *state)
{
    size_t i = fuzz_below(state, N(words) + ETI_OP_COUNT + eti_n_fields);
    if (i < N(words)) return words[i];
    i -= N(words);
    if (i < ETI_OP_COUNT) return eti_op_kind((enum eti_op_type)i)->name;
    const char *key = eti_fields[i - ETI_OP_COUNT].key, *dot = strchr(key, '.');
    return dot ? dot + 1 : key;
}

static size_t change_number(uint8_t *data, size_t size, size_t room, struct span s, uint64_t *state)
{
    char text[24];
    const char *with = text;
    uint64_t was = 0;
    if (fuzz_below(state, 2)) with = numbers[fuzz_below(state, N(numbers))];
    else if (fuzz_below(state, 2)) snprintf(text, sizeof text, "%zu", fuzz_below(state, (size_t)1 << fuzz_below(state, 32)));
    else {
        for (size_t i = 0; i < s.length && i < 18; i++) was = was * 10 + (data[s.at + i] - '0');
        snprintf(text, sizeof text, "%llu", (unsigned long long)(was + fuzz_below(state, 3) - 1));
    }
    return splice(data, size, room, s.at, s.length, with, strlen(with));
}

#define MOST_PIECE 4096
/* A line, or what stands between commas, is dropped, doubled, or put elsewhere. */
static size_t move_piece(uint8_t *data, size_t size, size_t room, uint64_t *state)
{
    uint8_t copy[MOST_PIECE], separator = fuzz_below(state, 3) ? '\n' : ',';
    struct span s = find_piece(data, size, separator, state), to = find_piece(data, size, separator, state);
    if (s.length > MOST_PIECE) return size;
    memcpy(copy, data + s.at, s.length);
    switch (fuzz_below(state, 3)) {
    case 0: return splice(data, size, room, s.at, s.length, "", 0);
    case 1: return splice(data, size, room, to.at, 0, copy, s.length);
    default: return splice(data, size, room, to.at, to.length, copy, s.length);
    }
}

/* A word becomes another of the file (so that names refer elsewhere), or one that means something. */
static size_t change_word(uint8_t *data, size_t size, size_t room, uint64_t *state)
{
    uint8_t copy[64];
    struct span s = find_run(data, size, is_word, state), other = find_run(data, size, is_word, state);
    const char *with = some_word(state);
    if (fuzz_below(state, 2) || other.length > sizeof copy) return splice(data, size, room, s.at, s.length, with, strlen(with));
    memcpy(copy, data + other.at, other.length);
    return splice(data, size, room, s.at, s.length, copy, other.length);
}

size_t mutate_text(uint8_t *data, size_t size, size_t room, uint64_t *state)
{
    for (size_t k = 1 + fuzz_below(state, 3); k && size; k--) {
        struct span s = find_run(data, size, is_digit, state);
        switch (fuzz_below(state, 8)) {
        case 0: case 1: case 2: size = change_number(data, size, room, s, state); break;
        case 3: case 4: size = change_word(data, size, room, state); break;
        case 5: case 6: size = move_piece(data, size, room, state); break;
        default: size = damage_once(data, size, room, state); break;
        }
    }
    return size;
}

/* ------------------------------------------------------------------ gzip --------------------------------- */

#define MOST_INFLATED 65536

static size_t pack(const uint8_t *text, size_t n, uint8_t *to, size_t room)
{
    z_stream z;
    memset(&z, 0, sizeof z);
    int status = deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    eti_written_outside(&status, sizeof status);
    if (status != Z_OK) return 0;
    z.next_in = (uint8_t *)(uintptr_t)text;
    z.avail_in = (unsigned)n;
    z.next_out = to;
    z.avail_out = (unsigned)room;
    status = deflate(&z, Z_FINISH);
    eti_written_outside(&status, sizeof status);
    eti_written_outside(&z, sizeof z);
    size_t packed = room - z.avail_out;
    eti_written_outside(to, packed);
    deflateEnd(&z);
    return status == Z_STREAM_END ? packed : 0;
}

static size_t unpack(const uint8_t *data, size_t n, uint8_t *to, size_t room)
{
    z_stream z;
    memset(&z, 0, sizeof z);
    int status = inflateInit2(&z, 15 + 16);
    eti_written_outside(&status, sizeof status);
    if (status != Z_OK) return 0;
    z.next_in = (uint8_t *)(uintptr_t)data;
    z.avail_in = (unsigned)n;
    z.next_out = to;
    z.avail_out = (unsigned)room;
    inflate(&z, Z_FINISH);
    eti_written_outside(&z, sizeof z);
    size_t got = room - z.avail_out;
    eti_written_outside(to, got);
    inflateEnd(&z);
    return got;
}

/* Most of the time what is inside changes, else the stream. */
size_t mutate_gzip(uint8_t *data, size_t size, size_t room, uint64_t *state)
{
    uint8_t inside[MOST_INFLATED], packed[MOST_INFLATED];
    size_t n = fuzz_below(state, 3) ? unpack(data, size, inside, sizeof inside) : 0;
    if (!n) return mutate_bytes(data, size, room, state);
    n = mutate_text(inside, n, sizeof inside, state);
    size_t now = pack(inside, n, packed, room < sizeof packed ? room : sizeof packed);
    if (!now) return size;
    memcpy(data, packed, now);
    return now;
}
