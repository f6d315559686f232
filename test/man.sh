#!/bin/sh
# man.sh - the man pages are those that tools/make_man.py makes of man/text and --help, so each has every option of its command;
# mandoc and groff have nothing to say about them.
set -u
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=${BUILD:-build}/edgetpu-sim
bad=0
say() { echo "man: $1"; bad=$((bad + 1)); }

mkdir "$work/man"
python3 -B tools/make_man.py "$program" "$work/man" || exit 1
for page in "$work"/man/*.1; do
    cmp -s "$page" "man/${page##*/}" || { say "man/${page##*/} is not what tools/make_man.py makes"; diff "$page" "man/${page##*/}" | head -n 10; }
done
for page in man/*.1; do
    [ -e "$work/$page" ] || say "$page has no text in man/text"
    if command -v mandoc >/dev/null 2>&1; then mandoc -T lint -W warning "$page" >"$work/log" 2>&1 || { say "mandoc: $page"; cat "$work/log"; }; fi
    if command -v groff >/dev/null 2>&1; then
        groff -T utf8 -ww -man -z "$page" 2>"$work/log"
        [ ! -s "$work/log" ] || { say "groff: $page"; cat "$work/log"; }
    fi
done
for command in $("$program" --help | sed -n 's/^  edgetpu-sim \([a-z]*\) .*/\1/p'); do
    [ -e "man/edgetpu-sim-$command.1" ] || { say "there is no man page of $command"; continue; }
    for option in $("$program" "$command" --help | grep -o '^  \(-., \|    \)--[a-z0-9-]*' | sed 's/.*--/--/'); do
        sed 's/\\-/-/g' "man/edgetpu-sim-$command.1" | grep -q -e "fB$option\\\\fP" || say "man/edgetpu-sim-$command.1 lacks $option"
    done
done
exit $bad
