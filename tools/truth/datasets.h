/* datasets.h - the tables of measured figures, each a file of known columns: what every row of it predicts. */
#ifndef TRUTH_DATASETS_H
#define TRUTH_DATASETS_H

#include <edgetpu_sim/edgetpu_sim.h>

#include "statistics.h"

/* One prediction beside its measurement, or a row that could not be predicted and why. */
struct sample {
    char label[96], reason[160]; /* reason: "" if it was predicted */
    const char *set;             /* within the file: "desktop + USB 3", "energy" */
    const char *unit;
    int line;
    struct pair value;
};
struct samples { struct sample *all; size_t n, room; };

/* What predictions need: the folder of machines and models, settings for every machine, machines loaded so far. */
struct machines {
    const char *folder;
    const ets_setting *settings;
    size_t n_settings;
    struct { char name[64]; ets_arch *arch; } loaded[32];
    size_t n_loaded;
};
void machines_free(struct machines *m);

struct dataset {
    const char *file;
    const char *title;
    const char *seen; /* what of the model was settled on rows of this table beside the calibration: no independent check of that */
    /* Appends a sample, or more, for every row. Returns -1 with a message on stderr if the file cannot be read. */
    int (*predict)(const char *path, struct machines *machines, struct samples *out);
};
extern const struct dataset datasets[];
extern const size_t n_datasets;

#endif
