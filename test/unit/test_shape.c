/* test_shape.c - shapes of results as TensorFlow Lite defines them, and what each operator says to operands that do not fit. Inputs are
 * written as operands.h says. */
#include "operands.h"
#include "test.h"

#define ONES .stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1
#define POOL(size) ONES, .kernel_h = size, .kernel_w = size

/* `want`: "[1, 4]", or a message. */
static const struct { enum eti_op_type type; struct eti_attributes at; const char *inputs; uint32_t n_out; const char *want; } cases[] = {
    {ETI_OP_CONV_2D, {ONES}, "1x8x8x4 16x3x3x4 16", 1, "[1, 8, 8, 16]"},
    {ETI_OP_CONV_2D, {ONES}, "1x8x8x4 16x3x3x2", 1, "[1, 8, 8, 16]"}, /* two groups */
    {ETI_OP_CONV_2D, {ONES, .padding = ETS_PAD_VALID}, "1x8x9x4 16x3x2x4", 1, "[1, 6, 8, 16]"},
    {ETI_OP_CONV_2D, {ONES}, "8x8x4 16x3x3x4", 1, "the input must have 4 dimensions, but is [8, 8, 4]"},
    {ETI_OP_CONV_2D, {ONES}, "- 16x3x3x4", 1, "the input must have 4 dimensions, but is absent"},
    {ETI_OP_CONV_2D, {ONES}, "1x8x8x4 16x9", 1, "the weights [out, height, width, in] must have 4 dimensions, but is [16, 9]"},
    {ETI_OP_CONV_2D, {ONES}, "1x8x8x4 16x3x3x0", 1, "weights [16, 3, 3, 0] do not fit an input of [1, 8, 8, 4]"},
    {ETI_OP_CONV_2D, {ONES}, "1x8x8x4 16x3x3x3", 1, "weights [16, 3, 3, 3] do not fit"},
    {ETI_OP_CONV_2D, {ONES}, "1x8x8x4 15x3x3x2", 1, "weights [15, 3, 3, 2] do not fit"}, /* 15 of two groups */
    {ETI_OP_CONV_2D, {ONES}, "1x8x8x4 16x3x3x4 17", 1, "the bias has 17 values for 16 output channels"},
    {ETI_OP_CONV_2D, {ONES}, "1x8x8x4 16x0x3x4", 1, "kernel, stride and dilation must be at least 1"},
    {ETI_OP_CONV_2D, {ONES}, "1x8x8x4 16x3x0x4", 1, "kernel, stride and dilation must be at least 1"},
    {ETI_OP_CONV_2D, {.stride_w = 1, .dilation_h = 1, .dilation_w = 1}, "1x8x8x4 16x3x3x4", 1, "must be at least 1"},
    {ETI_OP_CONV_2D, {.stride_h = 1, .dilation_h = 1, .dilation_w = 1}, "1x8x8x4 16x3x3x4", 1, "must be at least 1"},
    {ETI_OP_CONV_2D, {.stride_h = 1, .stride_w = 1, .dilation_w = 1}, "1x8x8x4 16x3x3x4", 1, "must be at least 1"},
    {ETI_OP_CONV_2D, {.stride_h = 1, .stride_w = 1, .dilation_h = 1}, "1x8x8x4 16x3x3x4", 1, "must be at least 1"},
    {ETI_OP_CONV_2D, {.stride_h = 65537, .stride_w = 1, .dilation_h = 1, .dilation_w = 1}, "1x8x8x4 16x3x3x4", 1, "of more than 65536"},
    {ETI_OP_CONV_2D, {.stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 40000}, "1x8x8x4 16x3x3x4", 1, "of more than 65536"},
    {ETI_OP_CONV_2D, {ONES, .padding = ETS_PAD_VALID}, "1x8x2x4 16x3x3x4", 1, "a 3x3 window (dilation 1x1) does not fit into [1, 8, 2, 4]"},
    {ETI_OP_CONV_2D, {ONES, .padding = ETS_PAD_VALID}, "1x2x8x4 16x3x3x4", 1, "a 3x3 window (dilation 1x1) does not fit into [1, 2, 8, 4]"},
    {ETI_OP_CONV_2D, {ONES, .padding = ETI_PAD_HANGING}, "1x2x8x4 16x3x3x4", 1, "does not fit into [1, 2, 8, 4]"},
    {ETI_OP_DEPTHWISE_CONV_2D, {ONES}, "1x8x8x4 1x3x3x8 8", 1, "[1, 8, 8, 8]"},
    {ETI_OP_DEPTHWISE_CONV_2D, {ONES}, "8x4 1x3x3x8", 1, "the input must have 4 dimensions"},
    {ETI_OP_DEPTHWISE_CONV_2D, {ONES}, "1x8x8x4 3x8", 1, "the weights [1, height, width, channels] must have 4 dimensions"},
    {ETI_OP_DEPTHWISE_CONV_2D, {ONES}, "1x8x8x4 2x3x3x8", 1, "weights [2, 3, 3, 8] do not fit an input of [1, 8, 8, 4] (1 x height"},
    {ETI_OP_DEPTHWISE_CONV_2D, {ONES}, "1x8x8x0 1x3x3x8", 1, "do not fit"},
    {ETI_OP_DEPTHWISE_CONV_2D, {ONES}, "1x8x8x4 1x3x3x6", 1, "do not fit"},
    {ETI_OP_DEPTHWISE_CONV_2D, {ONES}, "1x8x8x4 1x3x3x8 4", 1, "the bias has 4 values for 8 output channels"},
    {ETI_OP_MAX_POOL_2D, {POOL(2), .padding = ETS_PAD_VALID}, "1x8x8x4", 1, "[1, 7, 7, 4]"},
    {ETI_OP_AVERAGE_POOL_2D, {POOL(2)}, "8x4", 1, "the input must have 4 dimensions"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, ":1,8,8,16 16x3x3x4 1x4x4x4 16", 1, "[1, 8, 8, 16]"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, ":1,8,8,16 16x3x3x4", 1, "output shape, weights and input are needed"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, ":1,8,8,16 16x4 1x4x4x4", 1, "the weights [out, height, width, in] must have 4"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, ":1,8,8,16 16x3x3x4 4x4", 1, "the input must have 4 dimensions"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, "4 16x3x3x4 1x4x4x4", 1, "its sizes (input 0) are not constant"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, "- 16x3x3x4 1x4x4x4", 1, "its sizes (input 0) are not constant"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, ":1,1,1,1,1,1,1,1,1 16x3x3x4 1x4x4x4", 1, "its sizes (input 0) are not constant"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, ":1,8,0,16 16x3x3x4 1x4x4x4", 1, "a size of 0"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, ":1,8,8 16x3x3x4 1x4x4x4", 1, "do not lead from [1, 4, 4, 4] to [1, 8, 8]"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, ":1,8,8,16 16x3x3x5 1x4x4x4", 1, "do not lead"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, ":1,8,8,15 16x3x3x4 1x4x4x4", 1, "do not lead"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, ":2,8,8,16 16x3x3x4 1x4x4x4", 1, "do not lead"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 65537, .stride_w = 2}, ":1,8,8,16 16x3x3x4 1x4x4x4", 1, "of more than 65536"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 65537}, ":1,8,8,16 16x3x3x4 1x4x4x4", 1, "of more than 65536"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, ":1,9,8,16 16x3x3x4 1x4x4x4", 1, "an output of [1, 9, 8, 16] does not come from"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, ":1,8,9,16 16x3x3x4 1x4x4x4", 1, "an output of [1, 8, 9, 16] does not come from"},
    {ETI_OP_TRANSPOSE_CONV, {.stride_h = 2, .stride_w = 2}, ":1,8,8,16 16x3x3x4 1x4x4x4 4", 1, "the bias has 4 values"},
    {ETI_OP_FULLY_CONNECTED, {0}, "2x3x4 10x4 10", 1, "[6, 10]"},
    {ETI_OP_FULLY_CONNECTED, {.keep_dims = true}, "2x3x4 10x4", 1, "[2, 3, 10]"},
    {ETI_OP_FULLY_CONNECTED, {.keep_dims = true}, "2x3x4 10x12", 1, "[2, 10]"}, /* nothing to keep */
    {ETI_OP_FULLY_CONNECTED, {.keep_dims = true}, "4 10x4", 1, "[1, 10]"},
    {ETI_OP_FULLY_CONNECTED, {0}, "2x4 10", 1, "the weights [units, inputs] must have 2 dimensions"},
    {ETI_OP_FULLY_CONNECTED, {0}, "2x4 10x3", 1, "weights [10, 3] do not fit an input of [2, 4]"},
    {ETI_OP_FULLY_CONNECTED, {0}, "2x4 10x0", 1, "do not fit"},
    {ETI_OP_FULLY_CONNECTED, {0}, "2x4 10x4 9", 1, "the bias has 9 values"},
    {ETI_OP_RELU, {0}, "2x4", 1, "[2, 4]"},
    {ETI_OP_ADD, {0}, "4x1x3 5x1", 1, "[4, 5, 3]"},
    {ETI_OP_MUL, {0}, "3 4x5x3", 1, "[4, 5, 3]"},
    {ETI_OP_SUB, {0}, "4x5x3 4x3", 1, "shapes [4, 5, 3] and [4, 3] do not match"},
    {ETI_OP_MEAN, {0}, "1x8x8x4 :1,2", 1, "[1, 4]"},
    {ETI_OP_SUM, {.keep_dims = true}, "1x8x8x4 :1,-2", 1, "[1, 1, 1, 4]"},
    {ETI_OP_MEAN, {0}, "1x8x8x4 2", 1, "its axes are not constant"},
    {ETI_OP_REDUCE_MAX, {0}, "1x8x8x4 -", 1, "its axes are not constant"},
    {ETI_OP_REDUCE_MIN, {0}, "1x8x8x4 :4", 1, "axis 4 does not exist in a tensor of rank 4"},
    {ETI_OP_MEAN, {0}, "1x8x8x4 :-5", 1, "axis -5 does not exist in a tensor of rank 4"},
    {ETI_OP_ARG_MAX, {0}, "2x3x4 :-1", 1, "[2, 3]"},
    {ETI_OP_ARG_MAX, {0}, "2x3x4 -", 1, "its axis is not constant"},
    {ETI_OP_ARG_MAX, {0}, "2x3x4 1", 1, "its axis is not constant"},
    {ETI_OP_ARG_MAX, {0}, "2x3x4 :1,2", 1, "its axis is not constant"},
    {ETI_OP_ARG_MAX, {0}, "2x3x4 :3", 1, "axis 3 does not exist"},
    {ETI_OP_CONCATENATION, {.axis = -1}, "1x8x8x4 1x8x8x3 1x8x8x1", 1, "[1, 8, 8, 8]"},
    {ETI_OP_CONCATENATION, {.axis = 4}, "1x8x8x4 1x8x8x3", 1, "axis 4 does not exist"},
    {ETI_OP_CONCATENATION, {.axis = 3}, "1x8x8x4 1x8x7x3", 1, "[1, 8, 7, 3] cannot be joined to [1, 8, 8, 4] along axis 3"},
    {ETI_OP_CONCATENATION, {.axis = 0}, "8x4 8x4x1", 1, "cannot be joined"},
    {ETI_OP_CONCATENATION, {.axis = 0}, "4294967295 1", 1, "cannot be joined"},
    {ETI_OP_PACK, {.axis = 1}, "2x3 2x3", 1, "[2, 2, 3]"},
    {ETI_OP_PACK, {.axis = 3}, "2x3 2x3", 1, "axis 3 does not exist in a tensor of rank 3"},
    {ETI_OP_PACK, {.axis = 0}, "2x3 3x2", 1, "shapes [2, 3] and [3, 2] differ"},
    {ETI_OP_PACK, {.axis = 0}, "1x1x1x1x1x1x1x1 1x1x1x1x1x1x1x1", 1, "more than 8 dimensions"},
    {ETI_OP_EXPAND_DIMS, {0}, "2x3 :1", 1, "[2, 1, 3]"},
    {ETI_OP_EXPAND_DIMS, {.axis = -1}, "2x3", 1, "[2, 3, 1]"},
    {ETI_OP_EXPAND_DIMS, {.axis = 0}, "2x3 1", 1, "[1, 2, 3]"},
    {ETI_OP_EXPAND_DIMS, {0}, "2x3 :4", 1, "axis 4 does not exist in a tensor of rank 3"},
    {ETI_OP_EXPAND_DIMS, {0}, "1x1x1x1x1x1x1x1 :0", 1, "more than 8 dimensions"},
    {ETI_OP_PAD, {0}, "2x3 :0,1,2,0", 1, "[3, 5]"},
    {ETI_OP_PAD, {0}, "2x3 :0,1,2", 1, "4 constant paddings are needed"},
    {ETI_OP_PAD, {0}, "2x3 4", 1, "4 constant paddings are needed"},
    {ETI_OP_PAD, {0}, "2x3 -", 1, "4 constant paddings are needed"},
    {ETI_OP_PAD, {0}, "2x3 :0,1,-2,0", 1, "a padding of -2"},
    {ETI_OP_PAD, {0}, "2x3 :0,2147483647,0,0", 1, "a padded size of 2147483649"},
    {ETI_OP_RESHAPE, {0}, "2x6 :3,-1", 1, "[3, 4]"},
    {ETI_OP_RESHAPE, {.n_target = 1, .target = {12}}, "2x6", 1, "[12]"},
    {ETI_OP_RESHAPE, {.n_target = 1, .target = {12}}, "2x6 1", 1, "[12]"}, /* its list is not constant: the attribute counts */
    {ETI_OP_RESHAPE, {0}, "2x6 :5,-1", 1, "[2, 6] has 12 values, the new shape 5"},
    {ETI_OP_RESHAPE, {0}, "2x6 :13", 1, "[2, 6] has 12 values, the new shape 13"},
    {ETI_OP_RESHAPE, {0}, "2x6 :-1,-1", 1, "a size of -1"},
    {ETI_OP_RESHAPE, {0}, "2x6 :12,0", 1, "a size of 0"},
    {ETI_OP_RESHAPE, {0}, "2x6 :2147483647,2147483647,2147483647", 1, "a size of 2147483647"},
    {ETI_OP_RESHAPE, {0}, "100000x100000 :-1", 1, "has 10000000000 values"},
    {ETI_OP_RESIZE_BILINEAR, {0}, "1x8x8x4 :16,24", 1, "[1, 16, 24, 4]"},
    {ETI_OP_RESIZE_NEAREST_NEIGHBOR, {.target = {16, 24}}, "1x8x8x4 -", 1, "[1, 16, 24, 4]"},
    {ETI_OP_RESIZE_BILINEAR, {.target = {16, 24}}, "1x8x8x4", 1, "[1, 16, 24, 4]"},
    {ETI_OP_RESIZE_BILINEAR, {0}, "8x4 :16,24", 1, "the input must have 4 dimensions"},
    {ETI_OP_RESIZE_BILINEAR, {0}, "1x8x8x4 2", 1, "its sizes (input 1) are not constant"},
    {ETI_OP_RESIZE_BILINEAR, {0}, "1x8x8x4 :16", 1, "a new height and width are needed"},
    {ETI_OP_RESIZE_BILINEAR, {.target = {16, 0}}, "1x8x8x4", 1, "a new height and width are needed"},
    {ETI_OP_RESIZE_BILINEAR, {.target = {0, 16}}, "1x8x8x4", 1, "a new height and width are needed"},
    {ETI_OP_RESIZE_BILINEAR, {.target = {-1, 16}}, "1x8x8x4", 1, "a new height and width are needed"},
    {ETI_OP_RESIZE_BILINEAR, {.target = {16, -1}}, "1x8x8x4", 1, "a new height and width are needed"},
    {ETI_OP_SLICE, {0}, "8x4 :2,0 :-1,3", 1, "[6, 3]"},
    {ETI_OP_SLICE, {0}, "8x4 - :1,1", 1, "begin and size must be constant"},
    {ETI_OP_SLICE, {0}, "8x4 :1,1 -", 1, "begin and size must be constant"},
    {ETI_OP_SLICE, {0}, "8x4 2 :1,1", 1, "begin and size must be constant"},
    {ETI_OP_SLICE, {0}, "8x4 :1,1 2", 1, "begin and size must be constant"},
    {ETI_OP_SLICE, {0}, "8x4 :1 :1,1", 1, "a value for each dimension"},
    {ETI_OP_SLICE, {0}, "8x4 :1,1 :1", 1, "a value for each dimension"},
    {ETI_OP_SLICE, {0}, "8x4 :-1,0 :1,1", 1, "1 values from -1 on are not in [8, 4]"},
    {ETI_OP_SLICE, {0}, "8x4 :0,0 :0,1", 1, "0 values from 0 on are not in [8, 4]"},
    {ETI_OP_SLICE, {0}, "8x4 :6,0 :3,1", 1, "3 values from 6 on are not in [8, 4]"},
    {ETI_OP_STRIDED_SLICE, {0}, "9x4 :1,0 :8,4 :3,1", 1, "[3, 4]"},
    {ETI_OP_STRIDED_SLICE, {0}, "9x4 :-1 :0 :-2", 1, "[4, 4]"}, /* 8, 6, 4, 2 */
    {ETI_OP_STRIDED_SLICE, {.target = {1, 1, 0}}, "9x4 :5 :0 :-1", 1, "[9, 4]"}, /* masks: from and to the ends */
    {ETI_OP_STRIDED_SLICE, {.target = {1, 1, 0}}, "9x4 :5 :0 :1", 1, "[9, 4]"},
    {ETI_OP_STRIDED_SLICE, {.target = {0, 0, 1}}, "9x4 :5 :6 :1", 1, "[4]"},
    {ETI_OP_STRIDED_SLICE, {0}, "9x4 :-20 :20 :1", 1, "[9, 4]"}, /* what is outside is cut off */
    {ETI_OP_STRIDED_SLICE, {0}, "9x4 :20 :-20 :-1", 1, "[9, 4]"},
    {ETI_OP_STRIDED_SLICE, {0}, "9x4 :5 :5 :1", 1, "nothing is left of dimension 0"},
    {ETI_OP_STRIDED_SLICE, {0}, "9x4 :5 :6 :0", 1, "a stride of 0"},
    {ETI_OP_STRIDED_SLICE, {0}, "9x4 - :6 :1", 1, "begin, end and strides must be constant"},
    {ETI_OP_STRIDED_SLICE, {0}, "9x4 :5 1 :1", 1, "begin, end and strides must be constant"},
    {ETI_OP_STRIDED_SLICE, {0}, "9x4 :5 :6 :1,1,1", 1, "begin, end and strides must be constant"},
    {ETI_OP_STRIDED_SLICE, {0}, "9x4 :5 :6,4 :1", 1, "begin, end and strides differ in length"},
    {ETI_OP_STRIDED_SLICE, {0}, "9x4 :5 :6 :1,1", 1, "begin, end and strides differ in length"},
    {ETI_OP_SPACE_TO_DEPTH, {.block = 2}, "1x8x6x4", 1, "[1, 4, 3, 16]"},
    {ETI_OP_DEPTH_TO_SPACE, {.block = 2}, "1x4x3x16", 1, "[1, 8, 6, 4]"},
    {ETI_OP_SPACE_TO_DEPTH, {.block = 2}, "8x6x4", 1, "the input must have 4 dimensions"},
    {ETI_OP_SPACE_TO_DEPTH, {.block = 1}, "1x8x6x4", 1, "blocks of 1 do not divide [1, 8, 6, 4]"},
    {ETI_OP_SPACE_TO_DEPTH, {.block = 1025}, "1x8x6x4", 1, "blocks of 1025 do not divide"},
    {ETI_OP_SPACE_TO_DEPTH, {.block = 4}, "1x8x6x4", 1, "blocks of 4 do not divide"},
    {ETI_OP_SPACE_TO_DEPTH, {.block = 3}, "1x8x6x4", 1, "blocks of 3 do not divide"},
    {ETI_OP_DEPTH_TO_SPACE, {.block = 3}, "1x8x6x4", 1, "blocks of 3 do not divide"},
    {ETI_OP_SPLIT, {0}, ":-1 2x6", 3, "[2, 2]"},
    {ETI_OP_SPLIT, {0}, "- 2x6", 3, "its axis is not constant"},
    {ETI_OP_SPLIT, {0}, "1 2x6", 3, "its axis is not constant"},
    {ETI_OP_SPLIT, {0}, ":0,1 2x6", 3, "its axis is not constant"},
    {ETI_OP_SPLIT, {0}, ":2 2x6", 3, "axis 2 does not exist"},
    {ETI_OP_SPLIT, {0}, ":1 2x6", 4, "axis 1 of [2, 6] cannot be cut into 4 equal parts"},
    {ETI_OP_SPLIT, {0}, ":1 2x6", 0, "cannot be cut into 0 equal parts"},
    {ETI_OP_SQUEEZE, {0}, "1x6x1", 1, "[6]"},
    {ETI_OP_SQUEEZE, {.axes = 1}, "1x6x1", 1, "[6, 1]"},
    {ETI_OP_SQUEEZE, {.axes = 2}, "1x6x1", 1, "dimension 1 of [1, 6, 1] is not 1"},
    {ETI_OP_TRANSPOSE, {0}, "1x6x2 :2,0,1", 1, "[2, 1, 6]"},
    {ETI_OP_TRANSPOSE, {0}, "1x6x2 -", 1, "a constant permutation of 3 dimensions is needed"},
    {ETI_OP_TRANSPOSE, {0}, "1x6x2 3", 1, "a constant permutation of 3 dimensions is needed"},
    {ETI_OP_TRANSPOSE, {0}, "1x6x2 :1,0", 1, "a constant permutation of 3 dimensions is needed"},
    {ETI_OP_TRANSPOSE, {0}, "1x6x2 :0,1,3", 1, "3 is not part of a permutation"},
    {ETI_OP_TRANSPOSE, {0}, "1x6x2 :0,1,-1", 1, "-1 is not part of a permutation"},
    {ETI_OP_TRANSPOSE, {0}, "1x6x2 :0,1,1", 1, "1 is not part of a permutation"},
};

START_TEST(operators_give_the_shape_or_say_what_does_not_fit)
{
    struct test_operands o;
    struct eti_shape out[4] = {{0}};
    struct eti_op op = {.type = cases[_i].type, .at = cases[_i].at, .name = "it", .type_name = eti_op_kind(cases[_i].type)->name};
    const char *want = cases[_i].want;
    ets_error e;
    test_read_operands(cases[_i].inputs, &o);
    op.n_inputs = o.n;
    memset(&e, 0, sizeof e);
    ets_status status = eti_infer_shapes(&op, o.in, out, cases[_i].n_out, &e);
    if (want[0] == '[' && status == ETS_OK) {
        char text[128] = "[";
        for (uint32_t i = 0; i < out[0].rank; i++) snprintf(text + strlen(text), 16, i ? ", %u" : "%u", out[0].dim[i]);
        strcat(text, "]");
        ck_assert_msg(strcmp(text, want) == 0, "%s of %s: %s, not %s", op.type_name, cases[_i].inputs, text, want);
    } else {
        ck_assert_msg(status == ETS_RANGE && strstr(e.text, want), "%s of %s: '%s', not '%s'", op.type_name, cases[_i].inputs, e.text, want);
        ck_assert_msg(strncmp(e.text, op.type_name, strlen(op.type_name)) == 0 && strstr(e.text, "'it'"), "who? %s", e.text);
    }
}
END_TEST

Suite *suite_shape(void);
Suite *suite_shape(void)
{
    Suite *s = suite_create("shape");
    TCase *t = tcase_create("operators");
    tcase_add_loop_test(t, operators_give_the_shape_or_say_what_does_not_fit, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(s, t);
    return s;
}
