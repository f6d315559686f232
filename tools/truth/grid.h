/* grid.h - the "Grid" networks measured on a Dev Board Micro: MobileNet v1 at 224x224 with any number of its middle blocks. */
#ifndef TEST_GRID_H
#define TEST_GRID_H

#include "edgetpu_sim/edgetpu_sim.h"

/* RELU6, int8, a scale a channel, `width` of the usual channels in hundredths, `repeats` blocks of 14x14 (5 in MobileNet v1),
 * average pool 7x7, 1x1 convolution to 1000 classes, softmax, a quantize op at both ends. The caller frees the model; NULL: the reason is
 * in `err`. */
ets_model *grid_model(uint32_t width_percent, uint32_t repeats, ets_error *err);

#endif
