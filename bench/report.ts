import type { Verdict } from './judge.ts'
import type { Figure } from './run-case.ts'
import type { OwnFigure } from './start-up.ts'

export interface CaseResult {
  readonly name: string
  readonly isMemory: boolean
  readonly figures: readonly Figure[]
  readonly verdicts: readonly Verdict[]
}

/** The tables as docs/performance.md holds them. */
export function markdown(own: readonly OwnFigure[], results: readonly CaseResult[], where: string): string {
  const parts: string[] = []
  if (results.length > 0) {
    const names = [...new Set(results.flatMap(({ figures }) => figures.map(({ peer }) => peer)))]
    const rows = results.map((result) => [result.name, ...names.map((name) => cell(result, name)), comparison(result)])
    parts.push(table(['case', ...names, 'ferry'], rows))
  }
  if (own.length > 0) {
    const rows = own.map(({ name, medianMs, minMs, maxMs, limit, held }) => [
      name,
      `${medianMs.toFixed(0)} ms`,
      `${minMs.toFixed(0)}–${maxMs.toFixed(0)}`,
      `${limit}${held ? '' : ' **missed**'}`,
    ])
    parts.push(table(['run', 'median', 'range', ''], rows))
  }
  return [...parts, `${where}.`].join('\n\n')
}

function cell({ figures, isMemory }: CaseResult, name: string): string {
  const figure = figures.find(({ peer }) => peer === name)
  if (figure === undefined) return ''
  const text = isMemory ? `${figure.peakMiB.toFixed(0)} MiB` : `${(figure.medianMs / 1000).toFixed(2)} s`
  const value = (one: Figure): number => (isMemory ? one.peakMiB : one.medianMs)
  return figures.every((other) => value(other) >= value(figure)) ? `**${text}**` : text
}

const comparison = ({ verdicts }: CaseResult): string =>
  verdicts.map(({ text, verdict }) => (verdict === 'missed' ? `${text}, **missed**` : `${text}`)).join('; ')

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
