/* file.h - a whole input in memory: mapped if it is a plain file, inflated if it is gzip. */
#ifndef ETI_IO_FILE_H
#define ETI_IO_FILE_H

#include "base/alloc.h"
#include "base/limits.h"

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

/* Opens `path`: regular files are mapped, pipes are read ("-" is standard input), gzip content is inflated (up to
 * ETI_MAX_FILE_BYTES: a bomb is an error). A directory, a missing or empty file is ETS_IO with the reason. */
ets_status eti_file_open(struct eti_file *file, const char *path, const ets_allocator *mem, ets_error *err);
/* The same view of bytes that the caller keeps; inflates into memory of its own if they are gzip. */
ets_status eti_file_wrap(struct eti_file *file, const char *name, const void *data, size_t size,
                         const ets_allocator *mem, ets_error *err);
void eti_file_close(struct eti_file *file);
/* To behind the mark that some editors put before a text in UTF-8. */
void eti_skip_mark(const uint8_t **data, size_t *size);

#endif
