/** Shells for which there is a completion script. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof SHELLS)[number];

/**
 * The script that a shell reads to complete a program's command line: it asks the program itself, by `__complete`.
 *
 * @param name what users type
 * @param describes whether descriptions are shown, where the shell can
 */
export function completionScript(shell: Shell, name: string, describes: boolean): string {
  const id = name.replaceAll(/\W/g, "_");
  const ask = describes ? "__complete" : "__completeNoDesc";
  return { bash, zsh, fish }[shell](name, id, ask);
}

/** readline breaks words at `:` and `=`: what was typed is put together again, and what it has already is cut off the answers. */
function bash(name: string, id: string): string {
  return `# bash completion for ${name}
__${id}_complete() {
    local rest=\${COMP_LINE:0:COMP_POINT} words=() word trimmed i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=\${COMP_WORDS[i]}
        trimmed=\${rest#"\${rest%%[![:space:]]*}"}
        if ((i > 0)) && [[ -n $trimmed && $trimmed == "$rest" ]]; then
            words[\${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        rest=\${trimmed#"$word"}
    done
    local current=\${words[\${#words[@]}-1]} prefix="" line directive=0 answers=()
    [[ $current == *[:=]* ]] && prefix=\${current%"\${current##*[:=]}"}
    while IFS= read -r line; do
        case $line in
        :[0-9]*) directive=\${line#:} ;;
        ?*) answers+=("\${line%%$'\\t'*}") ;;
        esac
    done < <("\${words[0]}" __completeNoDesc "\${words[@]:1}" 2>/dev/null)
    COMPREPLY=()
    ((directive & 1)) && return
    for line in "\${answers[@]}"; do
        [[ $line == "$current"* ]] && COMPREPLY+=("\${line#"$prefix"}")
    done
    ((directive & 2)) && compopt -o nospace
    if ((directive & 16)); then
        mapfile -t COMPREPLY < <(compgen -d -- "\${current#"$prefix"}")
    elif ((\${#answers[@]} == 0)) && ! ((directive & 4)); then
        compopt -o default
    fi
}
complete -F __${id}_complete ${name}
`;
}

function zsh(name: string, id: string, ask: string): string {
  return `#compdef ${name}
# zsh completion for ${name}
_${id}() {
    local line directive=0
    local -a answers space
    while IFS= read -r line; do
        case $line in
        :[0-9]*) directive=\${line#:} ;;
        ?*)
            local value=\${line%%$'\\t'*} text=""
            [[ $line == *$'\\t'* ]] && text=":\${line#*$'\\t'}"
            answers+=("\${value//:/\\\\:}$text")
            ;;
        esac
    done < <("\${words[1]}" ${ask} "\${(@)words[2,CURRENT-1]}" "\${words[CURRENT]}" 2>/dev/null)
    ((directive & 1)) && return 1
    ((directive & 2)) && space=(-S '')
    if ((directive & 16)); then
        _files -/
    elif ((\${#answers} == 0)); then
        ((directive & 4)) || _files
    else
        _describe -V '${name}' answers "\${space[@]}"
    fi
}
compdef _${id} ${name}
[ "$funcstack[1]" = "_${id}" ] && _${id}
`;
}

function fish(name: string, id: string, ask: string): string {
  return `# fish completion for ${name}
function __${id}_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answers ($words[1] ${ask} $words[2..-1] "$current" 2>/dev/null)
    set -l directive 0
    set -l found
    for line in $answers
        if string match -qr '^:[0-9]+$' -- $line
            set directive (string sub -s 2 -- $line)
        else if test -n "$line"
            set -a found $line
        end
    end
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else if test (math "bitand($directive, 16)") -ne 0
        __fish_complete_directories "$current"
    else if test (math "bitand($directive, 5)") -eq 0
        __fish_complete_path "$current"
    end
end
complete -c ${name} -f -a '(__${id}_complete)'
`;
}
