/* options.h - one table of commands and one of options: parsing, help, completion and man pages follow them. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "cli.h"

enum command {
    PROFILE = 1, INSPECT = 2, EXPLAIN = 4, PREDICT = 8, COMPARE = 16, SWEEP = 32, ARCH = 64, COMPLETE = 128, MODELS = 256,
    SIMULATES = PROFILE | INSPECT | EXPLAIN | PREDICT | COMPARE | SWEEP, ALL = SIMULATES | ARCH | MODELS
};
/* What the value of an option, or an operand, may be: for completion. */
enum kind { NOTHING, A_MODEL, A_MACHINE, A_LAYER, A_KEY, A_FORMAT, A_SORT, A_COLOR, AN_OBJECTIVE, A_FILE, A_NUMBER, A_PATTERN };

/* An option that means something else to another command has a row for each, one behind the other. */
struct option_row {
    const char *name;
    int key;               /* its letter on the command line, if `letter`; else any */
    bool letter;
    const char *value;     /* "KEY=VALUE"; NULL: it has none */
    enum kind kind;
    unsigned commands;
    const char *help;      /* in a few words */
};
struct command_row {
    const char *name;
    enum command command;
    enum kind operands[2]; /* the first, and each further one */
    unsigned formats;      /* bits of ets_format */
    const char *summary, *usage, *help, *example;
    int (*run)(const struct arguments *a);
};
/* Each ends with a row without a name. */
extern const struct option_row option_rows[];
extern const struct command_row command_rows[];
extern const char *const sort_names[], *const color_names[], *const objective_names[]; /* end with NULL */
struct format_name { const char *name; ets_format format; };
extern const struct format_name format_names[];

const struct command_row *find_command(const char *name); /* NULL: there is none */
/* Of several rows, the names of the commands in `mask`: "'predict' and 'sweep'". */
void name_commands(char *to, size_t room, unsigned mask);
/* near.c: the name in `names` (`stride` bytes apart, the last one NULL) that was meant by `word`; NULL: none is near. */
const char *near_name(const char *word, const void *names, size_t stride);

int command_complete(const struct arguments *a); /* complete.c */

#endif
