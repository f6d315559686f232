/* samples.h - predictions beside their measurements, a row of a table each or several. Without memory the program ends. */
#ifndef TRUTH_SAMPLES_H
#define TRUTH_SAMPLES_H

#include <edgetpu_sim/edgetpu_sim.h>

#include "statistics.h"
#include "table.h"

/* One prediction beside its measurement, or a row that could not be predicted and why. */
struct sample {
    char label[96], reason[160]; /* reason: "" if it was predicted */
    const char *set;             /* within the file: "desktop + USB 3", "energy" */
    const char *unit;
    int line;
    bool without_host;           /* the row leaves out the operators on the host */
    struct pair value;
};
struct samples { struct sample *all; size_t n, room; };

/* Of a row, not predicted yet; `label` and `more` name it. */
struct sample sample_of(const struct table *t, size_t row, const char *set, const char *unit, double measured, const char *label, const char *more);
void samples_add(struct samples *s, const struct sample *sample);
/* Not predicted, for `reason` unless it has one. */
void samples_skip(struct samples *out, struct sample s, const char *reason);

/* Simulates; false with the reason in `err`. */
bool summary_of(const ets_arch *arch, const ets_model *model, ets_summary *out, ets_error *err);
/* Adds `s` with the latency in milliseconds. */
void book_latency(struct samples *out, struct sample s, const ets_summary *sum);
/* The same of a model that may be NULL, as may the machine: then skipped for the reason in `err`. */
void predict_latency(struct samples *out, struct sample s, const ets_arch *arch, const ets_model *model, ets_error *err);

#endif
