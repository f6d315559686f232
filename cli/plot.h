/* plot.h - two kinds of pictures as SVG: lines over the values of a key, and maps over the values of two. */
#ifndef PLOT_H
#define PLOT_H

#include <stdbool.h>
#include <stdio.h>

/* A value that is NAN is left out. One that is `doubtful` is drawn hollow, or grey, and is not the best. */
struct line_plot {
    const char *title, *subtitle, *x_label, *y_label;
    const char *const *x;        /* texts, evenly spaced */
    size_t n_x;
    const char *const *series;   /* names */
    const double *values;        /* [series][x] */
    const bool *doubtful;        /* likewise */
    size_t n_series;
};
struct map_plot {
    const char *title, *subtitle, *x_label, *y_label;
    const char *const *x, *const *y;
    size_t n_x, n_y;
    const char *const *panels;   /* a map each, side by side */
    const double *values;        /* [panel][y][x]; the least of a panel is marked */
    const bool *doubtful;        /* likewise */
    size_t n_panels;
};
void plot_lines(FILE *to, const struct line_plot *p);
void plot_maps(FILE *to, const struct map_plot *p);

#endif
