/* test_locale.c - numbers are read and written the same where people write a comma for the point. */
#include <locale.h>
#include <unistd.h>

#include "test.h"

#define COMMA "de_DE.UTF-8"

/* The locale, made for this test if the system has what it is made of. */
static bool use_comma(char *folder)
{
    char command[256];
    if (setlocale(LC_ALL, COMMA)) return true;
    if (!mkdtemp(folder)) return false;
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/" COMMA " >/dev/null 2>&1", folder);
    int failed = system(command);
    setenv("LOCPATH", folder, 1);
    return !failed && setlocale(LC_ALL, COMMA) != NULL;
}

struct text { char *data; size_t n; };

static int keep(void *ctx, const char *text, size_t n)
{
    struct text *t = ctx;
    t->data = realloc(t->data, t->n + n + 1);
    ck_assert_ptr_nonnull(t->data);
    memcpy(t->data + t->n, text, n);
    t->n += n;
    t->data[t->n] = '\0';
    return 0;
}

/* Reads machines and a network, simulates, predicts, writes every format. */
static void use_everything(struct text *t)
{
    static const char *const machines[] = {TREE("arch/coral-usb.yaml"), TREE("arch/systolic-16x16.yaml")};
    static const ets_setting set = {"clock_hz", "0.5G"};
    ets_options o = ETS_OPTIONS_INIT;
    ets_writer to = {keep, t};
    ets_error e;
    o.trace = true;
    for (int k = 0; k < 2; k++) {
        ets_arch *a = NULL;
        ets_model *m = NULL;
        ets_report *r = NULL;
        ASSERT_OK(ets_arch_load(machines[k], &set, 1, NULL, &a, &e), e);
        ASSERT_OK(ets_model_load(TREE("models/mobilenet-v1-0.25-128.yaml"), NULL, &m, &e), e);
        ASSERT_OK(ets_simulate(a, m, &o, NULL, &r, &e), e);
        for (int f = ETS_FORMAT_TABLE; f <= ETS_FORMAT_HTML; f++)
            if (k || f < ETS_FORMAT_SCALESIM_COMPUTE || f >= ETS_FORMAT_TRACE) {
                ets_status status = ets_report_write(r, (ets_format)f, NULL, &to, &e);
                ck_assert_msg(status == ETS_OK || status == ETS_ARGUMENT, "%s", e.text);
            }
        ets_explanation *x = NULL;
        ASSERT_OK(ets_explain(a, m, 1, NULL, NULL, &x, &e), e);
        ASSERT_OK(ets_explanation_write(x, ETS_FORMAT_TABLE, NULL, &to, &e), e);
        ASSERT_OK(ets_explanation_write(x, ETS_FORMAT_JSON, NULL, &to, &e), e);
        ets_explanation_free(x);
        for (size_t i = 0; i < ets_arch_field_count(a); i++) keep(t, ets_arch_field_at(a, i).value, strlen(ets_arch_field_at(a, i).value));
        ets_report_free(r);
        ets_model_free(m);
        ets_arch_free(a);
    }
}

START_TEST(a_comma_changes_nothing)
{
    char folder[] = "/tmp/ets_locale_XXXXXX", command[64], number[16];
    struct text with_point = {NULL, 0}, with_comma = {NULL, 0};
    use_everything(&with_point);
    bool there = use_comma(folder);
    snprintf(number, sizeof number, "%.1f", 0.5);
    if (there) use_everything(&with_comma);
    setlocale(LC_ALL, "C");
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (strchr(folder, 'X') == NULL && system(command) != 0) fprintf(stderr, "%s is left\n", folder);
    if (!there) {
        fprintf(stderr, "SKIPPED: a_comma_changes_nothing: there is no " COMMA " and localedef could not make it (package locales)\n");
        return;
    }
    ck_assert_str_eq(number, "0,5"); /* or this would be a test of nothing */
    ck_assert_uint_eq(with_point.n, with_comma.n);
    ck_assert_mem_eq(with_point.data, with_comma.data, with_point.n);
    free(with_point.data);
    free(with_comma.data);
}
END_TEST

Suite *suite_locale(void);
Suite *suite_locale(void)
{
    Suite *s = suite_create("locale");
    TCase *t = tcase_create("a comma");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_comma_changes_nothing);
    suite_add_tcase(s, t);
    return s;
}
