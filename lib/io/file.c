/* file.c - inputs as bytes: files and pipes are read, very large files mapped, gzip inflated by zlib. */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/num.h"

#define READ_BYTES ((size_t)1 << 16)

static const char too_large[] = "is larger than 1 GiB, the largest input that is read";

const char *eti_file_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

static ets_status fail_io(ets_error *err, const char *path, const char *why)
{
    struct eti_place at = {eti_file_name(path), 0, 0, 0, false};
    return eti_fail(err, ETS_IO, &at, "%s", why);
}

/* strerror() shares a buffer between threads; these are the reasons that a user can do something about. */
static const char *reason(int error)
{
    switch (error) {
    case ENOENT: return "no such file";
    case EACCES: return "no permission to read it";
    case EISDIR: return "is a directory, not a file";
    case ENOTDIR: return "a part of the path is not a directory";
    case ENAMETOOLONG: return "the path is too long";
    case ELOOP: return "too many symbolic links";
    case EMFILE: case ENFILE: return "too many open files";
    case ENOMEM: return "not enough memory to read it";
    default: return "cannot be read";
    }
}

void eti_skip_mark(const uint8_t **data, size_t *size)
{
    if (*size < 3 || memcmp(*data, "\xef\xbb\xbf", 3) != 0) return;
    *data += 3;
    *size -= 3;
}

/* ------------------------------------------------------------------ gzip --------------------------------- */

static void *zlib_alloc(void *ctx, unsigned n, unsigned size)
{
    size_t *block; /* zlib does not say how large what it frees is */
    const ets_allocator *mem = ctx;
    size_t bytes = (size_t)n * size + sizeof(max_align_t);
    block = eti_alloc(mem, bytes, 1);
    if (!block) return NULL;
    *block = bytes;
    return (char *)block + sizeof(max_align_t);
}

static void zlib_free(void *ctx, void *ptr)
{
    char *block = (char *)ptr - sizeof(max_align_t);
    size_t bytes;
    memcpy(&bytes, block, sizeof bytes);
    eti_free(ctx, block, bytes, 1);
}

static bool is_gzip(const uint8_t *data, size_t size)
{
    return size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

/* All members, of which a file may have several; what stands behind them is damage. */
static ets_status inflate_all(struct eti_file *f, const char *name, z_stream *z, ets_error *err)
{
    size_t packed = z->avail_in;
    struct eti_place at = {name, 0, 0, 0, true};
    size_t have = 0;
    for (;;) {
        if (have >= ETI_MAX_FILE_BYTES)
            return eti_fail(err, ETS_RANGE, &at, "inflates to more than 1 GiB, the largest input that is read");
        void *array = f->owned;
        if (!eti_grow(&f->mem, &array, &f->owned_size, have + READ_BYTES - 1, 1)) return eti_nomem(err);
        f->owned = array;
        z->next_out = (unsigned char *)f->owned + have;
        z->avail_out = (unsigned)READ_BYTES;
        int status = inflate(z, Z_NO_FLUSH);
        eti_written_outside(&status, sizeof status);
        eti_written_outside(z, sizeof *z);
        eti_written_outside((char *)f->owned + have, READ_BYTES - z->avail_out);
        have += READ_BYTES - z->avail_out;
        if (status == Z_STREAM_END && !z->avail_in) break;
        if (status == Z_STREAM_END) status = inflateReset(z);
        at.offset = packed - z->avail_in;
        if (status == Z_MEM_ERROR) return eti_nomem(err);
        if (status != Z_OK && status != Z_BUF_ERROR)
            return eti_fail(err, ETS_SYNTAX, &at, "is damaged gzip data (%s)", z->msg ? z->msg : "bad stream");
        if (z->avail_in == 0 && z->avail_out != 0)
            return eti_fail(err, ETS_SYNTAX, &at, "the gzip data ends too early");
    }
    f->data = f->owned;
    f->size = have;
    return ETS_OK;
}

static ets_status inflate_gzip(struct eti_file *f, const char *name, const uint8_t *data, size_t size, ets_error *err)
{
    z_stream z;
    memset(&z, 0, sizeof z);
    z.zalloc = zlib_alloc;
    z.zfree = zlib_free;
    z.opaque = &f->mem;
    z.next_in = (unsigned char *)(uintptr_t)data; /* zlib does not write there */
    z.avail_in = (unsigned)size;
    int ready = inflateInit2(&z, 15 + 16);
    eti_written_outside(&ready, sizeof ready);
    if (ready != Z_OK) return eti_nomem(err);
    ets_status status = inflate_all(f, name, &z, err);
    inflateEnd(&z);
    return status;
}

/* ------------------------------------------------------------------ reading ------------------------------ */

static ets_status map_file(struct eti_file *f, const char *path, int fd, size_t size, ets_error *err)
{
    if (size > ETI_MAX_FILE_BYTES) return fail_io(err, path, too_large);
    void *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED) return fail_io(err, path, "cannot be mapped into memory");
    f->mapped = at;
    f->mapped_size = f->size = size;
    f->data = at;
    return ETS_OK;
}

/* To the end, which need not be where it was when the file was opened. `expected`: 0 if nobody knows. */
static ets_status read_all(struct eti_file *f, const char *path, int fd, size_t expected, ets_error *err)
{
    size_t have = 0;
    f->owned = expected ? eti_alloc_raw(&f->mem, expected + 1, 1) : NULL; /* one more: the end is seen without room for more */
    f->owned_size = f->owned ? expected + 1 : 0;
    if (expected && !f->owned) return eti_nomem(err);
    for (;;) {
        if (have > ETI_MAX_FILE_BYTES) return fail_io(err, path, too_large);
        void *array = f->owned;
        if (have == f->owned_size && !eti_grow(&f->mem, &array, &f->owned_size, have + READ_BYTES - 1, 1)) return eti_nomem(err);
        f->owned = array;
        ssize_t n = read(fd, (char *)f->owned + have, (size_t)eti_min(f->owned_size, ETI_MAX_FILE_BYTES + 1) - have);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_io(err, path, reason(errno));
        if (n == 0) break;
        have += (size_t)n;
    }
    f->data = f->owned;
    f->size = have;
    return ETS_OK;
}

static ets_status read_open(struct eti_file *f, const char *path, int fd, ets_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return fail_io(err, path, reason(errno));
    if (S_ISDIR(st.st_mode)) return fail_io(err, path, reason(EISDIR));
    size_t expected = S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size : 0;
    return expected > ETI_MOST_READ_BYTES ? map_file(f, path, fd, expected, err) : read_all(f, path, fd, expected, err);
}

/* Replaces compressed bytes by what they hold. */
static ets_status inflate_in_place(struct eti_file *f, const char *name, ets_error *err)
{
    if (!is_gzip(f->data, f->size)) return ETS_OK;
    struct eti_file packed = *f;
    f->owned = f->mapped = NULL;
    f->owned_size = f->mapped_size = 0;
    ets_status status = inflate_gzip(f, name, packed.data, packed.size, err);
    eti_file_close(&packed);
    return status;
}

ets_status eti_file_open(struct eti_file *f, const char *path, const ets_allocator *mem, ets_error *err)
{
    memset(f, 0, sizeof *f);
    f->mem = eti_allocator(mem);
    bool standard_input = strcmp(path, "-") == 0;
    int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_io(err, path, reason(errno));
    ets_status status = read_open(f, path, fd, err);
    if (!standard_input) close(fd);
    if (status == ETS_OK && f->size == 0) status = fail_io(err, path, "is empty");
    if (status == ETS_OK) status = inflate_in_place(f, eti_file_name(path), err);
    if (status != ETS_OK) eti_file_close(f);
    return status;
}

ets_status eti_file_wrap(struct eti_file *f, const char *name, const void *data, size_t size, const ets_allocator *mem,
                         ets_error *err)
{
    memset(f, 0, sizeof *f);
    f->mem = eti_allocator(mem);
    f->data = data;
    f->size = size;
    if (!size) return fail_io(err, name, "is empty");
    if (size > ETI_MAX_FILE_BYTES) return fail_io(err, name, too_large);
    ets_status status = inflate_in_place(f, name, err);
    if (status != ETS_OK) eti_file_close(f);
    return status;
}

void eti_file_close(struct eti_file *f)
{
    if (f->mapped) munmap(f->mapped, f->mapped_size);
    eti_free(&f->mem, f->owned, f->owned_size, 1);
    f->mapped = f->owned = NULL;
    f->data = NULL;
    f->size = 0;
}
