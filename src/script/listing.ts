import type { Attributes } from '../model/attributes.ts'
import { compareNames } from '../model/byte-order.ts'
import { encodeName } from '../model/name-bytes.ts'

/** One line, or cell, of a listing. */
export interface Listed {
  /** What it is ordered by. */
  readonly key: string
  readonly shown: string
  readonly attributes: Attributes
}

/** What the flags of `ls` ask for. */
export interface ListingView {
  readonly form: 'columns' | 'names' | 'long'
  readonly order: 'name' | 'time' | 'size' | 'none'
  readonly reverse: boolean
  readonly numeric: boolean
  readonly human: boolean
  readonly hidden: boolean
}

/** Of several that contradict each other, the last counts (OpenSSH sftp.c, parse_ls_flags). */
export function listingView(flags: string): ListingView {
  return Object.assign(
    { form: 'columns', order: 'name', reverse: false, numeric: false, human: false, hidden: false },
    ...[...flags].map((flag) => meaning[flag]),
  )
}

const meaning: Readonly<Record<string, Partial<ListingView>>> = {
  1: { form: 'names', numeric: false, human: false },
  a: { hidden: true },
  f: { order: 'none' },
  h: { human: true },
  l: { form: 'long' },
  n: { form: 'long', numeric: true },
  r: { reverse: true },
  S: { order: 'size' },
  t: { order: 'time' },
}

/** Byte order, newest or largest first; what is equal keeps the server's order. */
export function ordered(listed: readonly Listed[], { order, reverse }: ListingView): readonly Listed[] {
  if (order === 'none') return listed
  const weight = ({ attributes }: Listed): number =>
    order === 'time' ? (attributes.times?.mtime ?? 0) : (attributes.size ?? 0)
  const compare = (one: Listed, other: Listed): number =>
    order === 'name' ? compareNames(one.key, other.key) : weight(other) - weight(one)
  return [...listed].sort((one, other) => (reverse ? -1 : 1) * compare(one, other))
}

/** Bytes, which is what sftp counts. */
export const byteLength = (text: string): number => encodeName(text).length

/** Rows of cells, each padded, the last too, as sftp lays them out in a width for names of up to `widest` bytes. */
export function columnsText(cells: readonly string[], widest: number, width: number): string {
  const columns = Math.max(1, Math.floor(width / (widest + 2)))
  const space = Math.floor(width / columns)
  const padded = cells.map((cell) => cell + ' '.repeat(Math.max(0, space - byteLength(cell))))
  const rows: string[] = []
  for (let at = 0; at < padded.length; at += columns) rows.push(`${padded.slice(at, at + columns).join('')}\n`)
  return rows.join('')
}
