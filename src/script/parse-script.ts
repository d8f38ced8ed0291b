import { FerryError, type Place, type Problem } from '../errors/ferry-error.ts'
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
}

/**
 * Reads a whole script in sftp's batch language, up to its first `quit`. All that is wrong with it is told at once (`script_invalid`), but
 * for lines prefixed with `-`. Text is as `decodeName` gives it, so that names keep their bytes.
 */
export function parseScript(text: string, options: ParseOptions): Script {
  const { file } = options
  const values = parameterValues(options)
  const lines: ScriptLine[] = []
  const problems: Problem[] = []
  for (const [index, content] of text.split('\n').entries()) {
    const stripped = withoutPrefixes(content)
    if (stripped === undefined) continue
    const line = index + 1
    const { ignoresFailure, rest } = stripped
    const parsed = parseCommand(rest, values)
    const isValid = 'name' in parsed
    if (!isValid && !ignoresFailure) {
      problems.push({ file, line, message: parsed.problem, ...(parsed.hint !== undefined && { hint: parsed.hint }) })
      continue
    }
    const command = isValid ? parsed : syntaxError(parsed)
    lines.push({ line, text: content.trim(), ignoresFailure, command })
    if (isValid && parsed.name === 'quit') break
  }
  if (problems.length > 0) throw invalidScript(file, problems)
  return { file, lines }
}

const syntaxError = ({ problem, hint }: SyntaxProblem): FerryError =>
  new FerryError('script_invalid', problem, hint === undefined ? {} : { hint })

/** Tells of all lines that keep a script from running. */
export function invalidScript(file: string, problems: readonly Problem[]): FerryError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  const [first] = problems
  return new FerryError('script_invalid', `${file}: ${count}, nothing was run`, {
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
