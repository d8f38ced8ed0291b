import { createInterface, type Interface } from 'node:readline'
import { orAbort } from '../model/or-abort.ts'
import type { Completion } from './complete-line.ts'
import { editableText, typedText } from './editable.ts'
import { type History, isKept, mostLines } from './history.ts'
import type { Keyboard } from './keyboard.ts'
import type { Terminal } from './terminal.ts'

export interface LineReaderOptions {
  readonly terminal: Terminal
  readonly keyboard: Keyboard
  readonly history: Pick<History, 'lines'>
  /** What Tab does, of the line up to the cursor. */
  readonly complete: (text: string, signal: AbortSignal) => Promise<Completion | undefined>
}

/** Lines that a person edits. */
export class LineReader implements Disposable {
  readonly #editor: Interface
  readonly #keyboard: Keyboard
  readonly #output: Terminal['output']
  #isOver = false

  constructor({ terminal, keyboard, history, complete }: LineReaderOptions) {
    this.#keyboard = keyboard
    this.#output = terminal.output
    this.#editor = createInterface({
      input: keyboard.keys,
      output: terminal.output,
      terminal: true,
      history: history.lines.map(editableText),
      historySize: mostLines,
      removeHistoryDuplicates: true,
      completer: (text: string, done: Completer) => {
        const given = new AbortController()
        keyboard.hold(() => given.abort(new Error('interrupted')))
        orAbort(complete(text, given.signal), given.signal)
          .then(
            (completion) => completed(text, completion),
            () => nothing,
          )
          .then((answer) => {
            keyboard.edit()
            done(null, answer)
          })
      },
    })
    this.#editor.on('SIGINT', () => this.forget())
    this.#editor.on('SIGTSTP', () => this.#stop())
    this.#editor.on('close', () => {
      this.#isOver = true
    })
    this.#editor.on('history', (lines: string[]) => {
      if (!isKept(lines[0] ?? '')) lines.shift()
    })
  }

  /** The next line, or nothing where there is none: Ctrl-D, or the terminal is gone. */
  async read(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    if (this.#isOver) return undefined
    const settled = new AbortController()
    const line = new Promise<string | undefined>((resolve) => {
      const end = (given?: string): void => {
        this.#keyboard.hold()
        resolve(given)
      }
      this.#editor.once('line', end)
      this.#editor.once('close', end)
      settled.signal.addEventListener('abort', () => {
        this.#editor.off('line', end)
        this.#editor.off('close', end)
      })
    })
    try {
      this.#editor.setPrompt(prompt)
      this.#editor.prompt()
      this.#keyboard.edit()
      const given = await orAbort(line, signal)
      if (given === undefined) this.#output.write('\n')
      return given === undefined ? undefined : typedText(given)
    } finally {
      settled.abort()
    }
  }

  /** Gives up the line that is edited, as Ctrl-C does, and starts anew. */
  forget(): void {
    if (this.#isOver) return
    this.#editor.write(null, { ctrl: true, name: 'e' })
    this.#output.write('^C\n')
    this.#editor.write(null, { ctrl: true, name: 'u' })
  }

  /** Ctrl-Z: until `fg`, or not at all where nobody could bring it back. node:readline's own would leave the terminal cooked then. */
  #stop(): void {
    this.#keyboard.release()
    process.kill(process.pid, 'SIGTSTP')
    this.#keyboard.edit()
    this.#editor.prompt(true)
  }

  [Symbol.dispose](): void {
    this.#editor.close()
  }
}

type Answer = [string[], string]
type Completer = (error: null, answer: Answer) => void

const nothing: Answer = [[], '']

/**
 * As node:readline wants it: words, of which their common beginning takes the place of the text. A choice that is only shown has
 * its own common beginning as that text, so that nothing is replaced by what was escaped for the screen.
 */
function completed(text: string, completion: Completion | undefined): Answer {
  if (completion === undefined) return nothing
  if ('choices' in completion) return [[...completion.choices], commonStart(completion.choices)]
  return [[completion.word], text.slice(completion.start)]
}

function commonStart(texts: readonly string[]): string {
  const [first = '', ...others] = texts
  let length = first.length
  for (const other of others) {
    let same = 0
    while (same < length && other[same] === first[same]) same += 1
    length = same
  }
  return first.slice(0, length)
}
