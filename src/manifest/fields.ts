import schema from '../../schemas/manifest.schema.json' with { type: 'json' }
import type { ConnectionField } from '../model/connection.ts'

/** What a field's value is, in a manifest and on the command line. Plural kinds take one or several. */
export type FieldKind =
  | 'text'
  | 'texts'
  | 'path'
  | 'paths'
  | 'words'
  | 'duration'
  | 'options'
  | 'secret'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'choice'

/** A field of a connection as the schema defines it: what flags, help, the loader and documentation need to know of it. */
export interface Field {
  readonly name: ConnectionField
  readonly kind: FieldKind
  /** `--identity-file`; a boolean has `--no-identity-file` too. */
  readonly flag: string
  /** What stands after the flag in help, `<file>`; absent for a boolean. */
  readonly argument?: string
  /** Whether the flag may be given several times. */
  readonly repeatable: boolean
  readonly title: string
  readonly description: string
  readonly choices?: readonly string[]
  /** What a value must be, after "must be". */
  readonly expected: string
  /** What holds where nothing was set. */
  readonly default?: unknown
}

const properties = schema.$defs.connection.properties

type Declared = keyof typeof properties
// Does not compile while the schema and the model name different fields.
const sameFields: [Exclude<Declared, ConnectionField>, Exclude<ConnectionField, Declared>] extends ['name', never]
  ? true
  : never = true

const isConnectionField = (name: string): name is ConnectionField =>
  sameFields && name !== 'name' && Object.hasOwn(properties, name)

const repeatable: readonly FieldKind[] = ['texts', 'paths', 'options']

const argumentOf: Readonly<Record<Exclude<FieldKind, 'boolean' | 'choice'>, string>> = {
  text: '<text>',
  texts: '<text>',
  path: '<file>',
  paths: '<file>',
  words: '<words>',
  duration: '<duration>',
  options: '<Key=Value>',
  secret: '<reference>',
  integer: '<n>',
  number: '<n>',
}

const expectations: Readonly<Record<Exclude<FieldKind, 'integer' | 'number' | 'choice'>, string>> = {
  text: 'text',
  texts: 'text or a list of texts',
  path: 'a path',
  paths: 'a path or a list of paths',
  words: 'a list of words',
  duration: 'a duration, as 30s, 1m30s or 250ms',
  options: 'a map of ssh_config(5) keywords, or lines of Key=Value',
  secret: 'text, or one of { env: NAME }, { file: PATH }, { command: WORDS }',
  boolean: 'true or false',
}

/** Fields whose values are narrower than their kind. */
const ownExpectations: Partial<Record<ConnectionField, string>> = {
  host: 'a host name or an address; the port has its own field',
  username: 'text without control characters',
  host_key: 'fingerprints as ssh-keygen -l prints them, SHA256:…',
}

interface PropertySchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly anyOf?: readonly { readonly enum?: readonly string[] }[]
  readonly title: string
  readonly description: string
  readonly default?: unknown
}

const references: readonly FieldKind[] = ['text', 'texts', 'path', 'paths', 'words', 'duration', 'options', 'secret']
const types: readonly FieldKind[] = ['integer', 'number', 'boolean']

function kindOf({ $ref, type = [], anyOf }: PropertySchema): FieldKind {
  if (anyOf !== undefined) return 'choice'
  const named = references.find((kind) => $ref === `#/$defs/${kind}`)
  if (named !== undefined) return named
  return types.find((kind) => type.includes(kind)) ?? (type.includes('array') ? 'texts' : 'text')
}

function expectation(name: ConnectionField, kind: FieldKind, { minimum, maximum, anyOf }: PropertySchema): string {
  const own = ownExpectations[name]
  if (own !== undefined) return own
  if (kind === 'integer') return `a whole number from ${minimum} to ${maximum}`
  if (kind === 'number') return 'a number above 0'
  if (kind === 'choice') return `one of ${anyOf?.flatMap((branch) => branch.enum ?? []).join(', ')}`
  return expectations[kind]
}

function fieldOf(name: ConnectionField, property: PropertySchema): Field {
  const kind = kindOf(property)
  const choices = property.anyOf?.flatMap((branch) => branch.enum ?? [])
  return {
    name,
    kind,
    flag: `--${name.replaceAll('_', '-')}`,
    ...(kind === 'boolean' ? {} : { argument: kind === 'choice' ? `<${choices?.join('|')}>` : argumentOf[kind] }),
    repeatable: repeatable.includes(kind),
    title: property.title,
    description: property.description,
    ...(choices === undefined ? {} : { choices }),
    expected: expectation(name, kind, property),
    ...(property.default === undefined ? {} : { default: property.default }),
  }
}

/** Every field of a connection but its name, in the schema's order. */
export const fields: readonly Field[] = Object.entries<PropertySchema>(properties).flatMap(([name, property]) =>
  isConnectionField(name) ? [fieldOf(name, property)] : [],
)

const byName = new Map<string, Field>(fields.map((field) => [field.name, field]))

/** The field of that name, if there is one; `name` itself is none. */
export const fieldNamed = (name: string): Field | undefined => byName.get(name)
