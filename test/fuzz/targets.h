/* targets.h - one function an input format: any bytes in, no harm. Each is also a libFuzzer entry when it is compiled with
 * -DFUZZ_TARGET=name (docs/CONTRIBUTING.md). */
#ifndef TARGETS_H
#define TARGETS_H

#include <stddef.h>
#include <stdint.h>

int fuzz_model(const uint8_t *data, size_t size);     /* .tflite, YAML graph, gzip: recognised by content, then simulated */
int fuzz_arch_yaml(const uint8_t *data, size_t size); /* a machine, then a small model on it */

#endif
