import { resolve } from 'node:path'
import { FerryError } from '../errors/ferry-error.ts'
import { type ConnectionFields, isSecretField } from '../model/connection.ts'
import { parseSecretFlag } from '../secrets/parse-secret.ts'
import { splitWords } from '../secrets/split-words.ts'
import { convertText } from './expand-fields.ts'
import type { Field } from './fields.ts'
import { fromFolder, modelValue } from './model-value.ts'
import { type Finding, schemaFindings } from './schema-findings.ts'
import { isConnection } from './stored-connection.ts'
import type { YamlNode } from './yaml-node.ts'

/**
 * The value of a field out of its flag's texts, as the model has it. Of a flag that does not repeat the last one counts; a boolean's
 * are `true` and `false`, a secret must be a reference, and relative paths start in the working directory. Else a `usage` error.
 */
export function parseField(field: Field, texts: readonly string[]): unknown {
  const last = texts.at(-1) ?? ''
  if (field.kind === 'secret') return fromFolder(parseSecretFlag(last, field.flag), resolve())
  const value = field.repeatable ? texts : field.kind === 'words' ? splitWords(last) : convertText(last, field.kind)
  const sample = { name: 'sample', host: 'sample', transport: 'command', command: ['sample'], [field.name]: value }
  const finding = findingsOf(sample).find(({ field: name }) => name === field.name)
  const outcome = finding === undefined ? modelValue(field, value, resolve()) : { fault: finding }
  if (!('fault' in outcome)) return outcome.value
  const { message, hint } = outcome.fault
  throw new FerryError('usage', message.replace(`${field.name}:`, `${field.flag}:`), hint === undefined ? {} : { hint })
}

/** A connection out of values that `parseField` made, with what its fields need of each other checked; else a `usage` error. */
export function connectionOf(values: Readonly<Record<string, unknown>>): ConnectionFields {
  const open = Object.fromEntries(Object.entries(values).filter(([name]) => !isSecretField(name)))
  const [finding] = findingsOf(open)
  const connection = { ...values }
  if (finding === undefined && isConnection(connection)) return connection
  const { message, hint } = finding ?? { message: 'missing "host"' }
  throw new FerryError('usage', `connection "${values['name']}": ${message}`, hint === undefined ? {} : { hint })
}

const findingsOf = (values: Readonly<Record<string, unknown>>): readonly Finding[] =>
  schemaFindings('connections', nodeOf(values))

/** A value that comes from no text, for the schema. */
function nodeOf(value: unknown): YamlNode {
  if (Array.isArray(value)) return { kind: 'list', offset: 0, items: value.map(nodeOf) }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, inner]) => [key, { keyOffset: 0, value: nodeOf(inner) }] as const)
    return { kind: 'map', offset: 0, entries: new Map(entries) }
  }
  const scalar = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
  return { kind: 'scalar', offset: 0, value: scalar, text: String(scalar) }
}
