import { spawn } from 'node:child_process'
import { collect, endOf, type FerryOptions, ferryPlace } from './run-ferry.ts'
import { screenText } from './screen-text.ts'

export interface TerminalOptions extends Omit<FerryOptions, 'stdin'> {
  /** What a person types, each when the output has a match; a line needs its `\r`, and `\x03` is Ctrl-C. */
  readonly typing?: readonly Typing[]
  /** Each match has to come behind what was typed before. */
  readonly inTurn?: boolean
  /** It is stopped once, by Ctrl-Z, and goes on at once, as behind `fg`. */
  readonly stops?: boolean
  /** 80 when absent. */
  readonly columns?: number
}

export interface Typing {
  readonly at: RegExp
  /** Done after the match and before the text is typed. */
  readonly before?: () => Promise<unknown>
  readonly text: string
}

export interface TerminalResult {
  /** What is on the screen in the end, as a person sees it: lines without colour, trailing blanks and blank last lines. */
  readonly screen: string
  /** Every byte that came, control sequences included. */
  readonly output: string
  /** 128 and the signal's number where a signal ended it, as shells tell it. */
  readonly exitCode: number | null
}

/** Runs `bin/ferry.js` with a real terminal for all three streams: script(1) of util-linux makes the pty. */
export async function runInTerminal(args: readonly string[], options: TerminalOptions = {}): Promise<TerminalResult> {
  const { typing = [], inTurn = false, stops = false, columns = 80, signal } = options
  const place = await ferryPlace(options)
  try {
    const words = [process.execPath, place.program, ...args].map(quoted).join(' ')
    const command = `stty cols ${columns} rows 24 && ${stops ? `set -m && { ${words}; fg; }` : `exec ${words}`}`
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: place.cwd,
      env: { TERM: 'xterm-256color', ...place.env, SHELL: '/bin/sh' },
      stdio: ['pipe', 'pipe', 'inherit'],
      ...(signal !== undefined && { signal, killSignal: 'SIGKILL' as const }),
    })
    child.stdin.on('error', () => undefined)
    const output = collect(child.stdout)
    const ended = endOf(child)
    let seen = 0
    for (const { at, before, text } of typing) {
      await output.until(at, ended, seen)
      await before?.()
      if (inTurn) seen = output.bytes().length
      child.stdin.write(text)
    }
    const { exitCode } = await ended
    const text = output.bytes().toString('utf8')
    return { screen: screenText(text, columns), output: text, exitCode }
  } finally {
    await place.dispose()
  }
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
