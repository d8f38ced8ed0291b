import { FerryError } from '../errors/ferry-error.ts'
import type { Answer, Field } from './packets.ts'
import type { Turn } from './turns.ts'

/** What a request is called in messages, `remove /inbox/a`, and the path it is about. */
export interface Subject {
  readonly title: string
  readonly path?: string
}

/** Makes a result of an answer, or throws: `protocol_error` ends the session, any other error is the request's own. */
export type Reading<T> = (answer: Answer, subject: Subject) => T

export interface Request<T> {
  readonly subject: Subject
  readonly type: number
  readonly fields: readonly Field[]
  /** Data behind the fields, as the last of them. */
  readonly payload?: Uint8Array
  /** The most bytes of the packet before its payload, its length not counted. */
  readonly bytesMax: number
  readonly read: Reading<T>
  /** Whether it may be sent once more where the server refuses it beside others. */
  readonly mayRepeat: boolean
  readonly isExplained?: (() => boolean) | undefined
}

/** A request from when it is made until it is answered. */
export class Pending<T> implements Turn {
  request: Request<T>
  readonly isExplained: (() => boolean) | undefined
  hadOthers = false
  askedAt = 0
  #resolve: (result: T) => void
  #reject: (error: FerryError) => void

  constructor(request: Request<T>, resolve: (result: T) => void, reject: (error: FerryError) => void) {
    this.request = request
    this.isExplained = request.isExplained
    this.#resolve = resolve
    this.#reject = reject
  }

  get mayRepeat(): boolean {
    return this.request.mayRepeat
  }

  settle(answer: Answer): void {
    this.#resolve(this.request.read(answer, this.request.subject))
    this.#forget()
  }

  reject(error: FerryError): void {
    this.#reject(error)
    this.#forget()
  }

  /** A Map leaves old tables behind, which V8's young collections may take for alive: nothing must lead from there to data. */
  #forget(): void {
    this.request = forgotten
    this.#resolve = this.#reject = () => undefined
  }
}

const forgotten: Request<never> = {
  subject: { title: '' },
  type: 0,
  fields: [],
  bytesMax: 0,
  read: () => {
    throw new FerryError('bug', 'a request was answered twice')
  },
  mayRepeat: false,
}

/** Whatever its result is. */
export type AnyPending = Pick<
  Pending<unknown>,
  'request' | 'hadOthers' | 'askedAt' | 'mayRepeat' | 'isExplained' | 'settle' | 'reject'
>

/** An error told with what was asked for. */
export const about = ({ title, path }: Subject, { code, message, details }: FerryError): FerryError =>
  new FerryError(code, `${title}: ${message}`, { ...(path !== undefined && { path }), ...details })

export const asFerryError = (error: unknown): FerryError =>
  error instanceof FerryError ? error : new FerryError('bug', `an unexpected error: ${error}`, { cause: error })
