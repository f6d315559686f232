/* main.c - runs the suites of suites.def, or those named on the command line. */
#include "test.h"

#define SUITE(name) Suite *suite_##name(void);
#include "suites.def"
#undef SUITE

static const struct { const char *name; Suite *(*make)(void); } suites[] = {
#define SUITE(name) {#name, suite_##name},
#include "suites.def"
#undef SUITE
};

static int wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(name, argv[i]) == 0) return 1;
    return argc < 2;
}

int main(int argc, char **argv)
{
    setenv("CK_TIMEOUT_MULTIPLIER", "10", 0); /* limits are for what hangs; a machine that is busy takes many times as long */
    SRunner *runner = srunner_create(NULL);
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
        if (wanted(suites[i].name, argc, argv)) srunner_add_suite(runner, suites[i].make());
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    if (!test_shared("vectors")) printf("left out: comparisons with compiled programs, which are not here (SHARED_DIR)\n");
    printf("unit: %d passed, %d failed\n", srunner_ntests_run(runner) - failed, failed);
    srunner_free(runner);
    return failed ? 1 : 0;
}
