/* main.c - edgetpu-sim COMMAND ...: one function a command. */
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "options.h"

enum { HELP_COLUMNS = 80 };

static void print_overview(FILE *to)
{
    fputs("edgetpu-sim - how long a quantised network takes on an Edge TPU, layer by layer,\nwithout the device\n\n", to);
    for (const struct command_row *c = command_rows; c->name; c++) {
        if (!c->summary) continue;
        fprintf(to, "  edgetpu-sim %-8s ", c->name);
        put_words(to, c->summary, 23, 23, HELP_COLUMNS);
    }
    fputs("  edgetpu-sim COMMAND --help   more about a command\n"
          "  edgetpu-sim --version\n"
          "\n"
          "MODEL is a .tflite or YAML file (also gzip-compressed), '-' for standard input,\n"
          "or the name of a reference model.\n"
          "Example: edgetpu-sim profile efficientnet-edgetpu-s\n", to);
}

static void print_option(FILE *to, const struct command_row *c, const struct option_row *o)
{
    char name[200], formats[120] = "";
    size_t used = 0;
    snprintf(name, sizeof name, "%s%c%s--%s%s%s", o->letter ? "-" : "  ", o->letter ? o->key : ' ', o->letter ? ", " : " ", o->name,
             o->value ? " " : "", o->value ? o->value : "");
    fprintf(to, "  %-26s ", name);
    if (o->kind != A_FORMAT) {
        put_words(to, o->help, 29, 29, HELP_COLUMNS);
        return;
    }
    for (const struct format_name *f = format_names; f->name; f++)
        if (c->formats >> f->format & 1) used += (size_t)snprintf(formats + used, sizeof formats - used, "%s%s", used ? ", " : "", f->name);
    snprintf(name, sizeof name, "%s: %s", o->help, formats);
    put_words(to, name, 29, 29, HELP_COLUMNS);
}

static void print_help(FILE *to, const char *command)
{
    const struct command_row *c = command ? find_command(command) : NULL;
    if (!c) {
        print_overview(to);
        return;
    }
    fprintf(to, "usage: edgetpu-sim %s %s\n%s\n", c->name, c->usage, c->help);
    for (const struct option_row *o = option_rows; o->name; o++)
        if (o->commands & c->command) print_option(to, c, o);
    fprintf(to, "\nexample: %s\n", c->example);
}

/* The folder that holds arch/ and models/ when the program runs from the source tree: beside it or one level up. An
 * installed program finds ../share/edgetpu_sim. */
static void find_beside(char *out, size_t size)
{
    static const struct { int up; const char *below; } places[] = {{1, ""}, {2, ""}, {1, "/share/edgetpu_sim"}, {0, ""}};
    char exe[2048], probe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    out[0] = '\0';
    if (n <= 0) return;
    exe[n] = '\0';
    char *slash = strrchr(exe, '/');
    if (slash) *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        size_t length = strlen(exe);
        for (int k = 0; k < places[i].up; k++)
            while (length > 0 && exe[--length] != '/') {}
        snprintf(probe, sizeof probe, "%.*s%s/arch/coral-usb.yaml", (int)length, exe, places[i].below);
        if (access(probe, R_OK) != 0) continue;
        snprintf(out, size, "%.*s%s", (int)length, exe, places[i].below);
        return;
    }
}

static int unknown_command(const char *word)
{
    const char *meant = near_name(word, &command_rows[0].name, sizeof *command_rows);
    if (meant) return fail_usage(NULL, "unknown command '%s'; did you mean '%s'?", word, meant);
    return fail_usage(NULL, "unknown command '%s'", word);
}

int main(int argc, char **argv)
{
    static struct arguments a;
    interrupts_prepare();
    if (argc < 2) return fail_usage(NULL, "which command?");
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        printf("edgetpu-sim %s\n", ets_version());
        return check_standard_output(EXIT_GOOD);
    }
    bool help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0;
    if (help) {
        if (argc > 2 && !find_command(argv[2])) return unknown_command(argv[2]);
        print_help(stdout, argc > 2 ? argv[2] : NULL);
        return check_standard_output(EXIT_GOOD);
    }
    const struct command_row *command = find_command(argv[1]);
    if (!command && argv[1][0] == '-') return fail_usage(NULL, "'%s': a command comes first, its options behind it", argv[1]);
    if (!command) return unknown_command(argv[1]);
    a.command = argv[1];
    a.arch = "coral-usb";
    find_beside(a.beside, sizeof a.beside);
    int status = read_arguments(argc - 1, argv + 1, &a);
    if (status == EXIT_GOOD && a.help) print_help(stdout, a.command);
    else if (status == EXIT_GOOD) status = command->run(&a);
    free_arguments(&a);
    return check_standard_output(status);
}
