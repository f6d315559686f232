/* kept.c - see kept.h. */
#include "kept.h"

#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { QUIET_SECONDS = 2 };

/* The C library's memory, counted. */
static void *resize(void *ctx, void *ptr, size_t old_size, size_t new_size)
{
    struct kept_model *m = ctx;
    void *now = new_size ? realloc(ptr, new_size) : NULL;
    if (!new_size) free(ptr);
    if (now || !new_size) m->bytes += new_size - old_size;
    return now;
}

static void drop(struct kept_model *m)
{
    ets_model_free(m->model);
    free(m->path);
    free(m);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool is_quiet(const struct stat *file)
{
    time_t now = time(NULL);
    return S_ISREG(file->st_mode) && now - file->st_mtim.tv_sec > QUIET_SECONDS && now - file->st_ctim.tv_sec > QUIET_SECONDS;
}

static struct kept_model *find(const struct kept_models *k, const char *path, const struct stat *file)
{
    for (size_t i = 0; i < k->n; i++)
        if (is_same(&k->all[i]->file, file) && strcmp(k->all[i]->path, path) == 0) return k->all[i];
    return NULL;
}

/* If there is room, and no other thread was faster. */
static void keep(struct kept_models *k, struct kept_model *m)
{
    pthread_mutex_lock(&k->lock);
    bool room = k->n < MOST_KEPT && m->bytes <= MOST_KEPT_BYTES - k->bytes;
    m->kept = room && !find(k, m->path, &m->file);
    k->full |= !room;
    if (m->kept) {
        k->all[k->n++] = m;
        k->bytes += m->bytes;
    }
    pthread_mutex_unlock(&k->lock);
}

static struct kept_model *read_anew(const char *path, bool as_int8, ets_error *err)
{
    struct kept_model *m = calloc(1, sizeof *m);
    ets_allocator counting = {resize, m};
    if (m && (m->path = strdup(path)) && read_model(path, as_int8, &counting, &m->model, err) == ETS_OK) return m;
    if (!m || !m->path) *err = (ets_error){ETS_NOMEM, 0, 0, 0, "out of memory"};
    if (m) drop(m);
    return NULL;
}

struct kept_model *take_model(struct kept_models *k, const char *path, bool as_int8, ets_error *err)
{
    struct stat before, after;
    struct kept_model *m = NULL;
    bool quiet = stat(path, &before) == 0 && is_quiet(&before);
    if (quiet) {
        pthread_mutex_lock(&k->lock);
        m = find(k, path, &before);
        pthread_mutex_unlock(&k->lock);
    }
    if (m || !(m = read_anew(path, as_int8, err))) return m;
    if (!quiet || stat(path, &after) != 0 || !is_same(&before, &after)) return m;
    m->file = before;
    keep(k, m);
    return m;
}

void give_back_model(struct kept_model *m)
{
    if (m && !m->kept) drop(m);
}

void forget_models(struct kept_models *k, bool in_any_case)
{
    if (!k->full && !in_any_case) return;
    for (size_t i = 0; i < k->n; i++) drop(k->all[i]);
    k->n = k->bytes = 0;
    k->full = false;
}
