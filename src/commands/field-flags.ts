import { Option } from 'commander'
import { type Field, fields } from '../manifest/fields.ts'
import { collected } from './connection-command.ts'

/** What commander made of the flags, by its own names for them. */
export type FieldFlags = Readonly<Record<string, unknown>>

/** A field whose flag was given. Without texts: a secret's flag that stood alone. */
export interface GivenField {
  readonly field: Field
  readonly texts: readonly string[]
}

/** A flag for every field of the schema; a boolean has one for no, too. */
export function fieldOptions(): Option[] {
  return fields.flatMap((field) => {
    const { kind, flag, argument } = field
    if (kind === 'boolean') {
      return [new Option(flag, describe(field)), new Option(flag.replace('--', '--no-')).hideHelp()]
    }
    const value = kind === 'secret' ? argument?.replace(/^<(.*)>$/, '[$1]') : argument
    return [new Option(`${flag} ${value}`, describe(field)).argParser(collected)]
  })
}

/** The fields whose flags were given, in the schema's order. */
export function givenFields(flags: FieldFlags): GivenField[] {
  return fields.flatMap((field): GivenField[] => {
    const given = flags[new Option(field.flag).attributeName()]
    if (typeof given === 'boolean') return [{ field, texts: field.kind === 'boolean' ? [String(given)] : [] }]
    return isTexts(given) ? [{ field, texts: given }] : []
  })
}

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value)

function describe({ kind, flag, description, repeatable, default: fallback }: Field): string {
  const notes = [
    ...(repeatable ? ['repeatable'] : []),
    ...(kind === 'boolean' ? [`${flag.replace('--', '--no-')} for no`] : []),
    ...(fallback === undefined ? [] : [`default ${String(fallback)}`]),
  ]
  return notes.length === 0 ? description : `${description.replace(/\.$/, '')} (${notes.join(', ')})`
}
