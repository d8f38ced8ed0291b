/**
 * Completion scripts. Each asks `ferry complete` with the words up to the cursor, unquoted; what comes back is a line a candidate, its
 * description behind a tab, and a last line `:` or `:files`, where local files are possible as well.
 */
export const completionScripts = {
  bash: `# Completion of ferry for bash: source <(ferry completion bash)
# Takes quotes and backslashes away, and tells the quote that is left open; runs nothing.
_ferry_unquoted() {
  local text=$1 out= c i
  quote=
  for ((i = 0; i < \${#text}; i++)); do
    c=\${text:i:1}
    if [[ -n $quote ]]; then
      if [[ $c == "$quote" ]]; then
        quote=
      elif [[ $quote == '"' && $c == \\\\ && \${text:i+1:1} == [\\\\\\"\\$\\\`] ]]; then
        i=$((i + 1))
        out+=\${text:i:1}
      else
        out+=$c
      fi
    elif [[ $c == \\\\ ]]; then
      i=$((i + 1))
      out+=\${text:i:1}
    elif [[ $c == \\' || $c == \\" ]]; then
      quote=$c
    else
      out+=$c
    fi
  done
  unquoted=$out
}
# Writes a word so that it is read back as it is, behind the quote that is open.
_ferry_quoted() {
  local c
  quoted=$1
  case $quote in
    \\') c="'\\\\''" quoted=\${quoted//\\'/"$c"} ;;
    \\") for c in \\\\ \\" \\$ \\\`; do quoted=\${quoted//"$c"/"\\\\$c"}; done ;;
    *) printf -v quoted %q "$quoted" ;;
  esac
}
_ferry() {
  local line=\${COMP_LINE:0:COMP_POINT} word i unquoted quote quoted full part value mode
  local -a words=() args=() lines=() files=()
  # Bash parts words at : and = too; to ferry, what no blank parts is one word.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $i -eq 0 || $line == [[:space:]]* ]]; then
      line=\${line#"\${line%%[![:space:]]*}"}
      words+=("\${word:0:\${#line}}")
    else
      words[-1]+=\${word:0:\${#line}}
    fi
    line=\${line:\${#word}}
  done
  for word in "\${words[@]:1}"; do
    _ferry_unquoted "$word"
    args+=("$unquoted")
  done
  full=$unquoted
  part=\${COMP_WORDS[COMP_CWORD]}
  [[ $part == [:=] ]] && part=
  _ferry_unquoted "$part"
  part=$unquoted
  COMPREPLY=()
  mapfile -t lines < <(command ferry complete --quiet --no-input -- "\${args[@]}" 2>/dev/null)
  [[ \${#lines[@]} -gt 0 ]] || return
  mode=\${lines[-1]}
  unset 'lines[-1]'
  for line in "\${lines[@]}"; do
    value=\${line%%$'\\t'*}
    value=\${value#"\${full:0:\${#full}-\${#part}}"}
    COMPREPLY+=("$value")
  done
  [[ $mode == :files ]] && mapfile -t files < <(compgen -f -- "$part")
  if [[ \${#files[@]} -gt 0 ]]; then
    compopt -o filenames
    COMPREPLY+=("\${files[@]}")
    return
  fi
  for i in "\${!COMPREPLY[@]}"; do
    _ferry_quoted "\${COMPREPLY[i]}"
    COMPREPLY[i]=$quoted
  done
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]]; then
    compopt -o nospace
  fi
}
complete -F _ferry ferry
`,
  zsh: `#compdef ferry
# Completion of ferry for zsh: source <(ferry completion zsh), or a file _ferry in $fpath
_ferry() {
  local -a lines values open
  local line value mode
  lines=("\${(@f)$(command ferry complete --quiet --no-input -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  mode=\${lines[-1]}
  lines[-1]=()
  for line in "\${lines[@]}"; do
    value=\${line%%$'\\t'*}
    if [[ $value == */ ]]; then open+=("$value"); else values+=("$value"); fi
  done
  (( \${#values} )) && compadd -- "\${values[@]}"
  (( \${#open} )) && compadd -S '' -- "\${open[@]}"
  [[ $mode == :files ]] && _files
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _ferry "$@"; else compdef _ferry ferry; fi
`,
  fish: `# Completion of ferry for fish: ferry completion fish | source
function __ferry_complete
    set -l words (commandline -opc)
    set -l current (string unescape -- (commandline -ct))
    set -l lines (command ferry complete --quiet --no-input -- $words[2..-1] "$current" 2>/dev/null)
    set -l mode $lines[-1]
    set -e lines[-1]
    printf '%s\\n' $lines
    if test "$mode" = :files
        __fish_complete_path "$current"
    end
end
complete -c ferry -f -a '(__ferry_complete)'
`,
} as const
