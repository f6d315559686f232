/* args.c - the command line: getopt_long, and a word for who mistyped. */
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct option options[] = {
    {"arch", required_argument, NULL, 'a'},      {"set", required_argument, NULL, 's'},
    {"format", required_argument, NULL, 'f'},    {"json", no_argument, NULL, 'J'},
    {"output", required_argument, NULL, 'o'},    {"multi-subgraph", no_argument, NULL, 'm'},
    {"vary", required_argument, NULL, 'v'},      {"objective", required_argument, NULL, 'b'},
    {"threads", required_argument, NULL, 't'},   {"stdin", no_argument, NULL, 'i'},
    {"plot", required_argument, NULL, 'p'},       {"compare", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},            {NULL, 0, NULL, 0},
};

int fail(const char *text)
{
    fprintf(stderr, "edgetpu-sim: %s\n", text);
    return EXIT_ERROR;
}

int fail_usage(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("edgetpu-sim: ", stderr);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; try 'edgetpu-sim %s%s--help'\n", command ? command : "", command ? " " : "");
    return EXIT_USAGE;
}

static int read_format(struct arguments *a, const char *name)
{
    static const struct { const char *name; ets_format format; } formats[] = {
        {"table", ETS_FORMAT_TABLE}, {"json", ETS_FORMAT_JSON}, {"csv", ETS_FORMAT_CSV}, {"scalesim", ETS_FORMAT_SCALESIM_COMPUTE},
        {"html", ETS_FORMAT_HTML},
    };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(name, formats[i].name) != 0) continue;
        a->format = formats[i].format;
        return EXIT_GOOD;
    }
    return fail_usage(a->command, "--format: '%s' is not one of table, json, csv, scalesim, html", name);
}

static int read_setting(struct arguments *a, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1]) return fail_usage(a->command, "--set: '%s' is not key=value", text);
    if (a->n_settings == MOST_SETTINGS) return fail_usage(a->command, "--set: more than %d settings", MOST_SETTINGS);
    char *copy = strdup(text);
    if (!copy) return fail("out of memory");
    copy[equals - text] = '\0';
    a->setting_texts[a->n_settings] = copy;
    a->settings[a->n_settings].key = copy;
    a->settings[a->n_settings++].value = copy + (equals - text) + 1;
    return EXIT_GOOD;
}

static int read_threads(struct arguments *a, const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (*end || end == text || text[0] == '-' || n < 1 || n > 64) return fail_usage(a->command, "-j: '%s' is not a number from 1 to 64", text);
    a->threads = (uint32_t)n;
    return EXIT_GOOD;
}

static int unknown_option(const struct arguments *a, const char *word)
{
    const char *name = word;
    while (*name == '-') name++;
    size_t n = strcspn(name, "=");
    for (const struct option *o = options; n > 1 && o->name; o++)
        if (strncmp(o->name, name, n < 3 ? n : 3) == 0)
            return fail_usage(a->command, "unknown option '%s'; did you mean '--%s'?", word, o->name);
    return fail_usage(a->command, "unknown option '%s'", word);
}

static int read_arch(struct arguments *a, const char *name)
{
    if (a->n_archs == MOST_ARCHS) return fail_usage(a->command, "--arch: more than %d machines", MOST_ARCHS);
    a->archs[a->n_archs++] = a->arch = name;
    return EXIT_GOOD;
}

static int read_varied(struct arguments *a, const char *text)
{
    if (a->n_varied == MOST_VARIED) return fail_usage(a->command, "--vary: more than %d times", MOST_VARIED);
    a->varied[a->n_varied++] = text;
    return EXIT_GOOD;
}

/* What only one command has, or only some. */
static int check_use(const struct arguments *a)
{
    bool sweep = strcmp(a->command, "sweep") == 0, predict = strcmp(a->command, "predict") == 0;
    bool several = sweep || strcmp(a->command, "compare") == 0;
    if (!sweep && !predict && a->threads) return fail_usage(a->command, "-j belongs to 'predict' and 'sweep'");
    if (!predict && a->from_stdin) return fail_usage(a->command, "--stdin belongs to 'predict'");
    if (a->n_operands > 1 && !sweep && !predict) return fail_usage(a->command, "one at a time, please: '%s' is too much", a->operands[1]);
    if (a->n_archs > 1 && !several) return fail_usage(a->command, "one machine, please: '%s' is too much", a->archs[1]);
    if ((a->n_varied || a->objective || a->plot) && !sweep)
        return fail_usage(a->command, "--vary, --objective and --plot belong to 'sweep'");
    if (a->compared && (strcmp(a->command, "profile") != 0 || a->format != ETS_FORMAT_HTML))
        return fail_usage(a->command, "--compare belongs to 'profile --format html'");
    if (a->format == ETS_FORMAT_HTML && strcmp(a->command, "profile") != 0)
        return fail_usage(a->command, "--format html belongs to 'profile'");
    return EXIT_GOOD;
}

static int read_option(struct arguments *a, int option, const char *word)
{
    switch (option) {
    case 'a': return read_arch(a, optarg);
    case 's': return read_setting(a, optarg);
    case 'f': return read_format(a, optarg);
    case 'J': a->format = ETS_FORMAT_JSON; return EXIT_GOOD;
    case 'v': return read_varied(a, optarg);
    case 'b': a->objective = optarg; return EXIT_GOOD;
    case 'c': a->compared = optarg; return EXIT_GOOD;
    case 'p': a->plot = optarg; return EXIT_GOOD;
    case 'o': a->output = optarg; return EXIT_GOOD;
    case 'm': a->multi_subgraph = true; return EXIT_GOOD;
    case 't': return read_threads(a, optarg);
    case 'i': a->from_stdin = true; return EXIT_GOOD;
    case 'h': a->help = true; return EXIT_GOOD;
    case ':': return fail_usage(a->command, "'%s' needs a value", word);
    default: return unknown_option(a, word);
    }
}

int read_arguments(int argc, char **argv, struct arguments *a)
{
    opterr = 0;
    for (;;) {
        int option = getopt_long(argc, argv, ":a:s:f:o:j:h", options, NULL);
        if (option == -1) break;
        if (option == 'j' && optarg) option = 't'; /* -j N; --json has no value */
        int status = read_option(a, option, argv[optind - 1]);
        if (status != EXIT_GOOD) return status;
    }
    a->operands = argv + optind;
    a->n_operands = (size_t)(argc - optind);
    if (optind < argc) a->operand = argv[optind];
    return check_use(a);
}

void free_arguments(struct arguments *a)
{
    for (size_t i = 0; i < a->n_settings; i++) free(a->setting_texts[i]);
}
