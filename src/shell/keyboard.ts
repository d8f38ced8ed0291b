import { PassThrough } from 'node:stream'
import type { TerminalInput } from './terminal.ts'

const ctrlC = 3
const lineEnds = new Set([10, 13])
/** What is typed ahead beyond this is lost, as with a terminal's own buffer. */
const mostAhead = 65_536

/**
 * What is typed, given to whom it belongs: to the line editor while a line is edited, to nobody while something else has the terminal, and
 * else kept for the next line. Then Ctrl-C is no key but an interruption. The terminal is in raw mode meanwhile, so that the kernel sends
 * no signal to the children that carry the connection.
 */
export class Keyboard implements Disposable {
  /** What the line editor reads. */
  readonly keys: PassThrough & TerminalInput
  readonly #input: TerminalInput
  #mode: 'editing' | 'holding' | 'released' = 'released'
  #onInterrupt: (() => void) | undefined
  #ahead: Buffer = Buffer.alloc(0)

  constructor(input: TerminalInput) {
    this.#input = input
    this.keys = Object.assign(new PassThrough(), { setRawMode: (on: boolean) => input.setRawMode?.(on) })
    input.on('end', this.#onEnd)
  }

  /** Keys are the line editor's, those that were typed ahead first. */
  edit(): void {
    this.#onInterrupt = undefined
    this.#take('editing')
    setImmediate(this.#feed)
  }

  /** Keys are kept, and Ctrl-C calls `onInterrupt`. */
  hold(onInterrupt: () => void = () => undefined): void {
    this.#onInterrupt = onInterrupt
    this.#take('holding')
  }

  /** The terminal is as it was, for somebody else to read. */
  release(): void {
    if (this.#mode === 'released') return
    this.#mode = 'released'
    this.#input.off('data', this.#onData)
    this.#input.pause()
    this.#input.setRawMode?.(false)
  }

  [Symbol.dispose](): void {
    this.release()
    this.#input.off('end', this.#onEnd)
  }

  #take(mode: 'editing' | 'holding'): void {
    if (this.#mode === 'released') {
      this.#input.setRawMode?.(true)
      this.#input.on('data', this.#onData)
      this.#input.resume()
    }
    this.#mode = mode
  }

  readonly #onEnd = (): void => void this.keys.end()

  readonly #onData = (chunk: Buffer): void => {
    const at = this.#mode === 'holding' ? chunk.lastIndexOf(ctrlC) : -1
    // As a terminal does, an interruption forgets what was typed before it.
    this.#ahead = at < 0 ? Buffer.concat([this.#ahead, chunk]).subarray(0, mostAhead) : chunk.subarray(at + 1)
    if (at >= 0) this.#onInterrupt?.()
    this.#feed()
  }

  /** A line at a time: what follows is for the editor only once it asks for the next one. */
  readonly #feed = (): void => {
    if (this.#mode !== 'editing' || this.#ahead.length === 0) return
    const end = this.#ahead.findIndex((byte) => lineEnds.has(byte))
    const piece = end < 0 ? this.#ahead : this.#ahead.subarray(0, end + 1)
    this.#ahead = this.#ahead.subarray(piece.length)
    this.keys.write(piece)
    if (this.#ahead.length > 0) setImmediate(this.#feed)
  }
}
