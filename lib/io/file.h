/* file.h - a whole input in memory, inflated if it is gzip. */
#ifndef ETI_IO_FILE_H
#define ETI_IO_FILE_H

#include "base/alloc.h"
#include "base/limits.h"

/* A larger file is mapped: read, it would double what is needed for it. But a mapped one that somebody makes shorter meanwhile ends
 * the program (SIGBUS), so all others are read: 4 MB in 2 ms. */
#define ETI_MOST_READ_BYTES ((size_t)64 << 20)

struct eti_file {
    const uint8_t *data;
    size_t size;
    /* private */
    ets_allocator mem;
    void *owned;
    size_t owned_size;
    void *mapped;
    size_t mapped_size;
};

/* Opens `path`: files and pipes are read ("-" is standard input) or mapped, gzip content is inflated (up to
 * ETI_MAX_FILE_BYTES: a bomb is an error). A directory, a missing or empty file is ETS_IO with the reason. */
ets_status eti_file_open(struct eti_file *file, const char *path, const ets_allocator *mem, ets_error *err);
/* The same view of bytes that the caller keeps; inflates into memory of its own if they are gzip. */
ets_status eti_file_wrap(struct eti_file *file, const char *name, const void *data, size_t size,
                         const ets_allocator *mem, ets_error *err);
void eti_file_close(struct eti_file *file);
/* As messages name it. */
const char *eti_file_name(const char *path);
/* To behind the mark that some editors put before a text in UTF-8. */
void eti_skip_mark(const uint8_t **data, size_t *size);

#endif
