/* listing.h - what ships, machines or models, as a table or in JSON. */
#ifndef LISTING_H
#define LISTING_H

#include "cli.h"
#include "table.h"

struct listing { FILE *to; struct table table; const char *between, *beside; size_t n; };

struct listed {
    const char *folder, *json_head; /* `json_head`: up to the list's '[' */
    const char *nothing;            /* what is said if there is none */
    const struct table_column *columns;
    size_t n_columns;
    int (*row)(void *listing, const char *name, const char *path); /* each counts in its `n`; as ets_data_list() calls them */
    int (*json)(void *listing, const char *name, const char *path);
};
/* EXIT_GOOD, or EXIT_ERROR after a message. */
int print_listing(const struct arguments *a, const struct output *out, const struct listed *what);
/* In JSON, the beginning of one: its name. */
void put_listed_name(struct listing *l, const char *name);

#endif
