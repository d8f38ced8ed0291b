import type { Problem } from '../errors/ferry-error.ts'
import type { Fault } from './expand-text.ts'
import type { YamlSource } from './yaml-source.ts'

/** The part of a text that a problem is in. */
export interface Part {
  readonly source: YamlSource
  /** JSON pointer. */
  readonly pointer: string
  /** Whose problem it is, `connection "bank"`; it stands before the message. */
  readonly subject?: string
}

/** Collects what is wrong with a manifest and all that it includes, so that everything is told at once. */
export class ProblemList {
  readonly #errors: Problem[] = []
  readonly #warnings: Problem[] = []
  readonly #seen = new Set<string>()
  readonly #order = new Map<string, number>()

  /** Problems are told in the order in which files are entered, and in the order of their text. */
  enter(file: string): void {
    if (!this.#order.has(file)) this.#order.set(file, this.#order.size)
  }

  /** `path` is the keys below the part. */
  error(part: Part, offset: number, fault: Fault, path: readonly string[] = []): void {
    this.#add(this.#errors, part, offset, fault, path)
  }

  warning(part: Part, offset: number, fault: Fault, path: readonly string[] = []): void {
    this.#add(this.#warnings, part, offset, fault, path)
  }

  get errors(): readonly Problem[] {
    return this.#sorted(this.#errors)
  }

  get warnings(): readonly Problem[] {
    return this.#sorted(this.#warnings)
  }

  /** A default's problem would come back with every connection that takes the default: the first to tell it is enough. */
  #add(
    list: Problem[],
    { source, pointer, subject }: Part,
    offset: number,
    { message, hint }: Fault,
    path: readonly string[],
  ): void {
    const place = source.place(offset)
    const key = `${place.file}\0${place.line}\0${place.column}\0${message}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    list.push({
      ...place,
      path: [pointer, ...path.map(escapePointer)].join('/'),
      message: subject === undefined ? message : `${subject}: ${message}`,
      ...(hint !== undefined && { hint }),
    })
  }

  #sorted(list: readonly Problem[]): readonly Problem[] {
    const rank = ({ file }: Problem): number => this.#order.get(file) ?? 0
    return list.toSorted(
      (one, other) =>
        rank(one) - rank(other) || (one.line ?? 0) - (other.line ?? 0) || (one.column ?? 0) - (other.column ?? 0),
    )
  }
}

/** RFC 6901 */
const escapePointer = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1')
