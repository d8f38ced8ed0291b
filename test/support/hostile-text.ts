import fc from 'fast-check'
import { FerryError } from '../../src/errors/ferry-error.ts'

/** What `read` gives or resolves to, or the FerryError that it refuses with; any other failure is one of the test. */
export async function readOrRefused<T>(read: () => T | Promise<T>): Promise<T | FerryError> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof FerryError && error.code !== 'bug') return error
    throw error
  }
}

/** Texts put together from what a language is made of, with anything else in between. */
export const madeOf = (...pieces: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...pieces) }, fc.string({ unit: 'binary', maxLength: 5 })),
      { maxLength: 40 },
    )
    .map((parts) => parts.join(''))

/** A good text with up to three pieces cut out, doubled or replaced. */
export const spoiled = (text: string): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.nat(text.length), fc.nat(20), fc.constantFrom('cut', 'double', 'replace'), fc.string()), {
      minLength: 1,
      maxLength: 3,
    })
    .map((changes) => changes.reduce(spoil, text))

function spoil(text: string, [at, length, how, other]: [number, number, string, string]): string {
  const piece = text.slice(at, at + length)
  const instead = how === 'cut' ? '' : how === 'double' ? piece + piece : other
  return text.slice(0, at) + instead + text.slice(at + length)
}

/** A megabyte of one piece: what takes the square of its length would not end today. */
export const aMegabyteOf = (piece: string): string => piece.repeat(Math.ceil(1_000_000 / piece.length))
