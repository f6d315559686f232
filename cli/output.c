/* output.c - results go out whole or not at all. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

static int cannot_write(const char *path)
{
    fprintf(stderr, "edgetpu-sim: %s: cannot be written: %s\n", path, strerror(errno));
    return EXIT_ERROR;
}

/* A new file in the folder of `path`, so that a rename makes it the real one. */
static int open_temporary(struct output *out)
{
    size_t size = strlen(out->path) + 8;
    out->temporary = malloc(size);
    if (!out->temporary) return fail("out of memory");
    snprintf(out->temporary, size, "%s.XXXXXX", out->path);
    int fd = mkstemp(out->temporary);
    out->to = fd < 0 ? NULL : fdopen(fd, "w");
    if (out->to) {
        mode_t mask = umask(0);
        umask(mask);
        if (fchmod(fd, 0666 & ~mask) == 0) return EXIT_GOOD;
    }
    return cannot_write(out->path);
}

int open_output(struct output *out, const char *path)
{
    struct stat st;
    out->to = stdout;
    out->path = path;
    out->temporary = NULL;
    if (!path || strcmp(path, "-") == 0) return EXIT_GOOD;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return cannot_write(path);
    }
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) { /* a device or a pipe cannot be replaced */
        out->to = fopen(path, "w");
        return out->to ? EXIT_GOOD : cannot_write(path);
    }
    return open_temporary(out);
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

int close_output(struct output *out, bool good)
{
    const char *name = out->path ? out->path : "standard output";
    int status = good ? EXIT_GOOD : EXIT_ERROR;
    if (out->to && fflush(out->to) != 0 && good) status = cannot_write(name);
    if (out->to && out->to != stdout && fclose(out->to) != 0 && status == EXIT_GOOD) status = cannot_write(name);
    if (out->temporary) {
        if (status == EXIT_GOOD && rename(out->temporary, out->path) != 0) status = cannot_write(name);
        if (status != EXIT_GOOD) unlink(out->temporary);
        free(out->temporary);
        out->temporary = NULL;
    }
    return status;
}

ets_format_options format_options(const struct output *out)
{
    ets_format_options o = ETS_FORMAT_OPTIONS_INIT;
    struct winsize size;
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    if (out->to != stdout || !isatty(STDOUT_FILENO)) return o;
    o.color = !(no_color && no_color[0]) && terminal && strcmp(terminal, "dumb") != 0;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 80)
        o.width = size.ws_col > 140 ? 140 : size.ws_col;
    return o;
}

void put_quoted(FILE *to, const char *text, bool json)
{
    fputc('"', to);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"') fputs(json ? "\\\"" : "\"\"", to);
        else if (*c == '\\' && json) fputs("\\\\", to);
        else fputc(*c < 0x20 ? ' ' : *c, to);
    }
    fputc('"', to);
}
