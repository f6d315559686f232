/* load.c - machines and models by path or by name: a file that exists wins. */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* "net.tflite" is a file, there or not; "mobilenet-v1-0.25" is a name. */
static bool has_extension(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && isalpha((unsigned char)dot[1]);
}

/* The path of what the user named. */
static ets_status resolve(const struct arguments *a, const char *folder, const char *name, char *path, size_t size, ets_error *err)
{
    bool is_path = strcmp(name, "-") == 0 || strchr(name, '/') || access(name, F_OK) == 0;
    if (!is_path && !has_extension(name)) return ets_data_find(folder, name, a->beside, path, size, err);
    char found[4096];
    if (!is_path && ets_data_find(folder, name, a->beside, found, sizeof found, NULL) == ETS_OK) name = found;
    if ((size_t)snprintf(path, size, "%s", name) < size) return ETS_OK;
    memset(err, 0, sizeof *err);
    err->status = ETS_ARGUMENT;
    snprintf(err->text, sizeof err->text, "the path is too long");
    return err->status;
}

ets_status find_and_load_arch(const struct arguments *a, const char *name, ets_arch **out, ets_error *err)
{
    char path[4096];
    ets_status status = resolve(a, "arch", name, path, sizeof path, err);
    return status == ETS_OK ? ets_arch_load_beside(path, a->beside, a->settings, a->n_settings, NULL, out, err) : status;
}

/* Would the machine do as its file has it? Standard input cannot be asked again. */
static bool settings_are_wrong(const struct arguments *a, const char *name)
{
    char path[4096];
    ets_arch *arch = NULL;
    ets_error err;
    if (!a->n_settings || strcmp(name, "-") == 0 || resolve(a, "arch", name, path, sizeof path, &err) != ETS_OK) return false;
    bool good = ets_arch_load_beside(path, a->beside, NULL, 0, NULL, &arch, NULL) == ETS_OK;
    ets_arch_free(arch);
    return good;
}

int load_arch(const struct arguments *a, const char *name, ets_arch **out)
{
    ets_error err;
    if (find_and_load_arch(a, name, out, &err) == ETS_OK) return EXIT_GOOD;
    return settings_are_wrong(a, name) ? fail_option("--set", &err) : fail(err.text);
}

ets_status find_model(const struct arguments *a, const char *name, char *path, size_t size, ets_error *err)
{
    return resolve(a, "models", name, path, size, err);
}

ets_status read_model(const char *path, bool as_int8, const ets_allocator *mem, ets_model **out, ets_error *err)
{
    ets_model *as_it_is = NULL;
    if (!as_int8) return ets_model_load(path, mem, out, err);
    ets_status status = ets_model_load(path, mem, &as_it_is, err);
    if (status == ETS_OK) status = ets_model_as_int8(as_it_is, mem, out, err);
    ets_model_free(as_it_is);
    return status;
}

ets_status find_and_load_model(const struct arguments *a, const char *name, ets_model **out, ets_error *err)
{
    char path[4096];
    ets_status status = resolve(a, "models", name, path, sizeof path, err);
    return status == ETS_OK ? read_model(path, a->as_int8, NULL, out, err) : status;
}

int load_model(const struct arguments *a, const char *name, ets_model **out)
{
    ets_error err;
    return find_and_load_model(a, name, out, &err) == ETS_OK ? EXIT_GOOD : fail(err.text);
}
