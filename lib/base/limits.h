/* limits.h - how much of anything is accepted, and why no more. What is above is refused with the place and the limit in the message;
 * test/unit/test_limits.c has both sides of most, docs/SECURITY.md the table. Nothing that is measured or published comes near any. */
#ifndef ETI_BASE_LIMITS_H
#define ETI_BASE_LIMITS_H

#include <stdint.h>

/* Bytes in, packed or inflated: more could only be weights, and offsets of a FlatBuffer are 31 bits. */
#define ETI_MAX_FILE_BYTES ((uint64_t)1 << 30)
/* Of a FlatBuffer, names, lists and small constants: its parts may overlap, so that few bytes say a lot. So many times the file, but
 * never more than all that an honest file has. */
#define ETI_MAX_OVERLAP 16
#define ETI_MAX_READ_BYTES ((uint64_t)256 << 20)
/* A name or a text of any format: many times what converters write, and what an error message would show. */
#define ETI_MAX_TEXT_BYTES 65536u

/* YAML: of a text, libyaml keeps up to three copies before it says how long it is, in memory that is not the caller's. The deepest that
 * is meaningful is 5. Nodes take about 100 bytes; 100,000 layers of 9 keys are fewer. Keys are compared with those before them, so their
 * number is what a square of it costs. Anchors, aliases and tags are refused, whatever their number. */
#define ETI_MAX_YAML_BYTES ((uint64_t)64 << 20)
#define ETI_MAX_YAML_DEPTH 32
#define ETI_MAX_YAML_NODES 1000000u
#define ETI_MAX_YAML_KEYS 4096u
#define ETI_MAX_YAML_DIRECTIVES 16 /* %YAML, %TAG: one of each makes sense */
#define ETI_MAX_CSV_FIELDS 32  /* of a row; SCALE-Sim's have 9 */
#define ETI_MAX_HEIRS 8        /* machines that inherit from each other: a ring is longer */

/* Of a network: seconds and some hundred MB for the whole pipeline. */
#define ETI_MAX_OPS 100000u
#define ETI_MAX_TENSORS 500000u
#define ETI_MAX_OPERANDS 4096u /* of a concatenation; results of a split */
/* Of a tensor; with it, elements and each dimension. The chip has 8 MB; offsets of what is stored fit 32 bits. */
#define ETI_MAX_TENSOR_BYTES ((uint64_t)1 << 30)
/* Stride, and kernel with its dilation, of each axis: borders are counted in 32 bits. */
#define ETI_MAX_WINDOW 65536u
/* Products and window elements of a network: 10,000 times the largest that ships. Cycles, bytes, and energy at any known
 * cost a product (2^13 fJ) are below 2^63 with it. */
#define ETI_MAX_PRODUCTS ((uint64_t)1 << 50)
/* What a tile would have to hold of a map with its borders; above, it holds none of it anyway. Sums of all tensors fit 63 bits. */
#define ETI_MAX_BLOCK_BYTES ((uint64_t)1 << 40)
#define ETI_MAX_PARTS 1024u   /* that a layer is cut into */

#define ETI_MAX_CYCLES ((uint64_t)1 << 62) /* of a program: two of it can be added */
#define ETI_MAX_THREADS 256u   /* of a batch; more are taken for as many */

#endif
