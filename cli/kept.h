/* kept.h - the models that lines of `predict --stdin` name: a file is read again only if it has changed. */
#ifndef KEPT_H
#define KEPT_H

#include <pthread.h>
#include <sys/stat.h>

#include "edgetpu_sim/edgetpu_sim.h"

enum { MOST_KEPT = 64 };
#define MOST_KEPT_BYTES ((size_t)64 << 20) /* of all of them in memory */

struct kept_model {
    ets_model *model;
    char *path;
    struct stat file;      /* as it was read */
    size_t bytes;          /* of the model, counted as it asks for them */
    bool kept;
};
struct kept_models {
    pthread_mutex_t lock;  /* of all below */
    struct kept_model *all[MOST_KEPT];
    size_t n, bytes;
    bool full;             /* there was no room for one */
};

/* The model at `path`, from any thread; NULL with `err` if it cannot be read. One of a regular file is kept, if that was not changed for two
 * seconds: what is written again within a tick of the file system's clock must not be taken for what it was. `as_int8` is the same in all calls. */
struct kept_model *take_model(struct kept_models *k, const char *path, bool as_int8, ets_error *err);
void give_back_model(struct kept_model *m); /* not used any more: freed if it is not kept */
/* If one found no room, or `in_any_case`: all are forgotten. None may be in use. */
void forget_models(struct kept_models *k, bool in_any_case);

#endif
