import { FerryError, type Place, type Problem } from '../errors/ferry-error.ts'
import { endsAll, told } from '../transfer/transfer-error.ts'

/** What keeps an error's list readable, and memory bounded. */
const mostTold = 100

/** What failed of one command that goes on with the rest. */
export class Failures {
  readonly #told: FerryError[] = []
  #count = 0

  /** Keeps one failure, told of the act; what ends everything is thrown on. */
  add(act: string, error: unknown, path: string): void {
    const failure = failed(act, error, path)
    if (endsAll(failure) || !(failure instanceof FerryError)) throw failure
    this.keep(failure)
  }

  keep(error: FerryError): void {
    this.#count += 1
    if (this.#told.length < mostTold) this.#told.push(error)
  }

  get none(): boolean {
    return this.#count === 0
  }

  /** Fails with the failure, or with all of them. */
  throwAny(act: string, place: Place): void {
    const [only] = this.#told
    if (only === undefined) return
    if (this.#count === 1) throw only
    const problem = ({ message, details: { hint } }: FerryError): Problem => ({
      ...place,
      message,
      ...(hint !== undefined && { hint }),
    })
    throw new FerryError('partial', `${act}: ${this.#count} failed`, { errors: this.#told.map(problem) })
  }
}

/**
 * The failure of an act of a script: `mkdir done: already exists`. Hints of other rooms are about the command line, and stay behind. What is
 * no failure that ferry knows stays as it is.
 */
export function failed(act: string, error: unknown, path: string): unknown {
  const isTold = error instanceof FerryError && error.message.startsWith(`${act}: `)
  const failure = isTold ? error : told(act, error, { path })
  // About no path: the user gave up.
  if (!(failure instanceof FerryError) || (failure === error && !isTold)) return failure
  const { hint: _, ...details } = failure.details
  return new FerryError(failure.code, failure.message, details)
}
