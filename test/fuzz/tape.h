/* tape.h - the input of the pipeline's fuzzer is a tape of choices: what reads it makes a network and a machine of nearly every one. */
#ifndef TAPE_H
#define TAPE_H

#include "edgetpu_sim/edgetpu_sim.h"

struct tape { const uint8_t *at, *end; };

/* Behind the end, zeros. */
static inline uint32_t tape_byte(struct tape *t) { return t->at < t->end ? *t->at++ : 0; }
static inline uint32_t tape_below(struct tape *t, uint32_t n) { return tape_byte(t) % n; }
static inline uint32_t tape_word(struct tape *t) { uint32_t high = tape_byte(t) << 8; return high | tape_byte(t); }
static inline bool tape_left(const struct tape *t) { return t->at < t->end; }

#define MOST_TENSORS 48
#define MOST_ROWS 40

/* The sizes and strides of a window; activation and padding. */
void tape_window(struct tape *t, ets_conv *c);
uint32_t tape_channels(struct tape *t);
/* A name as a stranger would give it, or NULL. */
const char *tape_name(struct tape *t);

/* tape_calls.c: by the public builder. NULL: not even the input was accepted. */
ets_model *tape_calls(struct tape *t);
/* tape_layers.c: of all operators that a description can state, recurrent ones, moves and unknown ones, of any type. */
ets_model *tape_layers(struct tape *t);
/* tape_rows.c: as a table, of which `n` rows are left; `rows` has room for MOST_ROWS. NULL: no row of it makes a network. */
ets_model *tape_rows(struct tape *t, ets_row *rows, size_t *n);
/* tape_machine.c: one that ships, or a small one, with some values changed. Never NULL. */
ets_arch *tape_machine(struct tape *t);

#endif
