/* point.h - printf writes the decimal point of the locale that the calling program has set. Between these two it is a point, in this
 * thread; the program's own functions (writers) are called outside of them. */
#ifndef ETI_BASE_POINT_H
#define ETI_BASE_POINT_H

#include <locale.h>

struct eti_point { locale_t ours, before; };

static inline struct eti_point eti_point_begin(void)
{
    struct eti_point p = {newlocale(LC_ALL_MASK, "C", (locale_t)0), (locale_t)0};
    if (p.ours) p.before = uselocale(p.ours);
    return p;
}

static inline void eti_point_end(struct eti_point p)
{
    if (!p.ours) return;
    uselocale(p.before);
    freelocale(p.ours);
}

#endif
