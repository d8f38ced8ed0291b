import { hostname } from 'node:os'
import type { Client } from 'pg'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf, localReason } from '../errors/local-error.ts'
import { isLoopback } from '../model/loopback.ts'
import { orAbort } from '../model/or-abort.ts'

/** How long the server may take to let us in, and to answer one statement. */
const connectTimeoutMs = 10_000
const answerTimeoutMs = 30_000
/** How long a goodbye may take. */
const endTimeoutMs = 2_000

/** A connection to the database; disposing of it ends it, and with it whatever it had begun. */
export interface Database extends AsyncDisposable {
  query(text: string, values?: readonly (string | number)[]): Promise<readonly Row[]>
}

export type Row = Readonly<Record<string, unknown>>

/** What the database, or the way to it, failed with; pg's own error is its cause. */
export class DatabaseError extends Error {
  /** PostgreSQL's five-character code (its manual, appendix A), where the server refused. */
  readonly sqlState: string | undefined
  /** The connection is gone, so that what became of the last statement is not known. */
  readonly isLost: boolean

  constructor(cause: unknown) {
    super(reasonOf(cause), { cause })
    const code = errnoOf(cause)
    this.sqlState = code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
    // Classes 08, connection exception, and 57P, operator intervention.
    this.isLost = this.sqlState === undefined || /^(08|57P)/.test(this.sqlState)
  }
}

const raised = (cause: unknown): never => {
  throw new DatabaseError(cause)
}

/**
 * Connects; what the URL leaves out comes from the PG… variables, as with libpq. This and every query rejects with DatabaseError, or
 * with the signal's reason; this alone with `usage`, too.
 */
export async function connectDatabase(url: string, signal: AbortSignal): Promise<Database> {
  signal.throwIfAborted()
  const client = await clientOf(url)
  // A connection that breaks while nothing is asked of it is told by the next question.
  client.on('error', () => undefined)
  try {
    await orAbort(client.connect().catch(raised), signal)
  } catch (error) {
    await end(client)
    throw error
  }
  return {
    async query(text, values = []) {
      const { rows } = await orAbort(client.query<Row>(text, [...values]).catch(raised), signal)
      return rows
    },
    [Symbol.asyncDispose]: () => end(client),
  }
}

async function clientOf(url: string): Promise<Client> {
  const { default: pg } = await import('pg')
  const location = withoutPassword(url)
  let client: Client
  try {
    client = new pg.Client({
      connectionString: strictly(url),
      application_name: applicationName,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: answerTimeoutMs,
      keepAlive: true,
    })
  } catch (error) {
    // It reads the files of certificates at once.
    throw new FerryError('usage', `open the state ${location}: ${localReason(error)}`, { cause: error })
  }
  const { host, ssl } = client
  // Unlike libpq, pg uses no TLS that was not asked for, and the state would go over the network in clear.
  if (ssl || host.startsWith('/') || isLoopback(host) || /[?&]sslmode=disable(?:&|$)/.test(url)) return client
  throw new FerryError('usage', `open the state ${location}: the URL does not say how to encrypt the way to ${host}`, {
    hint: 'add ?sslmode=verify-full, or ?sslmode=disable where nobody listens on the way',
  })
}

/** pg takes these modes for `verify-full`, with a warning on stderr that it will not always. For ferry they stay that. */
const strictly = (url: string): string =>
  /[?&]uselibpqcompat=true(?:&|$)/.test(url)
    ? url
    : url.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, '$1verify-full')

/** Who holds a lock, as others read it in pg_stat_activity; PostgreSQL keeps 63 bytes of it. */
const applicationName = `ferry ${process.pid}@${hostname()}`.slice(0, 63)

/** The process that an application name tells of. */
export function processOf(name: unknown): string {
  const [, pid, host] = typeof name === 'string' ? (/^ferry (\d+)@(.+)$/.exec(name) ?? []) : []
  return pid === undefined || host === undefined ? 'another client' : `process ${pid} on ${host}`
}

async function end(client: Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, endTimeoutMs, 'late')
  })
  await Promise.race([client.end().catch(() => undefined), late])
  clearTimeout(timer)
}

/** A location for people: the URL without its password, wherever it stands. */
export function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url)
    parsed.password = ''
    parsed.searchParams.delete('password')
    return parsed.href
  } catch {
    throw new FerryError('usage', 'open the state: the postgres:// URL is malformed', {
      hint: 'postgres://user@host/database; special characters in a password are percent-encoded',
    })
  }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was lost',
  EPIPE: 'the connection was lost',
  ENOTFOUND: 'the host name is not known',
  EAI_AGAIN: 'the host name cannot be looked up now',
  ETIMEDOUT: 'no answer',
  ENOENT: 'there is no such socket',
}

function reasonOf(cause: unknown): string {
  const reason = reasons[errnoOf(cause) ?? '']
  if (reason !== undefined) return reason
  return cause instanceof Error && cause.message !== '' ? cause.message : 'the connection was lost'
}
