#!/bin/sh
# readme.sh - documents and man pages show what is true: the C example of README.md is docs/example.c, and each "$ command" of a
# ```console block prints what stands below it ("..." stands for any lines). With --update the documents are rewritten to
# what is printed, as many lines before and behind each "..." as there were: read the difference before committing it.
set -u
export PATH="$(cd "${BUILD:-build}" && pwd):$PATH" NO_COLOR=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' README.md >"$work/example.c"
cmp -s "$work/example.c" docs/example.c || { echo "README.md: the C example is not docs/example.c"; bad=1; }

# One file a command: its text in N.sh, what should come out in N.want, where it stands in N.at.
awk -v to="$work" '
    /^```console$/ { on = 1; next }
    /^```$/ { on = 0 }
    on && /^\$ / { n++; print substr($0, 3) > (to "/" n ".sh"); print FILENAME ":" FNR > (to "/" n ".at"); printf "" > (to "/" n ".want"); next }
    on && n { print > (to "/" n ".want") }' README.md docs/*.md man/text/*.md

# Equal, when each "..." takes as many lines as it needs.
matches() {
    awk 'FILENAME == ARGV[1] { want[++n] = $0; next } { got[++m] = $0 }
        function ok(i, j) {
            for (; i <= n && want[i] != "..."; i++ + j++) if (j > m || want[i] != got[j]) return 0
            if (i > n) return j > m
            for (; j <= m + 1; j++) if (ok(i + 1, j)) return 1
            return 0
        }
        END { exit !ok(1, 1) }' "$1" "$2"
}

# As many lines of what was printed as the document shows: all, or those before and behind its "...".
shorten() {
    awk 'FILENAME == ARGV[1] { if ($0 == "...") cut = FNR; n++; next } { got[++m] = $0 }
        END {
            for (i = 1; i <= m; i++) {
                if (!cut || i < cut || i > m - (n - cut)) print got[i]
                else if (i == cut) print "..."
            }
        }' "$1" "$2"
}

# In document $1, what stands below the command of line $2 becomes the text of file $3.
rewrite() {
    awk -v at="$2" -v text="$3" 'FNR == at { print; while ((getline line < text) > 0) print line; skip = 1; next }
        skip && (/^```$/ || /^\$ /) { skip = 0 } !skip' "$1" >"$work/document" && cat "$work/document" >"$1"
}

# README's table of networks: "| `NAME` | ms |" is what is predicted, three digits of it.
predicted() { edgetpu-sim predict "$1" --json | sed -n 's/.*"latency_ns": \([0-9]*\).*/\1/p' | awk '{ printf "%.3g", $1 / 1e6 }'; }
for network in $(sed -n 's/^| `\([a-z0-9.-]*\)` | [0-9.]* |.*/\1/p' README.md); do
    row="| \`$network\` | $(predicted "$network") |"
    if [ "${1:-}" = --update ]; then
        awk -v row="$row" -v network="| \`$network\` |" 'index($0, network) == 1 { sub(/^[^|]*\|[^|]*\|[^|]*\|/, ""); $0 = row $0 } { print }' README.md >"$work/document"
        cat "$work/document" >README.md
    else
        grep -qF "$row" README.md || { bad=$((bad + 1)); echo "README.md: predicted is $row"; }
    fi
done

if [ "${1:-}" = --update ]; then
    for command in $(ls -r "$work"/*.sh | sort -t/ -k4 -V -r); do # from the end, so that line numbers stay
        base=${command%.sh}
        sh "$command" >"$base.got" 2>&1
        shorten "$base.want" "$base.got" >"$base.new"
        place=$(cat "$base.at")
        rewrite "${place%:*}" "${place##*:}" "$base.new"
    done
    python3 tools/make_man.py "${BUILD:-build}/edgetpu-sim" man
    sh tools/study.sh
    exit 0
fi

for command in "$work"/*.sh; do
    [ -e "$command" ] || { echo "no commands are shown"; exit 1; }
    base=${command%.sh}
    sh "$command" >"$base.got" 2>&1
    matches "$base.want" "$base.got" && continue
    bad=$((bad + 1))
    echo "$(cat "$base.at"): $(cat "$command")"
    diff "$base.want" "$base.got" | head -n 20
done

# Commands that are shown without what they print: indented ones are run, with some network as the reader's own.
cp models/mobilenet-v1-0.25-128.yaml "$work/my_model.tflite"
for document in README.md docs/*.md; do
    sed -n 's/^    \(edgetpu-sim .*\)/\1/p' "$document" >"$work/commands"
    while read -r command; do
        (cd "$work" && sh -c "$command") >"$work/log" 2>&1 </dev/null && continue
        bad=$((bad + 1))
        echo "$document: $command"
        head -n 5 "$work/log"
    done <"$work/commands"
done
# Those of the study are run by what wrote it.
mkdir "$work/docs"
sh tools/study.sh "$work/docs"
for file in STUDY.md $(cd docs && ls study/*.svg); do
    cmp -s "docs/$file" "$work/docs/$file" || { bad=$((bad + 1)); echo "docs/$file is not what tools/study.sh writes"; diff "docs/$file" "$work/docs/$file" | head -n 5; }
done
exit $bad
