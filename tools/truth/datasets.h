/* datasets.h - the tables of measured figures, each a file of known columns: what every row of it predicts. */
#ifndef TRUTH_DATASETS_H
#define TRUTH_DATASETS_H

#include <stddef.h>

#include "machines.h"
#include "samples.h"

struct dataset {
    const char *file;
    const char *title;
    const char *seen; /* what of the model was settled on rows of this table beside the calibration: no independent check of that */
    /* Appends a sample, or more, for a row. */
    void (*predict)(const struct table *t, size_t row, struct machines *machines, struct samples *out);
};
extern const struct dataset datasets[];
extern const size_t n_datasets;

#endif
