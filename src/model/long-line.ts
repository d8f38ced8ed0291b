import type { Attributes } from './attributes.ts'
import { permissionText, typeLetter } from './mode.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
const halfYearSeconds = (365 * 24 * 3600) / 2
const units = ['B', 'K', 'M', 'G', 'T', 'P', 'E'] as const

/** What a long line tells of a file; names of owner and group where they are known, else the ids stand. */
export interface LongLineSubject {
  readonly attributes: Attributes
  readonly owner?: string
  readonly group?: string
}

/** A line of `ls -l` as sftp(1) prints it (OpenSSH sftp-common.c, ls_file); the link count is not in the protocol. */
export function longLine(
  { attributes, owner, group }: LongLineSubject,
  name: string,
  { now, human = false }: { readonly now: Date; readonly human?: boolean },
): string {
  const mode = attributes.permissions ?? 0
  const size = attributes.size ?? 0
  return [
    `${typeLetter(mode)}${permissionText(mode)} `,
    '  ?',
    (owner ?? idText(attributes.owner?.uid)).padEnd(8),
    (group ?? idText(attributes.owner?.gid)).padEnd(8),
    (human ? scaledSize(size) : String(size)).padStart(8),
    dateText(attributes.times?.mtime, now),
    name,
  ].join(' ')
}

const idText = (id: number | undefined): string => (id === undefined ? '?' : String(id))

/** Local time; the year where the time is in the future or older than half a year. */
function dateText(mtime: number | undefined, now: Date): string {
  if (mtime === undefined) return '?'.padEnd(12)
  const at = new Date(mtime * 1000)
  const nowSeconds = Math.floor(now.getTime() / 1000)
  const day = `${months[at.getMonth()] ?? ''} ${String(at.getDate()).padStart(2)}`
  if (mtime > nowSeconds || mtime <= nowSeconds - halfYearSeconds) return `${day}  ${at.getFullYear()}`
  return `${day} ${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`
}

/** A size as sftp's `ls -h` and `df -h` print it (fmt_scaled(3) of OpenBSD): `1023B`, `1.0K`, `10.0M`, `118M`. */
export function scaledSize(bytes: number | bigint): string {
  const exact = BigInt(bytes)
  let step = 0
  let factor = 1n
  while (exact / factor >= 1024n && step < units.length - 1) {
    factor *= 1024n
    step += 1
  }
  let whole = exact / factor
  let tenths = step === 0 ? 0n : (10n * ((exact % factor) / (factor / 1024n)) + 512n) / 1024n
  if (tenths >= 10n) {
    whole += 1n
    tenths = 0n
  }
  const unit = units[step] ?? ''
  if (step > 0 && whole < 100n) return `${whole}.${tenths}${unit}`
  return `${tenths >= 5n ? whole + 1n : whole}${unit}`
}
