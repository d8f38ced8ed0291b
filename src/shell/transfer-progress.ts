import type { TransferVerb } from '../script/command-run.ts'
import type { TransferEvent } from '../transfer/progress.ts'
import type { ShellHost, TransferView } from './shell-host.ts'

/** Shows the transfers of one command; disposing of it ends the drawing. */
export class TransferProgress implements Disposable {
  readonly #host: ShellHost
  readonly #startedAt = performance.now()
  #view: TransferView | undefined
  #files = 0
  #bytes = 0

  constructor(host: ShellHost) {
    this.#host = host
  }

  add(event: TransferEvent, verb: TransferVerb): void {
    this.#view ??= this.#host.transfer(verb)
    this.#view.listener(event)
    if (event.kind !== 'done') return
    this.#files += 1
    this.#bytes += event.bytes
  }

  /** Says what was moved. */
  finish(): void {
    const durationMs = performance.now() - this.#startedAt
    const nothing = { directories: 0, skipped: 0, deleted: 0, failures: [] }
    if (this.#files > 0) this.#view?.finish({ files: this.#files, bytes: this.#bytes, durationMs, ...nothing })
  }

  [Symbol.dispose](): void {
    this.#view?.[Symbol.dispose]()
  }
}
