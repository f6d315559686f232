/* cli.h - what the commands of edgetpu-sim share. The program uses the public header only. */
#ifndef CLI_H
#define CLI_H

#include <stdio.h>

#include "edgetpu_sim/edgetpu_sim.h"

enum { EXIT_GOOD = 0, EXIT_ERROR = 1, EXIT_USAGE = 2 };
#define MOST_SETTINGS 256
#define MOST_OPERANDS 256
#define MOST_ARCHS 16
#define MOST_VARIED 8

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* What a command line asked for. */
struct arguments {
    const char *command;
    const char *operand;    /* MODEL, or NAME of a machine; NULL: none */
    char **operands;        /* of a command that takes several */
    size_t n_operands;
    uint32_t threads;       /* -j */
    bool from_stdin;        /* --stdin */
    const char *arch;       /* default coral-usb */
    const char *archs[MOST_ARCHS];       /* all of them: compare */
    size_t n_archs;
    const char *varied[MOST_VARIED];     /* sweep: KEYS=VALUES */
    size_t n_varied;
    const char *compared;   /* --compare: a machine or a model; NULL: not given */
    const char *objective, *plot;        /* sweep; NULL: not given */
    const char *output;     /* NULL: standard output */
    ets_format format;
    bool formatted;         /* --format was given */
    bool multi_subgraph, as_int8, help;
    ets_sort sort;          /* profile: the table's rows */
    bool sorted;            /* --sort was given */
    uint32_t top;
    const char *layers;
    bool split;
    enum color color;
    ets_setting settings[MOST_SETTINGS];
    char *setting_texts[MOST_SETTINGS];
    size_t n_settings;
    char beside[4096];      /* folder of shipped data next to the program, or "" */
};

/* args.c: parses what follows the command. EXIT_GOOD, or EXIT_USAGE after a message. */
int read_arguments(int argc, char **argv, struct arguments *a);
void free_arguments(struct arguments *a);

/* One message on standard error: "edgetpu-sim: ...". */
int fail(const char *text);
int fail_writing(const char *path, const char *why);
int fail_option(const char *option, const ets_error *err); /* of what an option gave: the library does not know its name */
int fail_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* output.c: text goes to the file of -o (written beside it, then renamed: whole or not at all) or to standard output. */
struct output {
    FILE *to;
    const char *path;       /* as it was given */
    char *target;           /* the file that is replaced: what `path` links to */
    char *temporary;
};
int open_output(struct output *out, const char *path);
/* Could it be opened? For who works long before that; nothing is changed. EXIT_GOOD, or EXIT_ERROR after a message. */
int check_output(const char *path);
bool is_replaced(const char *path); /* a file, there or not; no device, no pipe, no standard output */
ets_writer writer_of(struct output *out);
/* Finishes the file, or drops it if `good` is false. EXIT_GOOD or EXIT_ERROR. */
int close_output(struct output *out, bool good);
/* The same for what the library wrote: an error of the writer is told by close_output(), any other by `err`. */
int close_written(struct output *out, int status, ets_status written, const ets_error *err);
/* `status`; EXIT_ERROR after a message if that is good but what was printed did not arrive. */
int check_standard_output(int status);
/* Columns of a line of tables: $COLUMNS if it is set, else those of the terminal; 0: output is for a pipe or a file, which gets all. */
uint32_t width_of(const struct output *out);
/* The table as asked for, with that width, and on a terminal with colours. */
ets_format_options format_options(const struct output *out, const struct arguments *a);
/* Columns of a terminal that `n` bytes of UTF-8 take: a character each. */
size_t columns_of_bytes(const char *text, size_t n);
/* Words in lines of `width` columns (0: 100), the first from `column` on, the others behind `indent` blanks. Ends the line. */
void put_words(FILE *to, const char *text, size_t column, size_t indent, uint32_t width);
/* In quotes, with those in it doubled. */
void print_csv_text(FILE *to, const char *text);

/* load.c */
int load_arch(const struct arguments *a, const char *name, ets_arch **out);
int load_model(const struct arguments *a, const char *name, ets_model **out);
/* The same without a message: `err` (not NULL) is filled if it fails. May be called from several threads. */
ets_status find_model(const struct arguments *a, const char *name, char *path, size_t size, ets_error *err);
ets_status find_and_load_arch(const struct arguments *a, const char *name, ets_arch **out, ets_error *err);
/* The model at `path`, or as it would be once it is quantised. */
ets_status read_model(const char *path, bool as_int8, const ets_allocator *mem, ets_model **out, ets_error *err);
ets_status find_and_load_model(const struct arguments *a, const char *name, ets_model **out, ets_error *err);

/* --- json_line.c: lines of JSON in and out --- */
/* Is the line {"model": "..."}? Then `path` (`size` bytes) is what stands there, byte by byte: a file's name need not be UTF-8. Everything
 * else is left to the reader of graphs. -1: it is, but what stands there is no text, or too long. */
int read_model_line(const char *line, size_t n, char *path, size_t size);
/* One object without the line's end, its name as plain text, into memory of its own (free()); NULL: out of memory. `line` 0: none. */
char *summary_json(const char *name, size_t line, const ets_summary *s);
char *error_json(const char *name, size_t line, const ets_error *e);
/* Plain text (as all of the library is; see ets_make_plain()) as a JSON string, with its quotes. */
void print_json_text(FILE *to, const char *text);

int command_profile(const struct arguments *a, bool mapping); /* profile and inspect */
int command_explain(const struct arguments *a);
int write_page(const struct arguments *a, const ets_arch *arch, const ets_model *model); /* page.c: profile --format html */
int command_arch(const struct arguments *a);
int command_models(const struct arguments *a);
int command_predict(const struct arguments *a);
int command_sweep(const struct arguments *a);
int command_compare(const struct arguments *a);

#endif
