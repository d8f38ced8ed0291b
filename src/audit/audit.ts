import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { type Code, FerryError } from '../errors/ferry-error.ts'
import { errnoOf } from '../errors/local-error.ts'
import type { AuditEntry, Change, Made, Subject } from './audit-entry.ts'
import { AuditLog } from './audit-log.ts'

/** A change that was announced, and of which the log does not say yet what became of it. */
export interface Announced {
  /** What is known by now. */
  readonly made: Made
  /** Tells how it ended: with which error, if with one. */
  end(error?: unknown): void
}

/**
 * Records changes: the intent before one is made, and the outcome after it. Where the intent cannot be written the change is not made, and
 * where the outcome cannot be written the change ends with `audit_failed`, whatever became of it.
 */
export class Audit {
  readonly #log: AuditLog
  readonly #subject: Subject

  constructor(log: AuditLog, subject: Subject) {
    this.#log = log
    this.#subject = subject
  }

  /** The same log, with more or something else known of who makes the changes. */
  of(subject: Partial<Subject>): Audit {
    return new Audit(this.#log, { ...this.#subject, ...subject })
  }

  /** Where the log is. */
  get path(): string {
    return this.#log.path
  }

  announce(change: Change): Announced {
    const startedAt = performance.now()
    const id = randomUUID()
    const append = (phase: AuditEntry['phase'], more: Partial<AuditEntry> = {}): void =>
      this.#log.append({
        time: new Date().toISOString(),
        id,
        phase,
        ...this.#subject,
        host: hostname(),
        pid: process.pid,
        ...change,
        ...more,
      })
    const act = actOf(change)
    try {
      append('intent')
    } catch (error) {
      throw told(error, `${act}: not done`)
    }
    const made: Made = {}
    const end = (failure?: unknown): void => {
      const result = failure === undefined ? 'ok' : codeOf(failure)
      try {
        append('outcome', { ...made, result, duration_ms: Math.round(performance.now() - startedAt) })
      } catch (error) {
        throw told(error, `${act}: ${result === 'ok' ? 'done' : `ended with ${result}`}, and not recorded`)
      }
    }
    return { made, end }
  }

  /** Records a change that is made while `work` runs. */
  async around<T>(change: Change, work: (made: Made) => Promise<T>): Promise<T> {
    const announced = this.announce(change)
    let result: T
    try {
      result = await work(announced.made)
    } catch (error) {
      announced.end(error)
      throw error
    }
    announced.end()
    return result
  }

  /** The same for what is done at once. */
  at<T>(change: Change, work: () => T): T {
    const announced = this.announce(change)
    let result: T
    try {
      result = work()
    } catch (error) {
      announced.end(error)
      throw error
    }
    announced.end()
    return result
  }
}

/** An audit for the user of this process, where a log is named. Nothing is opened before there is something to record. */
export const openAudit = (path: string | undefined, command: string): Audit | undefined =>
  path === undefined || path === '' ? undefined : new Audit(new AuditLog(path), { user: systemUser(), command })

/** In a container the user may have no entry in the password database, which Node takes for an error. */
function systemUser(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown')
  }
}

function codeOf(error: unknown): Code {
  if (error instanceof FerryError) return error.code
  if (errnoOf(error) === 'EEXIST') return 'already_exists'
  return errnoOf(error) === undefined ? 'bug' : 'local_failed'
}

/** For messages: `update connection bank`. */
const actOf = ({ operation, connection, script, path }: Change): string =>
  `${operation.replaceAll('_', ' ')} ${connection ?? script ?? path}`

const told = (error: unknown, act: string): unknown =>
  error instanceof FerryError ? error.with({ message: `${act}: ${error.message}` }) : error
