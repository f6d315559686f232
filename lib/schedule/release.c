/* release.c - see release.h. Known are programs and logs of releases 1.0 (2019) and 13 to 16; where between 2 and 16 something changed is
 * a guess.
 * 1: MobileNet v1's program has 82,768 bytes (USB trace): no room for a softmax on tiles, nor for 16 gathers, and a move and an outfeed
 * to hand over a row; its log leaves 6.91 MiB of MobileNet v2's cache, all but a mean on one tile; logs of 100 layers of 150 to 400 rows
 * fill the first tiles. 2: EfficientNet-EdgeTPU-M of 2019 streams more than 14's, by what a mean on one tile takes.
 * 14: the vendor's list of operators says so of transposes. Both U-Nets of the vendor's later page (2.7 and 29 ms; 3.3 on the earlier one)
 * take as long as they do without a copy of their outputs' pixels, which have a word each. */
#include "schedule/release.h"

static const struct eti_release releases[] = {
    {1, false, false, false, false, false, true, 9},
    {2, true, true, false, true, false, true, 115}, /* 115: what the 18 Grid programs hold beside the parts that are known */
    {14, true, true, true, true, true, false, 115},
};

const struct eti_release *eti_release_of(const struct eti_arch *arch)
{
    const struct eti_release *r = releases;
    for (size_t i = 1; i < sizeof releases / sizeof *releases; i++)
        if (releases[i].from <= arch->compiler.release) r = &releases[i];
    return r;
}
