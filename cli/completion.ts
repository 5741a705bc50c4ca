/**
 * Prints shell completion scripts, made from the option table. The scripts need nothing beyond the shell itself.
 *
 * @module
 */

import { UsageError } from "../net/errors.ts";
import { COMMANDS, DEFAULT_SYSTEM } from "./options.ts";
import type { CommandSpec, OptionSpec } from "./spec.ts";
import { didYouMean } from "./suggest.ts";
import { orList, quote } from "./values.ts";

/** The shells that there are scripts for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

const ROWS: readonly CommandSpec[] = COMMANDS;
const PROGRAMS = [...new Set(ROWS.map((row) => row.program)), "completion", "hash"];
const SYSTEMS = [...new Set(ROWS.map((row) => row.system))];

/**
 * Makes the completion script of a shell, for the program `halfway`.
 *
 * @param shell `bash`, `zsh` or `fish`.
 * @returns The script, to be sourced or put where the shell looks for it.
 * @throws {UsageError} If there is no script for the shell.
 */
export function completionScript(shell: string): string {
  switch (shell) {
    case "bash":
      return bashScript();
    case "zsh":
      return zshScript();
    case "fish":
      return fishScript();
    default:
      throw new UsageError(
        `There is no completion for ${quote(shell)}: expected ${orList(SHELLS)}${
          didYouMean(shell, SHELLS)
        }`,
      );
  }
}

function bashScript(): string {
  return `# Completion of halfway for bash: source <(halfway completion bash)
_halfway() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local program=\${COMP_WORDS[1]} system=${DEFAULT_SYSTEM} i
  local IFS=$' \\t\\n'
  # Readline splits --name=value at the equals sign.
  if [[ $cur == "=" ]]; then cur=
  elif [[ $prev == "=" ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${PROGRAMS.join(" ")}" -- "$cur"))
    return
  fi
  for ((i = 2; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in ${SYSTEMS.join("|")}) system=\${COMP_WORDS[i]}; break ;; esac
  done
  case "$program $system $prev" in
${
    valueCases((words) => `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$cur"))`, {
      file: `compopt -o filenames 2>/dev/null; IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$cur"))`,
      none: `:`,
    })
  }
  esac
  case "$program $system $cur" in
${
    eachRow((row, key) =>
      `    "${key} -"*) COMPREPLY=($(compgen -W "${
        row.options.map(longName).join(" ")
      }" -- "$cur")) ;;\n` +
      `    "${key} "*) COMPREPLY=($(compgen -W "${argumentWords(row).join(" ")}" -- "$cur")) ;;`
    )
  }
    "completion "*) COMPREPLY=($(compgen -W "${SHELLS.join(" ")}" -- "$cur")) ;;
  esac
}
complete -F _halfway halfway
`;
}

function zshScript(): string {
  return `#compdef halfway
# Completion of halfway for zsh: source <(halfway completion zsh)
_halfway() {
  local prev=\${words[CURRENT-1]} program=\${words[2]} system=${DEFAULT_SYSTEM} word
  local -a items
  if (( CURRENT == 2 )); then
    compadd -- ${PROGRAMS.join(" ")}
    return
  fi
  for word in \${words[3,CURRENT-1]}; do
    case "$word" in ${SYSTEMS.join("|")}) system=$word; break ;; esac
  done
  if [[ $PREFIX == --*=* ]]; then
    prev=\${PREFIX%%=*}
    compset -P '*='
  fi
  case "$program $system $prev" in
${valueCases((words) => `compadd -- ${words.join(" ")}`, { file: "_files", none: ":" })}
  esac
  case "$program $system" in
${
    eachRow((row, key) =>
      `    "${key}")
      if [[ $PREFIX == -* ]]; then
        items=(${
        row.options.map((option) => singleQuote(`${longName(option)}:${option.help}`)).join(" ")
      })
        _describe -o option items
      else
        compadd -- ${argumentWords(row).join(" ")}
      fi ;;`
    )
  }
    "completion "*) compadd -- ${SHELLS.join(" ")} ;;
  esac
}
if [[ "\${funcstack[1]}" == _halfway ]]; then _halfway "$@"; else compdef _halfway halfway; fi
`;
}

function fishScript(): string {
  const lines = [
    "# Completion of halfway for fish: halfway completion fish | source",
    "function __halfway_at",
    "  set -l typed (commandline -opc)",
    '  test (count $typed) -ge 2; and test "$typed[2]" = "$argv[1]"; or return 1',
    `  set -l system ${DEFAULT_SYSTEM}`,
    "  for word in $typed[3..-1]",
    `    if contains -- $word ${SYSTEMS.join(" ")}`,
    "      set system $word",
    "      break",
    "    end",
    "  end",
    '  test (count $argv) -lt 2; or test "$system" = "$argv[2]"',
    "end",
    "complete -c halfway -f",
    `complete -c halfway -n 'test (count (commandline -opc)) -eq 1' -a ${
      singleQuote(PROGRAMS.join(" "))
    }`,
    `complete -c halfway -n '__halfway_at completion' -a ${singleQuote(SHELLS.join(" "))}`,
  ];
  for (const row of ROWS) {
    const start = `complete -c halfway -n '__halfway_at ${row.program} ${row.system}'`;
    lines.push(`${start} -a ${singleQuote(argumentWords(row).join(" "))}`);
    for (const option of row.options) {
      const short = option.short === undefined ? "" : ` -s ${option.short}`;
      const value = option.type === "boolean"
        ? ""
        : option.type === "choice"
        ? ` -x -a ${singleQuote(option.choices.join(" "))}`
        : takesFile(option)
        ? " -r -F"
        : " -x";
      lines.push(`${start} -l ${option.name}${short}${value} -d ${singleQuote(option.help)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** What a shell does for the value of an option that takes a file, or one that nothing is known of. */
interface ValueActions {
  readonly file: string;
  readonly none: string;
}

/** The branches on "program system option" that complete the option's value. */
function valueCases(
  choose: (words: readonly string[]) => string,
  actions: ValueActions,
): string {
  return eachRow((row, key) =>
    row.options.filter((option) => option.type !== "boolean").map((option) => {
      const names = [longName(option), ...option.short === undefined ? [] : [`-${option.short}`]];
      const action = option.type === "choice"
        ? choose(option.choices)
        : takesFile(option)
        ? actions.file
        : actions.none;
      return `    ${names.map((name) => `"${key} ${name}"`).join("|")}) ${action}; return ;;`;
    }).join("\n")
  );
}

function eachRow(write: (row: CommandSpec, key: string) => string): string {
  return ROWS.map((row) => write(row, `${row.program} ${row.system}`)).join("\n");
}

function longName(option: OptionSpec): string {
  return `--${option.name}`;
}

/** A free text may be a file when its row says so. */
function takesFile(option: OptionSpec): boolean {
  return option.type === "file" || option.metavar?.includes("FILE") === true;
}

function argumentWords(row: CommandSpec): string[] {
  const systems = ROWS.filter((other) => other.program === row.program).map((other) =>
    other.system
  );
  return [...new Set([...systems, ...row.positionals.flatMap((spec) => spec.choices ?? [])])];
}

function singleQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
