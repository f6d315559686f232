/* test_as_int8.c - a network of floats as it would be once it is quantised. */
#include "graph/model.h"
#include "random_graph.h"
#include "test.h"

#include <glob.h>

static ets_model *as_int8(const ets_model *m)
{
    ets_model *q = NULL;
    ets_error e;
    ASSERT_OK(ets_model_as_int8(m, NULL, &q, &e), e);
    return q;
}

/* The text of a shipped network with `type: float32` for its own. */
static char *as_floats(const char *path)
{
    FILE *f = fopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    char *text = calloc(1, 1 << 20);
    size_t n = fread(text, 1, (1 << 20) - 16, f);
    fclose(f);
    char *type = strstr(text, "\ntype: int8\n");
    if (type) {
        memmove(type + 15, type + 12, n - (size_t)(type + 12 - text) + 1);
        memcpy(type, "\ntype: float32\n", 15);
        return text;
    }
    free(text);
    return NULL;
}

/* Those that post-training quantisation made: the same operators, types and shapes, so the same time. */
START_TEST(a_network_of_floats_is_what_its_quantised_file_is)
{
    glob_t files;
    size_t n = 0;
    ck_assert_int_eq(glob(TREE("models/*.yaml"), 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        ets_model *file = NULL, *floats = NULL;
        ets_error e;
        char *text = as_floats(files.gl_pathv[i]);
        if (!text) continue;
        ASSERT_OK(ets_model_load(files.gl_pathv[i], NULL, &file, &e), e);
        ASSERT_OK(ets_model_parse("floats", text, strlen(text), NULL, &floats, &e), e);
        ets_model *q = as_int8(floats);
        ck_assert(q->graph->quantized);
        ck_assert_msg(eti_digest_equal(q->graph->digest, file->graph->digest), "%s", files.gl_pathv[i]);
        ck_assert(!eti_digest_equal(q->graph->digest, floats->graph->digest));
        ets_model_free(q);
        ets_model_free(floats);
        ets_model_free(file);
        free(text);
        n++;
    }
    ck_assert_uint_gt(n, 20);
    globfree(&files);
}
END_TEST

/* It is a copy, which nothing of the first one has to outlive. */
START_TEST(what_is_quantised_stays_as_it_is)
{
    uint64_t seed = 95;
    for (int k = 0; k < 300; k++) {
        ets_model *m = test_random_graph(&seed, 25);
        struct eti_digest digest = m->graph->digest;
        uint32_t n_ops = m->graph->n_ops;
        ets_model *q = as_int8(m);
        ets_model_free(m);
        ck_assert(eti_digest_equal(q->graph->digest, digest));
        ck_assert_uint_eq(q->graph->n_ops, n_ops);
        for (uint32_t i = 0; i < n_ops; i++) ck_assert_uint_gt(strlen(q->graph->ops[i].name), 0);
        ets_model_free(q);
    }
}
END_TEST

Suite *suite_as_int8(void);
Suite *suite_as_int8(void)
{
    Suite *s = suite_create("as_int8");
    TCase *t = tcase_create("floats as integers");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_network_of_floats_is_what_its_quantised_file_is);
    tcase_add_test(t, what_is_quantised_stays_as_it_is);
    suite_add_tcase(s, t);
    return s;
}
