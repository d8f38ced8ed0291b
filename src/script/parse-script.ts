import { FerryError, type Place, type Problem } from '../errors/ferry-error.ts'
import { counted } from '../model/counted.ts'
import type { Parameter } from '../model/script.ts'
import { suggest } from '../model/suggest.ts'
import { parseCommand, type SyntaxProblem, withoutPrefixes } from './parse-command.ts'
import type { Script, ScriptLine } from './script.ts'
import type { Values } from './words.ts'

export interface ParseOptions {
  /** For places: the file, `-`, `-c`, `@name`. */
  readonly file: string
  /** What the script declares; where it is left out, each variable declares a parameter of its name. */
  readonly parameters?: Readonly<Record<string, Parameter>>
  readonly variables?: Readonly<Record<string, string>>
  /** False: a line is looked at when its turn comes, as sftp does. */
  readonly precheck?: boolean
}

/**
 * Reads a script in sftp's batch language, up to its first `quit`. All that is wrong with it is told at once (`script_invalid`), but
 * for lines prefixed with `-`. Text is as `decodeName` gives it, so that names keep their bytes.
 */
export function parseScript(text: string, options: ParseOptions): Script {
  const { file, precheck = true } = options
  const values = parameterValues(options)
  const lines = { [Symbol.iterator]: () => readLines(text, values) }
  if (precheck) check(file, lines)
  return { file, lines, isChecked: precheck }
}

function check(file: string, lines: Iterable<ScriptLine>): void {
  const problems: Problem[] = []
  for (const { line, ignoresFailure, command } of lines) {
    if (command instanceof FerryError && !ignoresFailure) problems.push(problemAt(file, line, command))
  }
  if (problems.length > 0) throw invalidScript(file, problems)
}

/** Lines with a command in them, up to the one that ends the script; read as they are asked for, so that none is kept. */
function* readLines(text: string, values: Values): Generator<ScriptLine, void, undefined> {
  let number = 0
  for (let start = 0; start <= text.length; ) {
    const feed = text.indexOf('\n', start)
    const end = feed < 0 ? text.length : feed
    number += 1
    const line = parseLine(text.slice(start, end), number, values)
    if (line !== undefined) yield line
    if (line?.command.name === 'quit') return
    start = end + 1
  }
}

const noValues: Values = new Map()

/** Reads one line; where there is no command in it, there is nothing. */
export function parseLine(content: string, line: number, values: Values = noValues): ScriptLine | undefined {
  const stripped = withoutPrefixes(content)
  if (stripped === undefined) return undefined
  const { ignoresFailure, rest } = stripped
  const parsed = parseCommand(rest, values)
  return { line, text: content.trim(), ignoresFailure, command: 'name' in parsed ? parsed : syntaxError(parsed) }
}

const problemAt = (file: string, line: number, { message, details: { hint } }: FerryError): Problem => ({
  file,
  line,
  message,
  ...(hint !== undefined && { hint }),
})

const syntaxError = ({ problem, hint }: SyntaxProblem): FerryError =>
  new FerryError('script_invalid', problem, hint === undefined ? {} : { hint })

/** Tells of all lines that keep a script from running. */
export function invalidScript(file: string, problems: readonly Problem[]): FerryError {
  const [first] = problems
  return new FerryError('script_invalid', `${file}: ${counted(problems.length, 'problem')}, nothing was run`, {
    errors: problems,
    ...(first !== undefined && { place: placeOf(first) }),
  })
}

const placeOf = ({ file, line }: Problem): Place => ({ file, ...(line !== undefined && { line }) })

/** What each parameter stands for. A value that is missing, or that no parameter is there for, is wrong usage. */
function parameterValues({ file, parameters, variables = {} }: ParseOptions): Values {
  const given = new Map(Object.entries(variables))
  if (parameters === undefined) return checked(given)
  const declared = new Map(Object.entries(parameters))
  for (const name of given.keys()) {
    if (declared.has(name)) continue
    const nearest = suggest(name, declared.keys())
    throw new FerryError('usage', `${file}: no parameter is named "${name}"`, {
      ...(nearest !== undefined && { hint: `did you mean "${nearest}"?` }),
    })
  }
  const missing = [...declared].filter(
    ([name, parameter]) => parameter.required && parameter.default === undefined && !given.has(name),
  )
  if (missing.length > 0) {
    const names = missing.map(([name]) => name)
    throw new FerryError('usage', `${file}: no value for ${names.map((name) => `"${name}"`).join(', ')}`, {
      hint: names.map((name) => `--var ${name}=VALUE`).join(' '),
    })
  }
  const values = [...declared].map(([name, parameter]): [string, string] => [
    name,
    given.get(name) ?? parameter.default ?? '',
  ])
  return checked(new Map(values))
}

/** No path and no argument of a program can hold a NUL byte. */
function checked(values: Values): Values {
  for (const [name, value] of values) {
    if (value.includes('\0')) throw new FerryError('usage', `the value of "${name}" contains a NUL byte`)
  }
  return values
}
