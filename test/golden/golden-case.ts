import { readFile } from 'node:fs/promises'

/** One command line of a case, and all that is to come of it. */
export interface Step {
  /** Where it stands, `ping.txt:3`. */
  readonly place: string
  readonly line: string
  readonly environment: Readonly<Record<string, string>>
  readonly args: readonly string[]
  /** Run on a terminal: then `stdout` is what is on its screen. */
  readonly onTerminal: boolean
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

/**
 * Reads a case: `$ ferry …` runs in a pipe, `% ferry …` on a terminal; after `2> ` is a line of stderr, `[3]` is an exit code other
 * than 0, any other line is one of stdout. An empty line before the next command line ends a step.
 */
export async function readCase(file: string): Promise<Step[]> {
  const name = file.slice(file.lastIndexOf('/') + 1)
  const steps: Step[] = []
  let at = 1
  for (const text of (await readFile(file, 'utf8')).trimEnd().split(/\n\n(?=[$%] )/)) {
    const [line = '', ...lines] = text.split('\n')
    steps.push({ place: `${name}:${at}`, ...commandLine(line), ...expected(lines) })
    at += lines.length + 2
  }
  return steps
}

function commandLine(line: string): Pick<Step, 'line' | 'environment' | 'args' | 'onTerminal'> {
  const words = [...line.slice(2).matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ''))
  const program = words.indexOf('ferry')
  return {
    line: line.slice(2),
    environment: Object.fromEntries(words.slice(0, program).map((word) => word.split('='))),
    args: words.slice(program + 1),
    onTerminal: line.startsWith('%'),
  }
}

function expected(lines: readonly string[]): Pick<Step, 'stdout' | 'stderr' | 'exitCode'> {
  const exit = /^\[(\d+)\]$/
  const text = (chosen: readonly string[]): string => chosen.map((line) => `${line}\n`).join('')
  return {
    stdout: text(lines.filter((line) => !line.startsWith('2> ') && !exit.test(line))),
    stderr: text(lines.filter((line) => line.startsWith('2> ')).map((line) => line.slice(3))),
    exitCode: Number(lines.map((line) => exit.exec(line)?.[1]).find((code) => code !== undefined) ?? 0),
  }
}
