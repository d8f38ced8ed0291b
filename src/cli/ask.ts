import type { Writable } from 'node:stream'
import { FerryError } from '../errors/ferry-error.ts'
import { visible } from '../model/visible.ts'
import type { TerminalInput } from '../shell/terminal.ts'
import type { Prompt } from '../ssh/transport.ts'

const keys = { ctrlC: 3, ctrlD: 4, backspace: 8, newline: 10, return: 13, ctrlU: 21, delete: 127 } as const

/** No one types more; a terminal that sends more is no person. */
const longestAnswer = 4096

/**
 * Asks at the terminal. The terminal echoes nothing, and we do only what may be seen. Ctrl-C and Ctrl-D give up. The terminal's
 * mode is as it was afterwards, whatever happens. Questions that come at the same time are asked one after the other.
 */
export function asker(
  input: TerminalInput,
  output: Writable,
): (prompt: Prompt, signal: AbortSignal) => Promise<string> {
  let last: Promise<unknown> = Promise.resolve()
  return (prompt, signal) => {
    const answer = last.then(() => askOnce(input, output, prompt, signal))
    last = answer.catch(() => undefined)
    return answer
  }
}

async function askOnce(input: TerminalInput, output: Writable, prompt: Prompt, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  // In this order: what is typed as soon as the question shows must not be echoed.
  input.setRawMode?.(true)
  output.write(visible(prompt.text))
  const settled = new AbortController()
  try {
    return await new Promise<string>((resolve, reject) => {
      const line = lineEditor(prompt.echo ? output : undefined)
      const giveUp = (): void => reject(new FerryError('cancelled', 'interrupted'))
      const onData = (chunk: Buffer): void => {
        const end = chunk.findIndex((byte) => line.type(byte))
        if (end < 0) return
        // Paused first: what was typed ahead waits for the next question.
        input.off('data', onData)
        input.pause()
        if (end + 1 < chunk.length) input.unshift(chunk.subarray(end + 1))
        const answer = line.answer()
        if (answer === undefined) giveUp()
        else resolve(answer)
      }
      input.on('data', onData)
      input.on('end', giveUp)
      const onAbort = (): void => reject(signal.reason)
      signal.addEventListener('abort', onAbort)
      settled.signal.addEventListener('abort', () => {
        input.off('data', onData)
        input.off('end', giveUp)
        signal.removeEventListener('abort', onAbort)
      })
      input.resume()
    })
  } finally {
    settled.abort()
    input.pause()
    input.setRawMode?.(false)
    output.write('\n')
  }
}

interface LineEditor {
  /** Takes one byte; true where the line ends with it. */
  type(byte: number): boolean
  /** The line, or `undefined` where the person gave up. */
  answer(): string | undefined
}

function lineEditor(echo: Writable | undefined): LineEditor {
  const bytes: number[] = []
  let gaveUp = false
  const erase = (): void => {
    // A character of several bytes goes whole: its continuation bytes are 10xxxxxx.
    let byte = bytes.pop()
    while (byte !== undefined && (byte & 0xc0) === 0x80) byte = bytes.pop()
    if (byte !== undefined) echo?.write('\b \b')
  }
  return {
    type(byte) {
      if (byte === keys.return || byte === keys.newline) return true
      if (byte === keys.ctrlC || (byte === keys.ctrlD && bytes.length === 0)) {
        gaveUp = true
        return true
      }
      if (byte === keys.delete || byte === keys.backspace) erase()
      else if (byte === keys.ctrlU) while (bytes.length > 0) erase()
      else if (byte >= 0x20 && bytes.length < longestAnswer) {
        bytes.push(byte)
        echo?.write(Buffer.of(byte))
      }
      return false
    },
    answer: () => (gaveUp ? undefined : Buffer.from(bytes).toString('utf8')),
  }
}
