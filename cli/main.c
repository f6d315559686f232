/* main.c - edgetpu-sim COMMAND ...: one function a command. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static const char help_all[] =
    "edgetpu-sim - how long a quantised network takes on an Edge TPU, layer by layer, without the device\n"
    "\n"
    "  edgetpu-sim profile MODEL   where the time goes\n"
    "  edgetpu-sim inspect MODEL   operators, and what runs where\n"
    "  edgetpu-sim predict MODEL.. the totals of many models, a line each; --stdin: of a stream\n"
    "  edgetpu-sim compare MODEL   two machines, layer by layer\n"
    "  edgetpu-sim sweep MODEL..   one machine with many values of some keys: table, front, picture\n"
    "  edgetpu-sim arch [NAME]     the machines there are; one with every value and its source\n"
    "  edgetpu-sim COMMAND --help  more about a command\n"
    "  edgetpu-sim --version\n"
    "\n"
    "MODEL is a .tflite or YAML file (also gzip-compressed), '-' for standard input, or the name of a\n"
    "reference model. Example: edgetpu-sim profile efficientnet-edgetpu-s\n";
static const char help_common[] =
    "  --arch NAME|FILE       the machine (default coral-usb; 'edgetpu-sim arch' lists them)\n"
    "  --set KEY=VALUE        change a value of the machine, e.g. --set clock_hz=250M; may be repeated\n"
    "  --format table|json|csv|html   what to write (--json for short); scalesim: that tool's three reports, -o their folder\n"
    "  --compare ARCH|MODEL   profile --format html: a second report beside the first\n"
    "  -o FILE                where to write it (default: standard output)\n"
    "  --multi-subgraph       also map what follows an operator that runs on the host\n";

static const struct { const char *name, *help, *example; } commands[] = {
    {"profile", "usage: edgetpu-sim profile MODEL [options]\nThe time of each layer on the machine, what bounds it, and the totals.\n\n",
     "\nexample: edgetpu-sim profile my_model.tflite --arch coral-usb --set clock_hz=250M --json -o report.json\n"},
    {"inspect", "usage: edgetpu-sim inspect MODEL [options]\nOperators with shapes, MACs and parameters, where each runs and why, and memory use.\n\n",
     "\nexample: edgetpu-sim inspect my_model.tflite\n"},
    {"predict", "usage: edgetpu-sim predict MODEL... [options]\n       edgetpu-sim predict --stdin [options]\n"
     "The totals of each model, a line each. With --stdin, a line of JSON in is a line of JSON out:\n"
     "{\"model\": \"NAME OR PATH\"}, or a graph (docs/FORMATS.md); a line that is wrong is answered, too.\n\n"
     "  -j N                   by N threads (default 1)\n",
     "\nexample: edgetpu-sim predict -j 2 --json candidates/*.tflite\n"},
    {"compare", "usage: edgetpu-sim compare MODEL --arch A --arch B [options]\nThe time of each layer on two machines, and the ratio.\n\n",
     "\nexample: edgetpu-sim compare efficientnet-edgetpu-s --arch coral-usb --arch systolic-64x64\n"},
    {"sweep", "usage: edgetpu-sim sweep MODEL... --vary KEYS=VALUES [--vary ...] [options]\n"
              "Every combination of the values on every model; best points and the front of latency and area.\n"
              "KEYS: one key, or several with commas that take the same value. VALUES: v1,v2,... and ranges\n"
              "lo..hi*2 (times) or lo..hi+16 (plus). With -o, a sweep that was stopped goes on where it was.\n\n"
              "  --vary KEYS=VALUES     e.g. --vary array.rows,array.columns=8..256*2; up to 8 times\n"
              "  --objective latency|energy|edp|area|latency-area   what is best (default latency; edp: energy x latency)\n"
              "  --plot FILE.svg        one --vary: a line a model; more: a map of the first two\n"
              "  -j N                   threads (default: as many as processors)\n",
     "\nexample: edgetpu-sim sweep efficientnet-edgetpu-s --arch systolic-64x64 --vary array.rows=8..256*2 \\\n"
     "             --vary array.columns=8..256*2 --format csv -o sweep.csv --plot sweep.svg\n"},
    {"arch", "usage: edgetpu-sim arch [NAME|FILE] [options]\nWithout a name, the machines there are; with one, every value with unit, mark and source.\n\n",
     "\nexample: edgetpu-sim arch coral-usb --set grid.x=2\n"},
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

void print_help(FILE *to, const char *command)
{
    for (size_t i = 0; command && i < N_COMMANDS; i++) {
        if (strcmp(command, commands[i].name) != 0) continue;
        fprintf(to, "%s%s%s", commands[i].help, help_common, commands[i].example);
        return;
    }
    fputs(help_all, to);
}

/* The folder that holds arch/ and models/ when the program runs from the source tree: beside it or one level up. An
 * installed program finds ../share/edgetpu_sim. */
static void find_beside(char *out, size_t size)
{
    static const char *const places[] = {"/..", "/../..", "/../share/edgetpu_sim", ""};
    char exe[2048], probe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    out[0] = '\0';
    if (n <= 0) return;
    exe[n] = '\0';
    char *slash = strrchr(exe, '/');
    if (slash) *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(probe, sizeof probe, "%s%s/arch/coral-usb.yaml", exe, places[i]);
        if (access(probe, R_OK) != 0) continue;
        snprintf(out, size, "%s%s", exe, places[i]);
        return;
    }
}

static int run(struct arguments *a)
{
    if (strcmp(a->command, "profile") == 0) return command_profile(a, false);
    if (strcmp(a->command, "inspect") == 0) return command_profile(a, true);
    if (strcmp(a->command, "predict") == 0) return command_predict(a);
    if (strcmp(a->command, "compare") == 0) return command_compare(a);
    if (strcmp(a->command, "sweep") == 0) return command_sweep(a);
    return command_arch(a);
}

static int unknown_command(const char *word)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strncmp(commands[i].name, word, 2) == 0)
            return fail_usage(NULL, "unknown command '%s'; did you mean '%s'?", word, commands[i].name);
    return fail_usage(NULL, "unknown command '%s'", word);
}

static bool is_command(const char *word)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(word, commands[i].name) == 0) return true;
    return false;
}

int main(int argc, char **argv)
{
    static struct arguments a;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a write error, not a death */
    if (argc < 2) return fail_usage(NULL, "what shall I do?");
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        printf("edgetpu-sim %s\n", ets_version());
        return EXIT_GOOD;
    }
    bool help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0;
    if (help) {
        print_help(stdout, argc > 2 ? argv[2] : NULL);
        return EXIT_GOOD;
    }
    if (!is_command(argv[1])) return unknown_command(argv[1]);
    a.command = argv[1];
    a.arch = "coral-usb";
    find_beside(a.beside, sizeof a.beside);
    int status = read_arguments(argc - 1, argv + 1, &a);
    if (status == EXIT_GOOD && a.help) print_help(stdout, a.command);
    else if (status == EXIT_GOOD) status = run(&a);
    free_arguments(&a);
    return status;
}
