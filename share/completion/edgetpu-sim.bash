# bash completion of edgetpu-sim: the program itself says what may stand there.
_edgetpu_sim()
{
    local line before=${COMP_LINE:0:COMP_POINT} words current answer
    read -ra words <<<"$before"
    [[ $before == *[[:space:]] ]] && words+=("")
    current=${words[-1]}
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "${current#--*=}")
            continue
        fi
        [[ $line == *= ]] && compopt -o nospace 2>/dev/null
        # readline has cut the word behind its last '=', and completes what is left
        answer=$line
        [[ $current == *=* && $COMP_WORDBREAKS == *=* ]] && answer=${line#"${current%=*}="}
        COMPREPLY+=("$answer")
    done < <("${words[0]}" complete "${words[@]:1}" 2>/dev/null)
}
complete -F _edgetpu_sim edgetpu-sim
