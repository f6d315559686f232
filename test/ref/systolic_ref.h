/* systolic_ref.h - a systolic array that is stepped: every register of every element moves every clock, and what comes out
 * is the product of two int8 matrices. Slow, plain, and knows nothing of folds' closed forms. */
#ifndef SYSTOLIC_REF_H
#define SYSTOLIC_REF_H

#include <stdbool.h>
#include <stdint.h>

enum ref_flow { REF_WEIGHTS_STAY, REF_SUMS_STAY, REF_INPUTS_STAY };
struct ref_array { int rows, columns, pipeline; bool double_buffered; };
/* c[pixels][outputs] += a[pixels][depth] x b[depth][outputs]; `c` begins as zeros. `*out_cycle` is when the last result
 * has left the array, the value the clock at which the last sum was complete. */
uint64_t ref_multiply(const struct ref_array *array, enum ref_flow flow, const int8_t *a, const int8_t *b, int32_t *c, int pixels,
                      int depth, int outputs, uint64_t *out_cycle);

#endif
