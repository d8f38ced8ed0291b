import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { FerryError } from '../errors/ferry-error.ts'
import { orAbort } from '../model/or-abort.ts'
import type { State } from '../model/state.ts'
import type { LockOptions } from './lock.ts'
import { connectDatabase, type Database, DatabaseError, processOf, withoutPassword } from './postgres-connection.ts'
import { migrate, schemaVersion } from './postgres-schema.ts'
import { type ObjectChange, stateChanges } from './state-changes.ts'
import type { StateStore } from './state-store.ts'
import { parseState, stateText } from './state-text.ts'
import { type Following, replacement, type StateChange, successor } from './successor.ts'

/**
 * A state in a PostgreSQL database: one row, changed in a transaction under an advisory lock, and beside it a row of history for each
 * object that a change touched. Transaction-level locks only, so that a pooler may stand between.
 */
export function postgresStateStore(url: string, options: LockOptions): StateStore {
  const location = withoutPassword(url)
  const { signal } = options
  const write = async (change: StateChange, following: Following): Promise<State> => {
    const updateId = randomUUID()
    let committing: State | undefined
    try {
      return await writeOnce(url, change, following, {
        ...options,
        location,
        updateId,
        onCommit: (state) => (committing = state),
      })
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      if (committing !== undefined && error.isLost)
        return whetherWritten(url, committing, error, { ...options, location, updateId })
      throw failed(location, error)
    }
  }
  return {
    location,
    isLocal: false,
    async read() {
      try {
        await using database = await connectDatabase(url, signal)
        return await readState(database)
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw explained(location, error)
        throw new FerryError('state_unreadable', `read the state ${location}: ${error.message}`, { cause: error })
      }
    },
    update: (change) => write(change, successor),
    replace: (change) => write(change, replacement),
  }
}

interface WriteOptions extends LockOptions {
  readonly location: string
  readonly updateId: string
}

async function writeOnce(
  url: string,
  change: StateChange,
  following: Following,
  /** `onCommit` is called before the last step, with what is there once it is done. */
  options: WriteOptions & { readonly onCommit: (state: State) => void },
): Promise<State> {
  const { location, signal, updateId, onCommit } = options
  // Ending the connection takes back whatever was not committed.
  await using database = await connectDatabase(url, signal)
  await database.query('BEGIN')
  await takeLock(database, options)
  const current = await readState(database).catch((error: unknown) => Promise.reject(explained(location, error)))
  const next = following(current, await change(current))
  signal.throwIfAborted()
  if (next === current) return current
  await migrate(database)
  await database.query(
    `INSERT INTO ferry_state (lineage, serial, body) VALUES ($1, $2, $3)
     ON CONFLICT (sole) DO UPDATE SET lineage = EXCLUDED.lineage, serial = EXCLUDED.serial, body = EXCLUDED.body`,
    [next.lineage, next.serial, stateText(next)],
  )
  await keepHistory(database, next, stateChanges(current, next), updateId)
  onCommit(next)
  await database.query('COMMIT')
  return next
}

/** What is wrong with the text or the tables, with where they are. */
function explained(location: string, error: unknown): unknown {
  const isAboutText = error instanceof FerryError && ['state_unreadable', 'state_newer'].includes(error.code)
  return isAboutText ? error.with({ message: `read the state ${location}: ${error.message}` }) : error
}

async function readState(database: Database): Promise<State> {
  const [row] = (await schemaVersion(database)) === 0 ? [] : await database.query('SELECT body FROM ferry_state')
  if (row === undefined) return { lineage: randomUUID(), serial: 0, connections: new Map(), scripts: new Map() }
  return parseState(String(row['body']))
}

/** First key of the advisory lock, `ferr` in ASCII; the second is the schema's, as each schema may hold a state. */
const lockClass = 0x66657272
const lockKeys = `${lockClass}, hashtext(coalesce(current_schema(), ''))`

/** How long one wait for the lock lasts: in between, the signal is looked at. */
const waitMs = 250

async function takeLock(database: Database, { timeoutMs, signal, location }: WriteOptions): Promise<void> {
  const deadline = performance.now() + timeoutMs
  // Of waiting clients the server wakes the first that came; each new wait goes to the end, so a wait is not too short.
  await database.query(`SET LOCAL lock_timeout = ${waitMs}`)
  const [taken] = await database.query(`SELECT pg_try_advisory_xact_lock(${lockKeys}) AS taken`)
  for (let isHeld = taken?.['taken'] === true; !isHeld; isHeld = await waitForLock(database)) {
    signal.throwIfAborted()
    if (performance.now() >= deadline) throw await locked(database, location)
  }
}

async function waitForLock(database: Database): Promise<boolean> {
  await database.query('SAVEPOINT waiting')
  try {
    await database.query(`SELECT pg_advisory_xact_lock(${lockKeys})`)
    return true
  } catch (error) {
    // lock_not_available
    if (!(error instanceof DatabaseError && error.sqlState === '55P03')) throw error
    await database.query('ROLLBACK TO SAVEPOINT waiting')
    return false
  }
}

async function locked(database: Database, location: string): Promise<FerryError> {
  const [row] = await database.query(
    `SELECT a.application_name AS name, a.backend_start AS since FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.granted AND l.classid::bigint = ${lockClass} AND l.objsubid = 2
       AND l.objid = hashtext(coalesce(current_schema(), ''))::bit(32)::bigint::oid
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  )
  const since = row?.['since'] instanceof Date ? ` since ${row['since'].toISOString()}` : ''
  return new FerryError('state_locked', `lock the state ${location}: ${processOf(row?.['name'])} holds it${since}`, {
    hint: 'wait longer with --lock-timeout',
  })
}

async function keepHistory(
  database: Database,
  { lineage, serial }: State,
  changes: readonly ObjectChange[],
  updateId: string,
): Promise<void> {
  const documents = changes.map(({ action, kind, name, before, after }, index) => ({
    ordinal: index + 1,
    action,
    kind,
    // PostgreSQL's text is UTF-8: a name with other bytes is exact in `before` and `after` only.
    name: Buffer.from(name).toString(),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  }))
  await database.query(
    `INSERT INTO ferry_history (lineage, serial, changed_by, update_id, ordinal, action, kind, name, before, after)
     SELECT $1, $2, $3, $4, c.* FROM json_to_recordset($5::json)
       AS c (ordinal integer, action text, kind text, name text, before text, after text)`,
    [lineage, serial, `${userInfo().username}@${hostname()}`, updateId, JSON.stringify(documents)],
  )
}

/** The connection broke while the last answer was due: looks whether the change is there. */
async function whetherWritten(url: string, state: State, cause: DatabaseError, options: WriteOptions): Promise<State> {
  const { location, timeoutMs, signal } = options
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      await using database = await connectDatabase(url, signal)
      await database.query('BEGIN')
      // The server may still be at it: whoever has the lock knows that it is not.
      await takeLock(database, { ...options, timeoutMs: Math.max(0, deadline - performance.now()) })
      if (await isWritten(database, state, options)) return state
      throw failed(location, cause)
    } catch (error) {
      const isLocked = error instanceof FerryError && error.code === 'state_locked'
      if (!isLocked && !(error instanceof DatabaseError)) throw error
      if (isLocked || performance.now() >= deadline) {
        throw new FerryError(
          'outcome_unknown',
          `write the state ${location}: the connection was lost at the last step`,
          {
            cause,
            hint: 'look at what is there before you import again; importing the same manifest twice does no harm',
          },
        )
      }
    }
    await orAbort(delay(200), signal)
  }
}

/** Another change may have come after it. */
async function isWritten(database: Database, state: State, { updateId }: WriteOptions): Promise<boolean> {
  // Where it was the first change of all, there is no table without it.
  const [history] = await database.query("SELECT to_regclass('ferry_history') IS NOT NULL AS there")
  if (history?.['there'] !== true) return false
  const rows = await database.query('SELECT 1 FROM ferry_history WHERE update_id = $1 LIMIT 1', [updateId])
  return rows.length > 0 || stateText(await readState(database)) === stateText(state)
}

const failed = (location: string, cause: DatabaseError): FerryError =>
  new FerryError('state_failed', `write the state ${location}: ${cause.message}, nothing was changed`, { cause })
