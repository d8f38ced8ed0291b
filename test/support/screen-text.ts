/**
 * What a terminal shows after this output: text, line ends, and the few control sequences that programs move and erase with
 * (ECMA-48 CUU, CUD, CUF, CUB, CHA, CUP, ED, EL). Others, colours among them, show nothing.
 */
export function screenText(output: string, columns = 80): string {
  const screen = new Screen(columns)
  for (const [piece, parameters, final] of output.matchAll(sequence)) {
    if (final !== undefined) screen.control(final, parameters ?? '')
    else screen.put(piece)
  }
  return screen.text()
}

const sequence = /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|./gsu

class Screen {
  readonly #columns: number
  readonly #rows: string[][] = [[]]
  #row = 0
  #column = 0

  constructor(columns: number) {
    this.#columns = columns
  }

  put(piece: string): void {
    if (piece === '\r') this.#column = 0
    else if (piece === '\n') this.#row += 1
    else if (piece === '\b') this.#column = Math.max(0, this.#column - 1)
    else if (piece === '\t') this.#column += 8 - (this.#column % 8)
    else if (piece >= ' ' && !piece.startsWith('\x1b')) this.#print(piece)
  }

  control(final: string, parameters: string): void {
    const [first = Number.NaN, second = Number.NaN] = parameters.split(';').map((value) => Number.parseInt(value, 10))
    const count = first || 1
    if (final === 'A') this.#row = Math.max(0, this.#row - count)
    else if (final === 'B') this.#row += count
    else if (final === 'C') this.#column += count
    else if (final === 'D') this.#column = Math.max(0, this.#column - count)
    else if (final === 'G') this.#column = count - 1
    else if (final === 'H') this.#move(count - 1, (second || 1) - 1)
    else if (final === 'K') this.#eraseInLine(first || 0)
    else if (final === 'J') this.#eraseInScreen(first || 0)
  }

  text(): string {
    const lines = Array.from(this.#rows, (row) =>
      Array.from(row ?? [], (cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    )
    return lines.join('\n').trimEnd()
  }

  #move(row: number, column: number): void {
    this.#row = row
    this.#column = column
  }

  #print(character: string): void {
    if (this.#column >= this.#columns) this.#move(this.#row + 1, 0)
    this.#line()[this.#column] = character
    this.#column += 1
  }

  #eraseInLine(what: number): void {
    const line = this.#line()
    if (what === 0) line.length = Math.min(line.length, this.#column)
    else if (what === 1) line.fill(' ', 0, this.#column + 1)
    else line.length = 0
  }

  #eraseInScreen(what: number): void {
    if (what === 0) this.#rows.length = Math.min(this.#rows.length, this.#row + 1)
    if (what === 1) this.#rows.fill([], 0, this.#row)
    if (what >= 2) this.#rows.length = 0
    else this.#eraseInLine(what)
  }

  #line(): string[] {
    const line = this.#rows[this.#row] ?? []
    this.#rows[this.#row] = line
    return line
  }
}
