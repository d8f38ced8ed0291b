import type { AuditEntry } from './audit-entry.ts'
import { linesBackwards } from './lines-backwards.ts'
import { parseEntry } from './parse-entry.ts'

/** Which changes are looked for; what is absent does not matter. Texts are found anywhere, whatever their case. */
export interface AuditFilter {
  readonly user?: string
  readonly connection?: string
  readonly operation?: string
  readonly result?: 'ok' | 'failed' | 'unknown'
  readonly path?: string
  readonly from?: Date
  readonly to?: Date
}

/** Where reading goes on: before this byte, knowing that these changes have ended after it. */
export interface AuditCursor {
  readonly before: number
  readonly ended: readonly string[]
}

/** Changes, the latest first: their outcomes, and the intents of those that have none. */
export interface AuditPage {
  readonly changes: readonly AuditEntry[]
  readonly older?: AuditCursor
}

interface AuditPageOptions {
  readonly filter: AuditFilter
  readonly most: number
  readonly cursor?: AuditCursor
  readonly signal: AbortSignal
}

/** Read for one page at most, so that a rare change in a long log does not take for ever. */
const mostBytes = 32 << 20
/** Changes that are remembered from one page to the next to have ended: more are hardly under way at a time. */
const mostUnderWay = 200
/** Lines of several processes come nearly in the order of their times, and a clock may be set right. */
const orderMs = 3_600_000

/** One page of a log, of whatever length that is. */
export async function auditPage(path: string, options: AuditPageOptions): Promise<AuditPage> {
  const { filter, most, cursor, signal } = options
  const ended = new Set(cursor?.ended)
  const changes: AuditEntry[] = []
  const oldest = (filter.from?.getTime() ?? Number.NEGATIVE_INFINITY) - orderMs
  let furthest: number | undefined
  for await (const { offset, text } of linesBackwards(path, cursor?.before)) {
    signal.throwIfAborted()
    furthest ??= offset
    const entry = parseEntry(text)
    if (entry !== undefined) {
      if (Date.parse(entry.time) < oldest) return { changes }
      // Both lines have all that is known by then, so the outcome is enough.
      const isTold = entry.phase === 'intent' && ended.delete(shortId(entry))
      if (entry.phase === 'outcome') ended.add(shortId(entry))
      if (!isTold && matches(entry, filter)) changes.push(entry)
    }
    if (offset > 0 && (changes.length === most || furthest - offset > mostBytes)) {
      return { changes, older: { before: offset, ended: [...ended].slice(-mostUnderWay) } }
    }
  }
  return { changes }
}

/** So short that those of the changes under way fit into an address; two that are alike among these are as good as impossible. */
const shortId = ({ id }: AuditEntry): string => id.slice(0, 13)

function matches(entry: AuditEntry, filter: AuditFilter): boolean {
  const { user, session = '', connection = '', script = '', operation, path, from = '', result, time } = entry
  const has = (wanted: string | undefined, ...texts: readonly string[]): boolean =>
    wanted === undefined || texts.some((text) => text.toLowerCase().includes(wanted.toLowerCase()))
  const at = Date.parse(time)
  const kind = result === undefined ? 'unknown' : result === 'ok' ? 'ok' : 'failed'
  return (
    has(filter.user, user, session) &&
    has(filter.connection, connection) &&
    has(filter.path, path, from, script) &&
    (filter.operation === undefined || filter.operation === operation) &&
    (filter.result === undefined || filter.result === kind) &&
    (filter.from === undefined || at >= filter.from.getTime()) &&
    (filter.to === undefined || at <= filter.to.getTime())
  )
}
