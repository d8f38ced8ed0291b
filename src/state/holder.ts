import { randomBytes } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { isRecord } from './stored-shapes.ts'

/** Who holds a lock, exactly enough to tell a dead process from another one that got its number. */
export interface Holder {
  /** One for each time that a lock is taken. */
  readonly token: string
  readonly pid: number
  readonly host: string
  /** When it took the lock, ISO 8601. */
  readonly since: string
  /** Clock ticks after boot at which the process started; absent where the system does not tell. */
  readonly startTime?: string
  /** No two machines share one, and none has the same twice: another one here means that this machine was started anew. */
  readonly bootId?: string
  /** Process numbers of another PID namespace (a container's) mean nothing here. */
  readonly pidNamespace?: string
}

/** This process, as the holder of a lock that it is about to take. */
export async function thisProcess(): Promise<Holder> {
  const [state, bootId, pidNamespace] = await Promise.all([processState(process.pid), readBootId(), readNamespace()])
  return {
    token: randomBytes(8).toString('hex'),
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    ...(state !== undefined && { startTime: state.startTime }),
    ...(bootId !== undefined && { bootId }),
    ...(pidNamespace !== undefined && { pidNamespace }),
  }
}

/**
 * Whether a holder is surely gone, as far as `me`, who is this process, can tell. Where that cannot be known, on another machine or in
 * another container, it is not.
 */
export async function isDead(holder: Holder, me: Holder): Promise<boolean> {
  const isSameHost = holder.host === me.host
  if (holder.bootId === undefined || me.bootId === undefined) return isSameHost && !exists(holder.pid)
  if (holder.bootId !== me.bootId) return isSameHost
  if (holder.pidNamespace !== me.pidNamespace) return false
  if (!exists(holder.pid)) return true
  const present = await processState(holder.pid)
  if (present === undefined || holder.startTime === undefined) return false
  return present.isZombie || present.startTime !== holder.startTime
}

export function parseHolder(text: string): Holder | undefined {
  let holder: unknown
  try {
    holder = JSON.parse(text)
  } catch {
    return undefined
  }
  return isHolder(holder) ? holder : undefined
}

function isHolder(value: unknown): value is Holder {
  if (!isRecord(value)) return false
  const { token, pid, host, since, startTime, bootId, pidNamespace } = value
  const isOptionalText = (one: unknown): boolean => one === undefined || typeof one === 'string'
  return (
    typeof token === 'string' &&
    /^[0-9a-f]{16}$/.test(token) &&
    Number.isSafeInteger(pid) &&
    Number(pid) > 0 &&
    typeof host === 'string' &&
    typeof since === 'string' &&
    [startTime, bootId, pidNamespace].every(isOptionalText)
  )
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is there, and another user's.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

/** proc(5): field 2 of /proc/<pid>/stat is the name in parentheses and may hold anything; 3 is the state, 22 the start time. */
async function processState(pid: number): Promise<{ startTime: string; isZombie: boolean } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ')
  const startTime = fields?.[19]
  return startTime === undefined ? undefined : { startTime, isZombie: ['Z', 'X'].includes(fields?.[0] ?? '') }
}

const readBootId = (): Promise<string | undefined> =>
  readFile('/proc/sys/kernel/random/boot_id', 'latin1').then(
    (text) => text.trim(),
    () => undefined,
  )

const readNamespace = (): Promise<string | undefined> => readlink('/proc/self/ns/pid').catch(() => undefined)
