/* test.h - what every test file includes. A file test/<room>/test_<noun>.c defines `Suite *suite_<noun>(void)` and
 * has a row in test/suites.def. */
#ifndef TEST_H
#define TEST_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edgetpu_sim/edgetpu_sim.h"

/* The call succeeds; the message of its error is shown if not. `e` is an ets_error. */
#define ASSERT_OK(call, e) ck_assert_msg((call) == ETS_OK, "%s", (e).text)
/* The call fails with this status and a message that holds this text. */
#define ASSERT_FAILS(call, wanted, e, text_part)                                              \
    do {                                                                                      \
        memset(&(e), 0, sizeof(e));                                                           \
        ck_assert_int_eq((call), (wanted));                                                   \
        ck_assert_msg(strstr((e).text, (text_part)) != NULL, "message is: %s", (e).text);     \
    } while (0)

/* support.c */
/* An allocator that counts; fails the n-th request from now if fail_at > 0, and with `for_good` all after it. */
struct test_memory { size_t blocks, bytes, requests, fail_at, failures; bool for_good; };
ets_allocator test_allocator(struct test_memory *m);
/* The seed a property test begins with: `usual`, plus what the environment's SEED_OFFSET says, to have it look elsewhere. */
uint64_t test_seed(uint64_t usual);
/* Seeded, the same everywhere: SplitMix64. */
uint64_t test_random(uint64_t *state);
uint64_t test_between(uint64_t *state, uint64_t low, uint64_t high); /* both included */
int8_t *test_bytes(uint64_t *state, size_t n);                        /* free() them */
/* A path in the folder of measurements and compiled models (environment SHARED_DIR, or ../shared); NULL if not there: then what compares with
 * them holds less, and main.c says so. */
const char *test_shared(const char *relative);
/* A path in the source tree (the tests run from its top). */
#define TREE(path) path

#endif
