/* truth - predicts every row of the tables of measured figures in a folder and says how far off it is.
 *   truth [--data DIR] [--set [MACHINE:]key=value]... [--rows FILE] [--markdown FILE] [--only NAME] [--part fit|rest] TRUTH_DIR */
#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets.h"

/* A tenth of the rows of a large table, every second of a small one, may be used to fit a machine's open values; the rest is
 * what is quoted. By the line in the file, so that it is known before anything is looked at. */
enum part { PART_ALL, PART_FIT, PART_REST };
static bool is_for_fitting(const struct sample *s, size_t n) { return s->line % (n > 500 ? 10 : 2) == 0; }

struct options {
    const char *folder, *rows, *markdown, *only, *truth;
    enum part part;
    ets_setting settings[64];
    size_t n_settings;
};

static int usage(void)
{
    fprintf(stderr, "usage: truth [--data DIR] [--set [MACHINE:]key=value]... [--rows FILE] [--markdown FILE] [--only NAME] [--part fit|rest] TRUTH_DIR\n");
    return 2;
}

static int parse(int argc, char **argv, struct options *o)
{
    memset(o, 0, sizeof *o);
    for (int i = 1; i < argc; i++) {
        const char **to = strcmp(argv[i], "--data") == 0 ? &o->folder : strcmp(argv[i], "--rows") == 0 ? &o->rows
                        : strcmp(argv[i], "--markdown") == 0 ? &o->markdown : strcmp(argv[i], "--only") == 0 ? &o->only : NULL;
        if (to && i + 1 < argc) { *to = argv[++i]; continue; }
        if (strcmp(argv[i], "--set") == 0 && i + 1 < argc && o->n_settings < 64) {
            char *equals = strchr(argv[++i], '=');
            if (!equals) return usage();
            *equals = '\0';
            o->settings[o->n_settings++] = (ets_setting){argv[i], equals + 1};
            continue;
        }
        if (strcmp(argv[i], "--part") == 0 && i + 1 < argc) {
            const char *part = argv[++i];
            o->part = strcmp(part, "fit") == 0 ? PART_FIT : strcmp(part, "rest") == 0 ? PART_REST : PART_ALL;
            continue;
        }
        if (argv[i][0] == '-' || o->truth) return usage();
        o->truth = argv[i];
    }
    return o->truth ? 0 : usage();
}

/* ------------------------------------------------------------------ one data set ------------------------- */

static int by_error(const void *a, const void *b)
{
    const struct sample *const *x = a, *const *y = b;
    double ex = fabs((*x)->value.predicted / (*x)->value.measured - 1), ey = fabs((*y)->value.predicted / (*y)->value.measured - 1);
    return ex < ey ? 1 : ex > ey ? -1 : 0;
}

static void print_worst(FILE *f, const struct sample **chosen, size_t n, bool markdown)
{
    qsort(chosen, n, sizeof *chosen, by_error);
    for (size_t i = 0; i < n && i < 5; i++) {
        const struct sample *s = chosen[i];
        double error = 100 * (s->value.predicted / s->value.measured - 1);
        if (markdown) fprintf(f, "| %s | %.4g | %.4g | %+.1f %% |\n", s->label, s->value.predicted, s->value.measured, error);
        else fprintf(f, "    %-58.58s %10.4g  measured %10.4g %-6s %+7.1f %%\n", s->label, s->value.predicted, s->value.measured, s->unit, error);
    }
}

/* A rank correlation; of less than three there is none. */
static const char *rank_text(double value, char text[16])
{
    snprintf(text, 16, isnan(value) ? "-" : "%.3f", value);
    return text;
}

/* `summary`: a line of the table at the top of a document that `f` is a part of; NULL: plain text. */
static void print_set(FILE *f, FILE *summary, const struct dataset *d, const struct samples *all, const char *set)
{
    struct pair *pairs = calloc(all->n, sizeof *pairs);
    const struct sample **chosen = calloc(all->n, sizeof *chosen);
    size_t n = 0;
    for (size_t i = 0; pairs && chosen && i < all->n; i++) {
        if (strcmp(all->all[i].set, set) != 0 || *all->all[i].reason) continue;
        pairs[n] = all->all[i].value;
        pairs[n].what = all->all[i].label;
        chosen[n++] = &all->all[i];
    }
    struct statistics s = statistics_of(pairs, n);
    struct repeats again = repeats_of(pairs, n);
    char rho[16], tau[16];
    if (n && summary) {
        fprintf(summary, "| %s%s%s | %zu | %.1f %% | %.1f %% | %.0f %% | %s |\n", d->title, *set ? ": " : "", set, s.n, s.mape, s.median, s.within_10, rank_text(s.spearman, rho));
        fprintf(f, "\n### %s%s%s\n\n| n | MAPE | median | mean | within 5 %% | within 10 %% | Spearman | Kendall |\n|---|---|---|---|---|---|---|---|\n", d->title, *set ? ": " : "", set);
        fprintf(f, "| %zu | %.1f %% | %.1f %% | %+.1f %% | %.0f %% | %.0f %% | %s | %s |\n", s.n, s.mape, s.median, s.bias, s.within_5, s.within_10, rank_text(s.spearman, rho), rank_text(s.kendall, tau));
        if (again.n >= 4) fprintf(f, "\n%zu rows measure a network that another row measures, too: one value for each would leave %.1f %% at the least.\n", again.n, again.least_mape);
        fprintf(f, "\n| worst | here | measured | error |\n|---|---|---|---|\n");
    } else if (n) {
        fprintf(f, "%-31.31s %-34.34s %5zu %6.1f %7.1f %+6.1f %5.0f %5.0f %8s %8s\n", d->title, set, s.n, s.mape, s.median, s.bias, s.within_5, s.within_10, rank_text(s.spearman, rho), rank_text(s.kendall, tau));
        if (again.n >= 4) fprintf(f, "    %zu rows are measured again: %.1f %% remain at the least\n", again.n, again.least_mape);
    }
    print_worst(f, chosen, n, summary != NULL);
    free(pairs);
    free(chosen);
}

static void print_dataset(FILE *f, FILE *summary, const struct dataset *d, const struct samples *all)
{
    size_t skipped = 0;
    if (summary) fprintf(f, "\n## `%s`\n\n%s\n", d->file, d->seen);
    for (size_t i = 0; i < all->n; i++) {
        size_t k = 0;
        while (k < i && strcmp(all->all[k].set, all->all[i].set) != 0) k++;
        if (k == i) print_set(f, summary, d, all, all->all[i].set);
        skipped += *all->all[i].reason != '\0';
    }
    if (skipped) fprintf(f, summary ? "\nNot predicted: %zu of %zu rows of `%s`.\n" : "    not predicted: %zu of %zu rows of %s\n", skipped, all->n, d->file);
    const char *last = "";
    for (size_t i = 0; i < all->n; i++) {
        const struct sample *s = &all->all[i];
        if (!*s->reason) continue;
        if (summary && strcmp(last, s->reason) != 0) fprintf(f, "- line %d on (%s): %s\n", s->line, s->label, s->reason);
        else if (!summary) fprintf(f, "      line %d: %s: %s\n", s->line, s->label, s->reason);
        last = s->reason;
    }
}

static void write_rows(FILE *f, const struct dataset *d, const struct samples *all)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct sample *s = &all->all[i];
        fprintf(f, "%s,%d,\"%s\",\"%s\",%s,%.6g,%.6g,\"%s\"\n", d->file, s->line, s->set, s->label, s->unit, s->value.predicted, s->value.measured, s->reason);
    }
}

static void keep_part(struct samples *all, enum part part)
{
    size_t kept = 0, n = all->n;
    for (size_t i = 0; i < n; i++)
        if (part == PART_ALL || is_for_fitting(&all->all[i], n) == (part == PART_FIT)) all->all[kept++] = all->all[i];
    all->n = kept;
}

static int is_other_table(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    if (n < 4 || strcmp(e->d_name + n - 4, ".csv") != 0) return 0;
    for (size_t i = 0; i < n_datasets; i++)
        if (strcmp(e->d_name, datasets[i].file) == 0) return 0;
    return 1;
}

/* Nothing that is there is left out without a word. */
static void name_other_tables(const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_other_table, alphasort);
    for (int i = 0; i < n; i++) {
        printf("%-31.31s %s has no measured figures, or none that are known here\n", "Not a data set", entries[i]->d_name);
        free(entries[i]);
    }
    if (n >= 0) free(entries);
}

static int predict_table(const struct dataset *d, const char *path, struct machines *m, struct samples *out)
{
    struct table t;
    if (table_read(path, &t)) return -1;
    for (size_t row = 0; row < t.n_rows; row++) d->predict(&t, row, m, out);
    table_free(&t);
    return 0;
}

static int run(const struct options *o, FILE *rows, FILE *body, FILE *summary)
{
    int failed = 0, found = 0;
    struct machines m = {.folder = o->folder, .settings = o->settings, .n_settings = o->n_settings};
    printf("%-31s %-34s %5s %6s %7s %6s %5s %5s %8s %8s\n", "data set", "", "n", "MAPE%", "median%", "mean%", "<5%", "<10%", "Spearman", "Kendall");
    for (size_t i = 0; i < n_datasets; i++) {
        char path[4096];
        struct samples all = {NULL, 0, 0};
        if (o->only && !strstr(datasets[i].file, o->only)) continue;
        snprintf(path, sizeof path, "%s/%s", o->truth, datasets[i].file);
        FILE *there = fopen(path, "rb");
        if (!there) {
            printf("%-31.31s %s is not in this folder\n", datasets[i].title, datasets[i].file);
            continue;
        }
        fclose(there);
        found++;
        if (predict_table(&datasets[i], path, &m, &all)) failed = 1;
        keep_part(&all, o->part);
        print_dataset(stdout, NULL, &datasets[i], &all);
        if (rows) write_rows(rows, &datasets[i], &all);
        keep_part(&all, PART_REST); /* a document never quotes what was fitted on */
        if (body && o->part != PART_FIT) print_dataset(body, summary, &datasets[i], &all);
        free(all.all);
    }
    if (!o->only) name_other_tables(o->truth);
    machines_free(&m);
    if (!found) fprintf(stderr, "truth: %s: no table of measurements is there\n", o->truth);
    return failed || !found;
}

static const char markdown_head[] =
    "# How accurate it is\n\n"
    "Written by `make truth`: every row of the tables of measured figures is predicted on the machine that it names. The values of the\n"
    "machines (`arch/*.yaml`, each with its range and source) were fitted on every tenth line of tables of more than 500 rows and on\n"
    "every second line of the others; those lines are left out below. The model's structure, and some values, were settled with more\n"
    "rows in view than that; under each table stands which. Only measurements that are not in these tables are a clean test.\n"
    "Published figures of one network differ by 10 to 15 % among hosts and compilers, and one model stands for all of them. What no\n"
    "machine or graph of ours stands for is listed, not dropped.\n";

/* The page: its head, a line for each set, then the sets; written whole, when all is known. */
static int write_page(const char *path, const char *summary, const char *body)
{
    FILE *f = fopen(path, "w");
    if (!f) return fprintf(stderr, "truth: %s cannot be written\n", path), 1;
    fprintf(f, "%s\n## In short\n\n| set | n | MAPE | median | within 10 %% | Spearman |\n|---|---|---|---|---|---|\n%s%s", markdown_head, summary, body);
    return fclose(f) != 0;
}

int main(int argc, char **argv)
{
    struct options o;
    if (parse(argc, argv, &o)) return 2;
    char *summary_text = NULL, *body_text = NULL;
    size_t summary_bytes, body_bytes;
    FILE *rows = o.rows ? fopen(o.rows, "w") : NULL;
    FILE *summary = o.markdown ? open_memstream(&summary_text, &summary_bytes) : NULL, *body = o.markdown ? open_memstream(&body_text, &body_bytes) : NULL;
    if ((o.rows && !rows) || (o.markdown && (!summary || !body))) return fprintf(stderr, "truth: a file cannot be written\n"), 1;
    if (rows) fprintf(rows, "file,line,set,label,unit,predicted,measured,reason\n");
    int failed = run(&o, rows, body, summary);
    if (rows && fclose(rows)) failed = 1;
    if (o.markdown) {
        int whole = !fclose(summary) && !fclose(body);
        failed |= !whole || write_page(o.markdown, summary_text, body_text);
    }
    free(summary_text);
    free(body_text);
    return failed;
}
