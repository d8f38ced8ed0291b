import { type Code, codes, FerryError } from '../errors/ferry-error.ts'
import { errnoOf, localError, localReason } from '../errors/local-error.ts'

const lost: ReadonlySet<Code> = new Set([
  'connection_lost',
  'timed_out',
  'protocol_error',
  // The connection was lost, and there is no way back.
  'host_key_rejected',
  'authentication_failed',
])
const over: ReadonlySet<Code> = new Set(['outcome_unknown', 'cancelled', 'terminated', 'audit_failed', 'bug'])

/** Whether the session died under a request, so that the server may or may not have done it. */
export const losesAnswer = (error: unknown): boolean => error instanceof FerryError && lost.has(error.code)

/** Whether nothing more can be done after this: the session is dead, the user gave up, or ferry is wrong. Else it is one file's failure. */
export const endsAll = (error: unknown): boolean =>
  !(error instanceof FerryError) || lost.has(error.code) || over.has(error.code)

export interface Told {
  readonly path: string
  /** What is left: `/b is as it was`. */
  readonly state?: string | undefined
}

/**
 * The same failure, told of what the user asked for: `upload a -> /b: no space left on the server, /b is as it was`. What is about no
 * path, such as the user giving up, stays as it is.
 */
export function told(act: string, error: unknown, { path, state }: Told): FerryError {
  const failure = asFerryError(act, error, path)
  if (over.has(failure.code) || (lost.has(failure.code) && failure.details.path === undefined)) return failure
  const { hint } = failure.details
  const message = `${act}: ${reasonOf(failure)}${state === undefined ? '' : `, ${state}`}`
  return new FerryError(failure.code, message, { path, ...(hint !== undefined && { hint }), cause: failure })
}

function asFerryError(act: string, error: unknown, path: string): FerryError {
  if (error instanceof FerryError || errnoOf(error) !== undefined) return localError(act, path, error)
  return new FerryError('bug', `${act}: ${localReason(error)}`, { path, cause: error })
}

/** The why of a message `act object: why`, to tell it of another object: the user's, instead of our temporary one. */
export function reasonOf(error: FerryError): string {
  const { cause, path } = error.details
  if (error.code === 'local_failed' && !(cause instanceof FerryError)) return `${localReason(cause)}${here(cause)}`
  const at = path === undefined ? -1 : error.message.indexOf(`${path}: `)
  return path === undefined || at < 0 ? codes[error.code].title : error.message.slice(at + path.length + 2)
}

/** In a transfer a reason that both sides may have says that it is this one's. */
const here = (cause: unknown): string => (localReason(cause).endsWith('on this machine') ? '' : ' on this machine')
