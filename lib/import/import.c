/* import.c - which format is it? By the first bytes, never by the name. */
#include "import/import.h"

#include <string.h>

#include "io/file.h"

static bool starts(const uint8_t *data, size_t size, size_t at, const char *with, size_t n)
{
    return size >= at + n && memcmp(data + at, with, n) == 0;
}

/* Text without zero bytes in its first part. */
static bool is_text(const uint8_t *data, size_t size)
{
    size_t n = size < 512 ? size : 512;
    for (size_t i = 0; i < n; i++)
        if (data[i] == 0 || (data[i] < 9 && data[i] != 0)) return false;
    return true;
}

/* Formats that people try; what they should do instead. */
static const struct { size_t at, n; const char *bytes, *advice; } others[] = {
    {0, 4, "PK\x03\x04", "a zip archive: unpack the .tflite that may be in it (a .task), or, of a Keras 3 file, convert it to .tflite first"},
    {0, 8, "\x89HDF\r\n\x1a\n", "an HDF5 (Keras) file; convert it to .tflite first"},
    {0, 6, "\x93NUMPY", "a NumPy array, not a model"},
    {0, 4, "\x7f" "ELF", "a program, not a model"},
    {0, 34, "version https://git-lfs.github.com", "where Git LFS keeps the model, not the model itself: 'git lfs pull' fetches it"},
    {0, 1, "<", "a web page or XML, not a model; a download that failed often leaves one"},
    {0, 10, "{\"format\":", "a model of TensorFlow.js, by its first bytes; convert the network that it came from to .tflite"},
    {0, 17, "{\"modelTopology\":", "a model of TensorFlow.js, by its first bytes; convert the network that it came from to .tflite"},
    {0, 2, "\xff\xfe", "text in UTF-16; save it as UTF-8"},
    {0, 2, "\xfe\xff", "text in UTF-16; save it as UTF-8"},
    {0, 2, "\x08\x01", "not a .tflite (perhaps ONNX or a SavedModel); convert it to .tflite first"},
    {0, 2, "\x08\x07", "ONNX, by its first bytes; convert it to .tflite first"},
    {0, 2, "\x08\x08", "ONNX, by its first bytes; convert it to .tflite first"},
};

char *eti_model_name(const char *path, struct eti_arena *arena)
{
    static const char *const extensions[] = {".gz", ".tflite", ".yaml", ".yml", ".csv"};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        size_t e = strlen(extensions[i]);
        if (n > e && memcmp(name + n - e, extensions[i], e) == 0) n -= e;
    }
    return eti_arena_text(arena, name, n);
}

ets_status eti_import(const char *name, const uint8_t *data, size_t size, const ets_allocator *mem,
                      struct eti_graph **out, ets_error *err)
{
    struct eti_place at = {name, 0, 0, 0, false};
    if (starts(data, size, 4, "TFL3", 4)) return eti_import_tflite(name, data, size, mem, out, err);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (starts(data, size, others[i].at, others[i].bytes, others[i].n))
            return eti_fail(err, ETS_UNSUPPORTED, &at, "%s", others[i].advice);
    eti_skip_mark(&data, &size);
    if (is_text(data, size) && eti_is_topology_csv(data, size)) return eti_import_topology_csv(name, data, size, mem, out, err);
    if (is_text(data, size)) return eti_import_graph_yaml(name, data, size, mem, out, err);
    return eti_fail(err, ETS_SYNTAX, &at, "not a model file: neither .tflite ('TFL3' at byte 4), nor a YAML graph, nor a table of layers");
}
