import type { ChalkInstance } from 'chalk'
import { rendered, style } from './styled-text.ts'

/** Columns two blanks apart, under a heading where there is one; `right` names the columns that are aligned to the right. */
export function alignedTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
  chalk: ChalkInstance | undefined,
): string[] {
  const lines = heading.length === 0 ? rows : [heading.map((cell) => style.bold(cell)), ...rows]
  const widths: number[] = []
  for (const line of lines) {
    line.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, [...rendered(cell, undefined)].length)
    })
  }
  return lines.map((line) =>
    line
      .map((cell, column) => {
        const blanks = ' '.repeat(Math.max(0, (widths[column] ?? 0) - [...rendered(cell, undefined)].length))
        const text = rendered(cell, chalk)
        return right.includes(column) ? blanks + text : text + blanks
      })
      .join('  ')
      .trimEnd(),
  )
}

/** One record a line, its fields parted by tabs: an escaped field holds none. */
export function tabbedTable(rows: readonly (readonly string[])[], chalk: ChalkInstance | undefined): string[] {
  return rows.map((line) => line.map((cell) => rendered(cell, chalk)).join('\t'))
}
