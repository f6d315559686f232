# fish completion of edgetpu-sim: the program itself says what may stand there.
function __edgetpu_sim_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] complete $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c edgetpu-sim -f -a '(__edgetpu_sim_complete)'
