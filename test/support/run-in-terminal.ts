import { spawn } from 'node:child_process'
import { collect, endOf, type FerryOptions, ferryPlace } from './run-ferry.ts'
import { screenText } from './screen-text.ts'

export interface TerminalOptions extends Omit<FerryOptions, 'stdin'> {
  /** What a person types, each when the output has a match; a line needs its `\r`, and `\x03` is Ctrl-C. */
  readonly typing?: readonly { readonly at: RegExp; readonly text: string }[]
  /** 80 when absent. */
  readonly columns?: number
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
  const { typing = [], columns = 80, signal } = options
  const place = await ferryPlace(options)
  try {
    const words = [process.execPath, place.program, ...args].map(quoted).join(' ')
    const command = `stty cols ${columns} rows 24 && exec ${words}`
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: place.cwd,
      env: { TERM: 'xterm-256color', ...place.env, SHELL: '/bin/sh' },
      stdio: ['pipe', 'pipe', 'inherit'],
      ...(signal !== undefined && { signal, killSignal: 'SIGKILL' as const }),
    })
    child.stdin.on('error', () => undefined)
    const output = collect(child.stdout)
    const ended = endOf(child)
    for (const { at, text } of typing) {
      await output.until(at, ended)
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
