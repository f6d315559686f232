/* operands.h - the tensors that an operator works on, in a few letters. */
#ifndef TEST_OPERANDS_H
#define TEST_OPERANDS_H

#include "graph/graph.h"

#define TEST_MOST_OPERANDS 18 /* of a recurrent layer */

struct test_operands {
    struct eti_tensor tensor[TEST_MOST_OPERANDS];
    const struct eti_tensor *in[TEST_MOST_OPERANDS]; /* each of them, or NULL */
    int32_t values[TEST_MOST_OPERANDS][16];
    bool kept[TEST_MOST_OPERANDS]; /* from call to call: nothing makes it, nobody gives it */
    uint32_t n;
};

/* Words with spaces between them: "1x8x8x4" a computed int8 tensor; "1x8x8x4c" a constant one, "z" one of zeros, "f" of float, "w" of
 * int16, "d" of a size that is not known, "v" what a cell keeps; ":2,3" a constant list of integers; "-" left out. */
void test_read_operands(const char *text, struct test_operands *o);

#endif
