/* plot.c - SVG by hand. Colours: eight that people with any colour vision tell apart (Okabe and Ito), and for maps one ramp
 * from light to dark, dark being slow. */
#include "plot.h"

#include <math.h>
#include <string.h>

#define TEXT "#222"
#define FAINT "#666"
#define GRID "#e3e3e3"

static const char *const series_colors[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c6d31"};

static void put_text(FILE *to, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '<') fputs("&lt;", to);
        else if (*c == '>') fputs("&gt;", to);
        else if (*c == '&') fputs("&amp;", to);
        else fputc((unsigned char)*c < 0x20 ? ' ' : *c, to);
    }
}

/* `anchor`: start, middle or end. */
static void label(FILE *to, double x, double y, const char *anchor, double size, const char *color, const char *text)
{
    fprintf(to, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%.0f\" fill=\"%s\">", x, y, anchor, size, color);
    put_text(to, text);
    fputs("</text>\n", to);
}

static void line(FILE *to, double x1, double y1, double x2, double y2, const char *color)
{
    fprintf(to, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, color);
}

static void begin(FILE *to, double width, double height, const char *title, const char *subtitle)
{
    fprintf(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" font-family=\"Helvetica, Arial, sans-serif\">\n",
            width, height, width, height);
    fprintf(to, "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>\n", width, height);
    fputs("<g font-weight=\"bold\">", to);
    label(to, 20, 28, "start", 16, TEXT, title);
    fputs("</g>\n", to);
    label(to, 20, 46, "start", 12, FAINT, subtitle);
}

/* Three figures: 0.123, 1.23, 12.3, 123, 1230. */
static void short_number(char *to, size_t room, double value)
{
    snprintf(to, room, value >= 99.95 ? "%.0f" : value >= 9.995 ? "%.1f" : value >= 0.9995 ? "%.2f" : "%.3f", value);
}

/* ------------------------------------------------------------------ lines -------------------------------- */

struct scale { double low, high; bool log; double from, to; };

static double place(const struct scale *s, double v)
{
    double part = s->log ? log(v / s->low) / log(s->high / s->low) : (v - s->low) / (s->high - s->low);
    return s->from + part * (s->to - s->from);
}

/* 1, 2 or 5 of a decade, at or below `v`, or at or above. */
static double round_step(double v, bool up)
{
    double decade = pow(10, floor(log10(v))), part = v / decade;
    if (up) return decade * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
    return decade * (part >= 5 ? 5 : part >= 2 ? 2 : 1);
}

/* From 0, or by factors if the values are far apart; round ends. */
static struct scale scale_of(const double *v, size_t n, double from, double to)
{
    struct scale s = {INFINITY, 0, false, from, to};
    for (size_t i = 0; i < n; i++) {
        if (isnan(v[i])) continue;
        s.low = fmin(s.low, v[i]);
        s.high = fmax(s.high, v[i]);
    }
    if (!(s.high > 0)) s.low = s.high = 1;
    s.log = s.low > 0 && s.high / s.low > 20;
    if (s.log) {
        s.low = round_step(s.low, false);
        s.high = round_step(s.high, true);
        return s;
    }
    double step = pow(10, floor(log10(s.high)));
    s.low = 0;
    s.high = ceil(s.high / (step / 2)) * (step / 2);
    return s;
}

static void tick(FILE *to, const struct scale *s, double v, double left, double right)
{
    char text[32];
    double y = place(s, v);
    snprintf(text, sizeof text, "%g", v);
    line(to, left, y, right, y, GRID);
    label(to, left - 8, y + 4, "end", 11, FAINT, text);
}

static void ticks(FILE *to, const struct scale *s, double left, double right)
{
    static const double of_decade[] = {1, 2, 5};
    if (!s->log) {
        double step = pow(10, floor(log10(s->high))) / 2;
        while (s->high / step < 4) step /= 2;
        while (s->high / step > 9) step *= 2;
        for (double v = 0; v <= s->high * 1.0001; v += step) tick(to, s, v, left, right);
        return;
    }
    bool few = s->high / s->low <= 10000;
    for (double decade = pow(10, floor(log10(s->low))); decade <= s->high * 1.0001; decade *= 10)
        for (int i = 0; i < (few ? 3 : 1); i++)
            if (decade * of_decade[i] >= s->low * 0.9999 && decade * of_decade[i] <= s->high * 1.0001) tick(to, s, decade * of_decade[i], left, right);
}

static void one_series(FILE *to, const struct line_plot *p, size_t k, const struct scale *s, double left, double step)
{
    const char *color = series_colors[k % 8];
    const double *v = &p->values[k * p->n_x];
    bool drawn = false;
    fprintf(to, "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s d=\"", color, k >= 8 ? " stroke-dasharray=\"6 3\"" : "");
    for (size_t i = 0; i < p->n_x; i++) {
        if (isnan(v[i])) { drawn = false; continue; }
        fprintf(to, "%s%.1f %.1f ", drawn ? "L" : "M", left + step * (double)i, place(s, v[i]));
        drawn = true;
    }
    fputs("\"/>\n", to);
    for (size_t i = 0; i < p->n_x; i++)
        if (!isnan(v[i]) && p->doubtful[k * p->n_x + i])
            fprintf(to, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#fff\" stroke=\"%s\"/>\n", left + step * (double)i, place(s, v[i]), color);
        else if (!isnan(v[i])) fprintf(to, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", left + step * (double)i, place(s, v[i]), color);
}

/* Names at the right, in the order of the lines' ends, pushed apart where they would meet. */
static void names(FILE *to, const struct line_plot *p, const struct scale *s, double x, double top)
{
    double last = top - 16;
    bool done[256] = {false};
    for (size_t turn = 0; turn < p->n_series && p->n_series <= 256; turn++) {
        size_t best = p->n_series;
        double best_y = INFINITY;
        for (size_t k = 0; k < p->n_series; k++) {
            size_t i = p->n_x;
            while (i && isnan(p->values[k * p->n_x + i - 1])) i--;
            double y = i ? place(s, p->values[k * p->n_x + i - 1]) : 1e9;
            if (!done[k] && y < best_y) { best = k; best_y = y; }
        }
        if (best == p->n_series) return;
        done[best] = true;
        last = fmax(best_y, last + 16);
        label(to, x, last + 4, "start", 12, series_colors[best % 8], p->series[best]);
    }
}

void plot_lines(FILE *to, const struct line_plot *p)
{
    double left = 80, top = 70, height = 340, width = fmin(900, fmax(360, 46.0 * (double)p->n_x)), widest = 0;
    for (size_t k = 0; k < p->n_series; k++) widest = fmax(widest, 7.0 * (double)strlen(p->series[k]));
    double right = left + width, bottom = top + height, step = p->n_x > 1 ? (width - 20) / (double)(p->n_x - 1) : 0;
    struct scale s = scale_of(p->values, p->n_series * p->n_x, bottom, top);
    begin(to, fmax(right + widest + 30, 40 + 6.5 * (double)strlen(p->subtitle)), bottom + 64, p->title, p->subtitle);
    ticks(to, &s, left, right);
    line(to, left, bottom, right, bottom, FAINT);
    size_t every = p->n_x > 20 ? (p->n_x + 19) / 20 : 1;
    for (size_t i = 0; i < p->n_x; i += every) label(to, left + 10 + step * (double)i, bottom + 18, "middle", 11, FAINT, p->x[i]);
    label(to, (left + right) / 2, bottom + 44, "middle", 13, TEXT, p->x_label);
    fprintf(to, "<g transform=\"rotate(-90 24 %.1f)\">", (top + bottom) / 2);
    label(to, 24, (top + bottom) / 2, "middle", 13, TEXT, p->y_label);
    fputs("</g>\n", to);
    for (size_t k = 0; k < p->n_series; k++) one_series(to, p, k, &s, left + 10, step);
    names(to, p, &s, right + 10, top);
    fputs("</svg>\n", to);
}

/* ------------------------------------------------------------------ maps --------------------------------- */

/* Light to dark: 0 the least, 1 the most. */
static void color_of(double part, char *to, size_t room)
{
    static const int ramp[][3] = {{237, 248, 233}, {186, 228, 188}, {123, 204, 196}, {67, 162, 202}, {8, 104, 172}, {8, 48, 107}};
    double at = part * 5;
    int i = at >= 5 ? 4 : (int)at;
    double f = at - i;
    int c[3];
    for (int k = 0; k < 3; k++) c[k] = (int)(ramp[i][k] + f * (ramp[i + 1][k] - ramp[i][k]) + 0.5);
    snprintf(to, room, "rgb(%d,%d,%d)", c[0], c[1], c[2]);
}

struct cell { double width, height; };

/* `part`: of the ramp; NAN: off it. */
static void one_cell(FILE *to, double x, double y, const struct cell *c, double v, double part, bool best)
{
    char color[32] = "#f4f4f4", text[32];
    if (!isnan(part)) color_of(part, color, sizeof color);
    fprintf(to, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"%s/>\n", x, y, c->width - 1, c->height - 1, color,
            best ? " stroke=\"#d55e00\" stroke-width=\"3\"" : "");
    if (isnan(v) || c->width < 38) return;
    short_number(text, sizeof text, v);
    label(to, x + c->width / 2, y + c->height / 2 + 4, "middle", c->width < 44 ? 10 : 12, isnan(part) ? FAINT : part > 0.55 ? "#fff" : TEXT, text);
}

static void one_map(FILE *to, const struct map_plot *p, size_t k, double left, double top, const struct cell *c)
{
    const double *v = &p->values[k * p->n_x * p->n_y];
    const bool *doubtful = &p->doubtful[k * p->n_x * p->n_y];
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < p->n_x * p->n_y; i++)
        if (!isnan(v[i]) && !doubtful[i]) { least = fmin(least, v[i]); most = fmax(most, v[i]); }
    label(to, left, top - 10, "start", 13, TEXT, p->panels[k]);
    for (size_t y = 0; y < p->n_y; y++)
        for (size_t x = 0; x < p->n_x; x++) {
            double value = v[y * p->n_x + x], part = most > least ? log(value / least) / log(most / least) : 0;
            bool counts = !isnan(value) && !doubtful[y * p->n_x + x];
            one_cell(to, left + c->width * (double)x, top + c->height * (double)(p->n_y - 1 - y), c, value, counts ? part : NAN, counts && value == least);
        }
    for (size_t x = 0; x < p->n_x; x++)
        label(to, left + c->width * ((double)x + 0.5), top + c->height * (double)p->n_y + 16, "middle", 11, FAINT, p->x[x]);
    label(to, left + c->width * (double)p->n_x / 2, top + c->height * (double)p->n_y + 36, "middle", 13, TEXT, p->x_label);
    for (size_t y = 0; y < p->n_y; y++)
        label(to, left - 6, top + c->height * ((double)(p->n_y - 1 - y) + 0.5) + 4, "end", 11, FAINT, p->y[y]);
}

void plot_maps(FILE *to, const struct map_plot *p)
{
    struct cell c = {p->n_x > 16 ? 900.0 / (double)p->n_x : 56, p->n_y > 16 ? 600.0 / (double)p->n_y : 36};
    double widest = 0;
    for (size_t y = 0; y < p->n_y; y++) widest = fmax(widest, 7.0 * (double)strlen(p->y[y]));
    size_t a_row = p->n_panels < 3 ? p->n_panels : 3, rows = (p->n_panels + a_row - 1) / a_row;
    double across = c.width * (double)p->n_x + widest + 50, down = c.height * (double)p->n_y + 80, left = 44 + widest, top = 88;
    double width = fmax(20 + across * (double)a_row, 40 + 6.5 * (double)strlen(p->subtitle));
    begin(to, fmax(width, 40 + 9.5 * (double)strlen(p->title)), 70 + down * (double)rows, p->title, p->subtitle);
    for (size_t k = 0; k < p->n_panels; k++) {
        double x = left + across * (double)(k % a_row), y = top + down * (double)(k / a_row), middle = y + c.height * (double)p->n_y / 2;
        one_map(to, p, k, x, y, &c);
        fprintf(to, "<g transform=\"rotate(-90 %.1f %.1f)\">", x - widest - 16, middle);
        label(to, x - widest - 16, middle, "middle", 13, TEXT, p->y_label);
        fputs("</g>\n", to);
    }
    fputs("</svg>\n", to);
}
