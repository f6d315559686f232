/* interrupt.h - a signal that ends the program leaves neither a temporary file nor half a progress bar. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

/* INT, TERM, HUP and TSTP clean up first and then do what they always do; a closed pipe and a file that may not grow are
 * write errors at first: standard error may be closed while a result is still to be written. */
void interrupts_prepare(void);
/* Nobody reads the result any more, as of `... | head`: cleans up and ends as SIGPIPE ends other programs (a shell's status 141),
 * without a word. */
void interrupts_end_at_closed_pipe(void);
/* `path` is removed when a signal ends the program; NULL: there is none any more. It has to live until then. */
void interrupts_remove(const char *path);
/* There is a bar on standard error, which is erased. */
void interrupts_erase(bool bar);

#endif
