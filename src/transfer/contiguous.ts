/** How far a file is whole when its pieces arrive in any order. */
export class Contiguous {
  /** Everything below is there. */
  reached: number
  /** The end of what is there, holes or not. */
  furthest: number
  readonly #ahead = new Map<number, number>()

  constructor(start: number) {
    this.reached = start
    this.furthest = start
  }

  /** The piece that starts at `offset` is there. Pieces do not overlap. */
  add(offset: number, length: number): void {
    this.furthest = Math.max(this.furthest, offset + length)
    if (offset !== this.reached) {
      this.#ahead.set(offset, offset + length)
      return
    }
    this.reached = offset + length
    for (let end = this.#ahead.get(this.reached); end !== undefined; end = this.#ahead.get(this.reached)) {
      this.#ahead.delete(this.reached)
      this.reached = end
    }
  }
}
