/* targets.h - functions that take any bytes and come to no harm, and functions that make such bytes of others. A fuzzer is a
 * pair of them (targets.def). */
#ifndef TARGETS_H
#define TARGETS_H

#include <stddef.h>
#include <stdint.h>

#include "edgetpu_sim/edgetpu_sim.h"

typedef int fuzz_target(const uint8_t *data, size_t size);
fuzz_target fuzz_model;      /* .tflite, YAML graph, table of layers, gzip of these: told by content, then simulated */
fuzz_target fuzz_arch;       /* a machine (YAML, SCALE-Sim's configuration), then a small model on it */
fuzz_target fuzz_json_lines; /* the stream of `predict --stdin` */
fuzz_target fuzz_pipeline;   /* choices: a network through the builder, a machine, and the laws that hold of both */

/* Changes `size` bytes in place, never beyond `room`; gives the new size. Equal states change equally. */
typedef size_t fuzz_mutator(uint8_t *data, size_t size, size_t room, uint64_t *state);
fuzz_mutator mutate_bytes;   /* bits, bytes, pieces */
fuzz_mutator mutate_text;    /* lines, words and numbers of YAML, CSV, configurations, JSON */
fuzz_mutator mutate_flatbuf; /* fields, vectors and references of a FlatBuffer */
fuzz_mutator mutate_gzip;    /* what is inside */

/* Units of ets_options.work_limit: what is more is cut off, not waited for. */
#define FUZZ_WORK 30000

uint64_t fuzz_random(uint64_t *state);
/* 0 .. n - 1; n > 0 */
size_t fuzz_below(uint64_t *state, size_t n);

/* A law was broken: says which, and dies. */
void fuzz_broken(const char *law, const char *text) __attribute__((noreturn));
/* laws.c: what holds of every report. */
void fuzz_check_report(const ets_report *r);

/* written.c: what holds of it as text. */
struct fuzz_text { char *data; size_t size, room; }; /* grows, and is never given back */
/* An ets_writer's function; `ctx` is a fuzz_text. */
int fuzz_keep(void *ctx, const char *text, size_t n);
void fuzz_write(const ets_report *r, ets_format format, struct fuzz_text *t);
/* Table, CSV and JSON, those of SCALE-Sim for an array: rows add up. */
void fuzz_check_written(const ets_report *r);
/* Its machine-readable text is the same as that of `again`. */
void fuzz_check_same(const ets_report *r, const ets_report *again);
void fuzz_check_json(const char *text);
void fuzz_check_page(const char *text);
/* Lines without control characters. */
void fuzz_check_plain(const char *text);
/* A machine of the source tree, loaded once. */
const ets_arch *fuzz_machine(const char *name);

#endif
