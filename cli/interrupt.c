/* interrupt.c - what a signal finds to tidy up. A handler may only use what POSIX calls async-signal-safe: unlink, write,
 * signal, raise. Only one file is open for writing at a time. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"

static _Atomic(const char *) temporary;
static atomic_bool bar_is_there;

static void erase(void)
{
    static const char line[] = "\r\033[K";
    if (!atomic_load(&bar_is_there)) return;
    ssize_t n = write(STDERR_FILENO, line, sizeof line - 1);
    (void)n; /* nobody to tell */
}

/* The signal was reset to its default by SA_RESETHAND and comes again when this returns. */
static void end(int number)
{
    const char *path = atomic_load(&temporary);
    if (path) unlink(path);
    erase();
    raise(number);
}

/* SIGTSTP: stops here with its default action; the next bar is drawn after SIGCONT. */
static void stop(int number)
{
    int kept = errno;
    struct sigaction ours, usual;
    sigset_t this_one, before;
    erase();
    memset(&usual, 0, sizeof usual);
    usual.sa_handler = SIG_DFL;
    sigemptyset(&usual.sa_mask);
    sigaction(number, &usual, &ours);
    raise(number);
    sigemptyset(&this_one);
    sigaddset(&this_one, number);
    pthread_sigmask(SIG_UNBLOCK, &this_one, &before);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    sigaction(number, &ours, NULL);
    errno = kept;
}

static void handle(int number, void (*handler)(int), int flags)
{
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) return; /* nohup, or a background job */
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void interrupts_prepare(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    handle(SIGINT, end, (int)SA_RESETHAND);
    handle(SIGTERM, end, (int)SA_RESETHAND);
    handle(SIGHUP, end, (int)SA_RESETHAND);
    handle(SIGTSTP, stop, SA_RESTART);
}

void interrupts_end_at_closed_pipe(void)
{
    sigset_t this_one;
    sigemptyset(&this_one);
    sigaddset(&this_one, SIGPIPE);
    signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &this_one, NULL);
    end(SIGPIPE);
}

void interrupts_remove(const char *path)
{
    atomic_store(&temporary, path);
}

void interrupts_erase(bool bar)
{
    atomic_store(&bar_is_there, bar);
}
