import type { FieldValues } from '../api/change-connections.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { parseField } from '../manifest/parse-field.ts'
import type { CommandContext } from './context.ts'
import type { GivenField } from './field-flags.ts'
import { pipedSecret, typedSecret } from './secret-input.ts'

/** The values of the fields that were given on the command line itself. */
export function writtenValues(given: readonly GivenField[]): FieldValues {
  const written = given.filter((one) => !isTyped(one) && !isPiped(one))
  return Object.fromEntries(written.map(({ field, texts }) => [field.name, parseField(field, texts)]))
}

/** The values of the secrets that are to be typed at the terminal or read from standard input, sealed. */
export async function askedValues(
  context: CommandContext,
  owner: string,
  given: readonly GivenField[],
): Promise<FieldValues> {
  const piped = given.filter(isPiped)
  if (piped.length > 1) {
    const flags = piped.map(({ field }) => field.flag).join(' and ')
    throw new FerryError('usage', `${flags}: only one of them can read standard input`)
  }
  const values = new Map<string, unknown>()
  for (const { field } of piped) values.set(field.name, await pipedSecret(context, field))
  for (const { field } of given.filter(isTyped)) values.set(field.name, await typedSecret(context, field, owner))
  return Object.fromEntries(values)
}

const isTyped = ({ texts }: GivenField): boolean => texts.length === 0
const isPiped = ({ field, texts }: GivenField): boolean => field.kind === 'secret' && texts.at(-1) === '-'
