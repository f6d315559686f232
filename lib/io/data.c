/* data.c - finds shipped files by name: machines and reference models. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/alloc.h"
#include "base/error.h"
#include "io/data.h"

#ifndef ETS_DATADIR
#define ETS_DATADIR "/usr/local/share/edgetpu_sim"
#endif
#define EXTENSION ".yaml"
#define N_ROOTS 3

static void roots(const char *beside, const char *out[N_ROOTS])
{
    out[0] = getenv("EDGETPU_SIM_DATA");
    out[1] = beside;
    out[2] = ETS_DATADIR;
}

void eti_data_folders(const char *folder, const char *beside, char *to, size_t room)
{
    const char *root[N_ROOTS];
    size_t used = 0;
    roots(beside, root);
    to[0] = '\0';
    for (size_t i = 0; i < N_ROOTS && used < room; i++)
        if (root[i] && root[i][0]) used += (size_t)snprintf(to + used, room - used, "%s%.100s/%s", used ? ", " : "", root[i], folder);
}

struct names { struct eti_arena arena; const char **name, **path; size_t n, cap_name, cap_path; bool failed; };

static void add_name(struct names *l, const char *root, const char *folder, const char *file, size_t length)
{
    for (size_t i = 0; i < l->n; i++) /* an earlier folder hides a later one */
        if (strlen(l->name[i]) == length && memcmp(l->name[i], file, length) == 0) return;
    void *names = l->name, *paths = l->path;
    char *name = eti_arena_text(&l->arena, file, length);
    char *path = eti_arena_format(&l->arena, "%s/%s/%s", root, folder, file);
    bool room = eti_reserve(&l->arena.mem, &names, &l->cap_name, l->n, sizeof *l->name);
    if (room) l->name = names;
    room = room && eti_reserve(&l->arena.mem, &paths, &l->cap_path, l->n, sizeof *l->path);
    if (room) l->path = paths;
    l->failed |= !room || !name || !path;
    if (l->failed) return;
    l->name[l->n] = name;
    l->path[l->n++] = path;
}

static void read_folder(struct names *l, const char *root, const char *folder)
{
    char path[4096];
    if (!root || !root[0] || snprintf(path, sizeof path, "%s/%s", root, folder) >= (int)sizeof path) return;
    DIR *dir = opendir(path);
    if (!dir) return;
    for (const struct dirent *e = readdir(dir); e && !l->failed; e = readdir(dir)) {
        size_t n = strlen(e->d_name), x = strlen(EXTENSION);
        if (n > x && strcmp(e->d_name + n - x, EXTENSION) == 0) add_name(l, root, folder, e->d_name, n - x);
    }
    closedir(dir);
}

static void sort_names(struct names *l)
{
    for (size_t i = 1; i < l->n; i++) {
        for (size_t k = i; k && strcmp(l->name[k - 1], l->name[k]) > 0; k--) {
            const char *name = l->name[k], *path = l->path[k];
            l->name[k] = l->name[k - 1];
            l->path[k] = l->path[k - 1];
            l->name[k - 1] = name;
            l->path[k - 1] = path;
        }
    }
}

static void list_names(struct names *l, const char *folder, const char *beside, const ets_allocator *mem)
{
    const char *root[N_ROOTS];
    memset(l, 0, sizeof *l);
    eti_arena_init(&l->arena, mem);
    roots(beside, root);
    for (size_t i = 0; i < N_ROOTS; i++) read_folder(l, root[i], folder);
    sort_names(l);
}

static void free_names(struct names *l)
{
    eti_free(&l->arena.mem, l->name, l->cap_name, sizeof *l->name);
    eti_free(&l->arena.mem, l->path, l->cap_path, sizeof *l->path);
    eti_arena_free(&l->arena);
}

ets_status ets_data_list(const char *folder, const char *beside, int (*each)(void *, const char *, const char *), void *ctx,
                         const ets_allocator *mem, ets_error *err)
{
    struct names l;
    if (!folder || !each) return eti_fail(err, ETS_ARGUMENT, NULL, "ets_data_list: folder or each is NULL");
    list_names(&l, folder, beside, mem);
    ets_status status = l.failed ? eti_nomem(err) : ETS_OK;
    for (size_t i = 0; status == ETS_OK && i < l.n; i++)
        if (each(ctx, l.name[i], l.path[i])) break;
    free_names(&l);
    return status;
}

/* Keeps the names that `part` is a part of; if it is one of none, all. */
static bool narrow(struct names *l, const char *part)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->n; i++) kept += strstr(l->name[i], part) != NULL;
    if (!kept) return false;
    size_t n = l->n;
    l->n = 0;
    for (size_t i = 0; i < n; i++)
        if (strstr(l->name[i], part)) l->name[l->n++] = l->name[i];
    return true;
}

/* Up to some of them, and how many there are beyond that. */
static void list_text(const struct names *l, char *to, size_t room)
{
    size_t used = 0, shown = 0;
    to[0] = '\0';
    for (; shown < l->n && used + 64 < room; shown++)
        used += (size_t)snprintf(to + used, room - used, shown ? ", %.40s" : "%.40s", l->name[shown]);
    if (shown < l->n) snprintf(to + used, room - used, " and %zu more", l->n - shown);
}

static ets_status not_found(const char *folder, const char *name, const char *beside, ets_error *err)
{
    struct names l;
    char known[320];
    const char *what = strcmp(folder, "arch") == 0 ? "machine" : strcmp(folder, "models") == 0 ? "reference model" : folder;
    list_names(&l, folder, beside, NULL);
    const char *meant = l.n ? eti_did_you_mean(name, l.name, l.n) : NULL;
    bool any = l.n, begun = !meant && name[0] && narrow(&l, name);
    ets_status status;
    list_text(&l, known, sizeof known);
    if (!any)
        status = eti_fail(err, ETS_IO, NULL, "'%.100s' is neither a file nor a known %s: none are found; EDGETPU_SIM_DATA names the folder that holds %s/", name,
                          what, folder);
    else if (meant) status = eti_fail(err, ETS_IO, NULL, "'%.100s' is neither a file nor a known %s; did you mean '%s'?", name, what, meant);
    else status = eti_fail(err, ETS_IO, NULL, "'%.100s' is neither a file nor a known %s (%s: %s)", name, what, begun ? "it is part of" : "there is", known);
    free_names(&l);
    return status;
}

ets_status ets_data_find(const char *folder, const char *name, const char *beside, char *path, size_t size, ets_error *err)
{
    const char *root[N_ROOTS];
    if (!folder || !name || !path || !size) return eti_fail(err, ETS_ARGUMENT, NULL, "ets_data_find: an argument is NULL");
    roots(beside, root);
    for (size_t i = 0; i < N_ROOTS && !strchr(name, '/'); i++) {
        if (!root[i] || !root[i][0]) continue;
        int n = snprintf(path, size, "%s/%s/%s" EXTENSION, root[i], folder, name);
        if (n >= 0 && (size_t)n < size && access(path, F_OK) == 0) return ETS_OK; /* who reads it says if it cannot be */
    }
    return not_found(folder, name, beside, err);
}
