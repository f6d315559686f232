/* args.c - the command line: getopt_long, and a word for who mistyped. */
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

/* Words of the command line stand in messages, too: the terminal shows them and does not obey them. */
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    char text[6000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ets_make_plain(text);
    fprintf(stderr, "edgetpu-sim: %s\n", text);
}

int fail(const char *text)
{
    say("%s", text);
    return EXIT_ERROR;
}

int fail_option(const char *option, const ets_error *err)
{
    say("%s: %s", option, err->text);
    return EXIT_ERROR;
}

int fail_writing(const char *path, const char *why)
{
    say("%s: cannot be written: %s", path, why);
    return EXIT_ERROR;
}

int fail_usage(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    bool asks = text[0] && text[strlen(text) - 1] == '?';
    say("%s%s 'edgetpu-sim %s%s--help'", text, asks ? " See" : "; see", command ? command : "", command ? " " : "");
    return EXIT_USAGE;
}

/* One of the names in `names`, or a message that has them all. */
static int read_name(const struct arguments *a, const char *option, const char *word, const char *const *names, size_t *out)
{
    char all[160] = "";
    size_t used = 0;
    for (size_t i = 0; names[i]; i++) {
        if (strcmp(names[i], word) == 0) {
            *out = i;
            return EXIT_GOOD;
        }
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", names[i]);
    }
    return fail_usage(a->command, "%s: '%s' is not one of %s", option, word, all);
}

static int read_format(struct arguments *a, const char *word)
{
    const struct command_row *c = find_command(a->command);
    const char *names[16];
    ets_format formats[16];
    size_t n = 0, which = 0;
    for (const struct format_name *f = format_names; f->name; f++) {
        if (!(c->formats >> f->format & 1)) continue;
        formats[n] = f->format;
        names[n++] = f->name;
    }
    names[n] = NULL;
    int status = read_name(a, "--format", word, names, &which);
    if (status == EXIT_GOOD) a->format = formats[which];
    a->formatted = true;
    return status;
}

static int read_sort(struct arguments *a, const char *word)
{
    size_t which = 0;
    int status = read_name(a, "--sort", word, sort_names, &which);
    if (status == EXIT_GOOD) a->sort = (ets_sort)which;
    a->sorted = true;
    return status;
}

static int read_color(struct arguments *a, const char *word)
{
    size_t which = 0;
    int status = read_name(a, "--color", word, color_names, &which);
    if (status == EXIT_GOOD) a->color = (enum color)which;
    return status;
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

static int read_number(const struct arguments *a, const char *option, const char *text, uint32_t most, uint32_t *out)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (*end || end == text || text[0] == '-' || n < 1 || n > most)
        return fail_usage(a->command, "%s: '%s' is not a number from 1 to %u", option, text, most);
    *out = (uint32_t)n;
    return EXIT_GOOD;
}

/* Options of the command that begin with `name`: "'--set' or '--sort'"; how many. */
static size_t beginning_with(const struct arguments *a, const char *name, char *to, size_t room)
{
    size_t n = 0, used = 0;
    to[0] = '\0';
    for (const struct option_row *o = option_rows; o->name; o++) {
        if (!(o->commands & find_command(a->command)->command) || strncmp(o->name, name, strlen(name)) != 0) continue;
        int more = snprintf(to + used, room - used, "%s'--%s'", n++ ? " or " : "", o->name);
        if (more < 0 || (size_t)more >= room - used) break;
        used += (size_t)more;
    }
    return n;
}

static int unknown_option(const struct arguments *a, const char *word)
{
    char name[64], several[300];
    const char *dashes = word;
    while (*dashes == '-') dashes++;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(dashes, "="), dashes);
    const char *meant = near_name(name, &option_rows[0].name, sizeof *option_rows);
    bool longer = strncmp(word, "--", 2) == 0 && name[0];
    if (longer && meant && strcmp(meant, name) == 0) return fail_usage(a->command, "'--%s' takes no value", name);
    if (longer && beginning_with(a, name, several, sizeof several) > 1) return fail_usage(a->command, "'%s' may be %s", word, several);
    if (meant && strlen(name) > 1) return fail_usage(a->command, "unknown option '%s'; did you mean '--%s'?", word, meant);
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

/* Of standard input there is one. */
static size_t standard_inputs(const struct arguments *a)
{
    size_t n = a->from_stdin || (a->compared && strcmp(a->compared, "-") == 0);
    for (size_t i = 0; i < a->n_operands; i++) n += strcmp(a->operands[i], "-") == 0;
    for (size_t i = 0; i < a->n_archs; i++) n += strcmp(a->archs[i], "-") == 0;
    return n;
}

/* What this command does not take. */
static int check_use(const struct arguments *a)
{
    const struct command_row *c = find_command(a->command);
    size_t most = c->operands[1] == NOTHING ? 1 : c->command == EXPLAIN ? 2 : SIZE_MAX;
    bool several = c->command == COMPARE;
    if (c->command == COMPLETE) return EXIT_GOOD;
    if (c->operands[0] == NOTHING) most = 0;
    if (a->n_operands && !most) return fail_usage(a->command, "it takes no operand: '%s' is too much", a->operands[0]);
    if (a->n_operands > most)
        return fail_usage(a->command, "one at a time, please: '%s' is too much", a->operands[most]);
    if (a->n_archs > 1 && !several) return fail_usage(a->command, "one machine, please: '%s' is too much", a->archs[1]);
    if (a->format != ETS_FORMAT_TABLE && (a->sort || a->top || a->layers || a->split))
        return fail_usage(a->command, "--sort, --top, --layers and --split are for the table; other formats have all of it");
    if (a->compared && a->format != ETS_FORMAT_HTML)
        return fail_usage(a->command, "--compare belongs to '--format html'");
    if (standard_inputs(a) > 1) return fail_usage(a->command, "standard input can be read only once");
    return EXIT_GOOD;
}

static int take_option(struct arguments *a, int option)
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
    case '8': a->as_int8 = true; return EXIT_GOOD;
    case 'j': return read_number(a, "-j", optarg, 64, &a->threads);
    case 'i': a->from_stdin = true; return EXIT_GOOD;
    case 'S': return read_sort(a, optarg);
    case 'T': return read_number(a, "--top", optarg, 1000000, &a->top);
    case 'L': a->layers = optarg; return EXIT_GOOD;
    case 'P': a->split = true; return EXIT_GOOD;
    case 'C': return read_color(a, optarg);
    default: a->help = true; return EXIT_GOOD;
    }
}

/* One that getopt_long found: of this command? */
static int read_option(struct arguments *a, int option, const char *word)
{
    const struct command_row *c = find_command(a->command);
    const struct option_row *found = NULL;
    char commands[160], letter[8] = "";
    unsigned of = 0;
    if (option == ':') return fail_usage(a->command, "'%s' needs a value", word);
    for (const struct option_row *o = option_rows; o->name; o++) {
        if (o->key != option) continue;
        of |= o->commands;
        found = o;
    }
    if (!found) return unknown_option(a, word);
    if (of & c->command) return take_option(a, option);
    name_commands(commands, sizeof commands, of);
    if (found->letter) snprintf(letter, sizeof letter, " (-%c)", found->key);
    return fail_usage(a->command, "--%s%s belongs to %s", found->name, letter, commands);
}

/* The table as getopt_long wants it. */
static void make_options(struct option *to, size_t room, char *letters)
{
    size_t n = 0;
    memset(to, 0, room * sizeof *to);
    *letters++ = ':';
    for (const struct option_row *o = option_rows; o->name && n + 1 < room; o++) {
        if (n && to[n - 1].val == o->key) continue; /* a further row of the same */
        to[n].name = o->name;
        to[n].has_arg = o->value ? required_argument : no_argument;
        to[n++].val = o->key;
        if (!o->letter) continue;
        *letters++ = (char)o->key;
        if (o->value) *letters++ = ':';
    }
    *letters = '\0';
}

int read_arguments(int argc, char **argv, struct arguments *a)
{
    struct option options[40];
    char letters[80];
    bool completes = strcmp(a->command, "complete") == 0; /* its words are not for us */
    make_options(options, sizeof options / sizeof *options, letters);
    opterr = 0;
    while (!completes || (argc == 2 && strcmp(argv[1], "--help") == 0)) {
        int option = getopt_long(argc, argv, letters, options, NULL);
        if (option == -1) break;
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
