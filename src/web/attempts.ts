/** Failed log-ins of one address within `windowMs`, after which it has to wait. */
const limit = 10
const windowMs = 60_000
/** Addresses that are remembered; the oldest is forgotten first. */
const remembered = 1000

/** Counts failed log-ins, so that a token or a password cannot be found by trying. */
export class Attempts {
  readonly #now: () => Date
  readonly #failures = new Map<string, number[]>()

  constructor(now: () => Date) {
    this.#now = now
  }

  /** Seconds that this address has to wait before its next try; 0 where it may try now. */
  waitSeconds(address: string): number {
    const recent = this.#recent(address)
    const [oldest = 0] = recent
    return recent.length < limit ? 0 : Math.max(1, Math.ceil((oldest + windowMs - this.#now().getTime()) / 1000))
  }

  failed(address: string): void {
    const recent = [...this.#recent(address), this.#now().getTime()].slice(-limit)
    this.#failures.delete(address)
    this.#failures.set(address, recent)
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > remembered && oldest !== undefined) this.#failures.delete(oldest)
  }

  #recent(address: string): number[] {
    const since = this.#now().getTime() - windowMs
    return (this.#failures.get(address) ?? []).filter((at) => at > since)
  }
}
