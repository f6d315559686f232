/* output.c - results go out whole or not at all. */
#define _XOPEN_SOURCE 700 /* realpath */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "interrupt.h"

static int cannot_write(const char *path)
{
    if (errno == EPIPE) interrupts_end_at_closed_pipe();
    return fail_writing(path, strerror(errno));
}

/* A new file in the folder of the target, so that a rename makes it the real one. */
static int open_temporary(struct output *out, mode_t mode)
{
    size_t size = strlen(out->target) + 8;
    out->temporary = malloc(size);
    if (!out->temporary) return fail("out of memory");
    snprintf(out->temporary, size, "%s.XXXXXX", out->target);
    int fd = mkstemp(out->temporary);
    if (fd < 0) {
        int status = cannot_write(out->path);
        free(out->temporary);
        out->temporary = NULL;
        return status;
    }
    interrupts_remove(out->temporary);
    out->to = fdopen(fd, "w");
    if (out->to && fchmod(fd, mode) == 0) return EXIT_GOOD;
    if (!out->to) close(fd);
    return cannot_write(out->path);
}

/* The rights of a file that is replaced are kept; a new one has what the umask leaves. */
static mode_t mode_of(const struct stat *replaced)
{
    mode_t mask = umask(0);
    umask(mask);
    return replaced ? replaced->st_mode & 0777 : 0666 & ~mask;
}

static bool is_standard_output(const struct stat *file)
{
    struct stat st;
    return fstat(STDOUT_FILENO, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

int open_output(struct output *out, const char *path)
{
    struct stat st;
    memset(out, 0, sizeof *out);
    out->to = stdout;
    out->path = path;
    if (!path || strcmp(path, "-") == 0) return EXIT_GOOD;
    bool exists = stat(path, &st) == 0;
    if (exists && is_standard_output(&st)) return EXIT_GOOD; /* -o /dev/stdout >> FILE must not replace FILE */
    if (exists && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return cannot_write(path);
    }
    if (exists && !S_ISREG(st.st_mode)) { /* a device or a pipe cannot be replaced */
        out->to = fopen(path, "w");
        return out->to ? EXIT_GOOD : cannot_write(path);
    }
    if (exists && access(path, W_OK) != 0) return cannot_write(path); /* a rename would not ask */
    out->target = exists ? realpath(path, NULL) : strdup(path);
    if (!out->target) return cannot_write(path);
    return open_temporary(out, mode_of(exists ? &st : NULL));
}

int check_output(const char *path)
{
    struct output out;
    struct stat st;
    if (!path || strcmp(path, "-") == 0) return EXIT_GOOD;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) return EXIT_GOOD; /* opening may have an effect */
    int status = open_output(&out, path);
    close_output(&out, false);
    return status;
}

bool is_replaced(const char *path)
{
    struct stat st;
    return path && strcmp(path, "-") != 0 && (stat(path, &st) != 0 || S_ISREG(st.st_mode));
}

static int write_text(void *ctx, const char *text, size_t n)
{
    return fwrite(text, 1, n, ctx) == n ? 0 : 1;
}

ets_writer writer_of(struct output *out)
{
    ets_writer w = {write_text, out->to};
    return w;
}

/* All bytes are where they belong. A device that cannot be synchronised is no error. */
static bool is_written(struct output *out)
{
    if (ferror(out->to) | fflush(out->to)) return false;
    return !out->temporary || fsync(fileno(out->to)) == 0 || errno == EINVAL || errno == ENOTSUP;
}

int close_output(struct output *out, bool good)
{
    const char *name = out->path ? out->path : "standard output";
    int status = good ? EXIT_GOOD : EXIT_ERROR;
    if (out->to && !is_written(out) && good) status = cannot_write(name);
    if (out->to && out->to != stdout && fclose(out->to) != 0 && status == EXIT_GOOD) status = cannot_write(name);
    if (out->temporary) {
        if (status == EXIT_GOOD && rename(out->temporary, out->target) != 0) status = cannot_write(name);
        if (status != EXIT_GOOD) unlink(out->temporary);
        interrupts_remove(NULL);
    }
    free(out->temporary);
    free(out->target);
    out->temporary = out->target = NULL;
    return status;
}

int close_written(struct output *out, int status, ets_status written, const ets_error *err)
{
    if (written != ETS_OK && err->status != ETS_IO) status = fail(err->text);
    return close_output(out, status == EXIT_GOOD);
}

int check_standard_output(int status)
{
    bool lost = ferror(stdout) | fflush(stdout);
    return lost && status == EXIT_GOOD ? cannot_write("standard output") : status;
}

static bool is_terminal(const struct output *out) { return out->to == stdout && isatty(STDOUT_FILENO); }

uint32_t width_of(const struct output *out)
{
    enum { OF_A_TERMINAL_THAT_DOES_NOT_SAY = 80 };
    struct winsize size;
    const char *text = getenv("COLUMNS");
    char *end;
    unsigned long n = text ? strtoul(text, &end, 10) : 0;
    if (text && *text && !*end && n > 0 && n < 10000) return (uint32_t)n;
    if (!is_terminal(out)) return 0;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : OF_A_TERMINAL_THAT_DOES_NOT_SAY;
}

ets_format_options format_options(const struct output *out, const struct arguments *a)
{
    ets_format_options o = ETS_FORMAT_OPTIONS_INIT;
    const char *no_color = getenv("NO_COLOR"), *name = getenv("TERM");
    bool terminal = is_terminal(out);
    o.color = a->color == COLOR_ALWAYS ||
              (a->color == COLOR_AUTO && terminal && !(no_color && no_color[0]) && name && strcmp(name, "dumb") != 0);
    o.width = width_of(out);
    o.sort = a->top && !a->sorted ? ETS_SORT_CYCLES : a->sort; /* the top of an order that nobody named: the slowest */
    o.top = a->top;
    o.layers = a->layers;
    o.split = a->split;
    return o;
}

size_t columns_of_bytes(const char *text, size_t n)
{
    size_t columns = 0;
    for (size_t i = 0; i < n; i++) columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

void put_words(FILE *to, const char *text, size_t column, size_t indent, uint32_t width)
{
    bool begins = true; /* no blank yet */
    while (*text) {
        size_t n = strcspn(text, " "), columns = columns_of_bytes(text, n);
        if (!begins && column + 1 + columns > (width ? width : 100)) {
            fprintf(to, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!begins) column += (size_t)fprintf(to, " ");
        fwrite(text, 1, n, to);
        column += columns;
        begins = false;
        text += n + (text[n] == ' ');
    }
    fputc('\n', to);
}

void print_csv_text(FILE *to, const char *text)
{
    fputc('"', to);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"') fputc('"', to);
        fputc(*c < 0x20 ? ' ' : *c, to);
    }
    fputc('"', to);
}
