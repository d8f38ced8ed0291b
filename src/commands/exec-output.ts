import type { FerryError } from '../errors/ferry-error.ts'
import { encodeName } from '../model/name-bytes.ts'
import { visible } from '../model/visible.ts'
import { forAct } from './act-error.ts'
import { placeText } from './connection-document.ts'
import type { Io } from './io.ts'

/** Where a script's run over one connection goes. */
export interface ExecOutput {
  /** What commands print. Names in it are escaped by sftp's rules already. */
  readonly print: (text: string) => Promise<void>
  /** What is no failure, in lines. */
  readonly remark: (text: string) => void
  /** A command that is about to run. */
  readonly step: (text: string) => void
  /** A line's failure that ends nothing. */
  readonly problem: (error: FerryError) => void
}

/** One connection's output is the command's own. */
export const plainOutput = (io: Io): ExecOutput => ({
  print: (text) => io.bytes(encodeName(text)),
  remark: (text) => {
    for (const line of linesOf(text)) io.note(0, line)
  },
  step: (text) => io.note(1, text),
  problem: (error) => io.problem(error),
})

/** One of several connections' output: every line begins with the connection's name. */
export function namedOutput(
  io: Io,
  name: string,
): ExecOutput & {
  /** What ended the run on this connection. */
  readonly failure: (error: FerryError) => void
  /** Prints a last line that had no end. */
  readonly end: () => Promise<void>
} {
  let rest = ''
  const printLines = (lines: readonly string[]): Promise<void> =>
    io.bytes(encodeName(lines.map((line) => `${visible(name)}: ${line}\n`).join('')))
  const complain = (error: FerryError): void => {
    for (const line of errorLines(error)) io.complaint(`${name}: ${line}`)
  }
  return {
    print: async (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      if (lines.length > 0) await printLines(lines)
    },
    remark: (text) => {
      for (const line of linesOf(text)) {
        if (io.json) io.note(0, `${name}: ${line}`)
        else io.summary(`${name}: ${line}`)
      }
    },
    step: (text) => io.note(1, `${name}: ${text}`),
    problem: complain,
    failure: (error) => {
      const act = `exec ${name}`
      if (io.json) io.problem(forAct(error, act).with({ connection: name }))
      else complain(error.with({ message: error.message.replace(`${act}: `, '') }))
    },
    end: async () => {
      if (rest !== '') await printLines([rest])
    },
  }
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '')

/** An error for people under a name: each problem, what failed and why, where, and what to do. */
function errorLines({ message, details: { hint, place, errors = [] } }: FerryError): string[] {
  const hints = (text: string | undefined): string[] => (text === undefined ? [] : [`  hint: ${text}`])
  return [
    ...errors.flatMap((problem) => [`${placeText(problem)}: ${problem.message}`, ...hints(problem.hint)]),
    message,
    ...(place === undefined || errors.length > 0 ? [] : [`  at ${placeText(place)}`]),
    ...hints(hint),
  ]
}
