/* load.c - machines and models by path or by name: a file that exists wins. */
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* The path of what the user named. */
static int resolve(const struct arguments *a, const char *folder, const char *name, char *path, size_t size)
{
    ets_error err;
    bool is_path = strcmp(name, "-") == 0 || strchr(name, '/') || access(name, F_OK) == 0;
    if (is_path || strchr(name, '.')) {
        char found[4096];
        if (!is_path && ets_data_find(folder, name, a->beside, found, sizeof found, NULL) == ETS_OK) name = found;
        if ((size_t)snprintf(path, size, "%s", name) >= size) return fail("the path is too long");
        return EXIT_GOOD;
    }
    return ets_data_find(folder, name, a->beside, path, size, &err) == ETS_OK ? EXIT_GOOD : fail(err.text);
}

int load_arch(const struct arguments *a, const char *name, ets_arch **out)
{
    char path[4096];
    ets_error err;
    int status = resolve(a, "arch", name, path, sizeof path);
    if (status != EXIT_GOOD) return status;
    if (ets_arch_load(path, a->settings, a->n_settings, NULL, out, &err) == ETS_OK) return EXIT_GOOD;
    return fail(err.text);
}

int load_model(const struct arguments *a, const char *name, ets_model **out)
{
    char path[4096];
    ets_error err;
    int status = resolve(a, "models", name, path, sizeof path);
    if (status != EXIT_GOOD) return status;
    return ets_model_load(path, NULL, out, &err) == ETS_OK ? EXIT_GOOD : fail(err.text);
}
