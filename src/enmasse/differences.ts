import { type Connection, type ConnectionFields, isSecretField, type SecretField } from '../model/connection.ts'
import type { FieldChange } from '../model/plan.ts'
import type { Script } from '../model/script.ts'
import { type LiteralSecret, type Secret, type StoredSecret, sensitive } from '../model/secret.ts'
import type { Origin } from '../model/state.ts'

/** The hash that the sealed form of a text would have, or `undefined` where there is no key to have sealed anything with. */
export type SecretHash = (secret: LiteralSecret) => string | undefined

/** Fields that differ, in the order of `after`, then those that only `before` has. Absent: there is no such connection. */
export function connectionDifferences(
  before: Connection | undefined,
  after: ConnectionFields | undefined,
  hash: SecretHash,
): FieldChange[] {
  return fieldNames(before, after).flatMap((name) => {
    if (isSecretField(name)) return secretDifference(name, before?.[name], after?.[name], hash)
    return difference(name, before?.[name], after?.[name])
  })
}

/** As for connections; a text is told by its SHA-256. */
export function scriptDifferences(before: Script | undefined, after: Script | undefined): FieldChange[] {
  return (['sha256', 'parameters', 'description'] as const).flatMap((name) =>
    difference(name, before?.[name], after?.[name]),
  )
}

/** Whether the stored secret is the wanted one, as far as that can be told without opening it. */
export function isSameSecret(before: StoredSecret, after: Secret, hash: SecretHash): boolean {
  if (!('sealed' in before)) return isSame(before, after)
  if (before.template !== ('template' in after ? after.template : undefined)) return false
  if ('sealed' in after && before.sealed === after.sealed) return true
  const wanted = 'literal' in after ? hash(after) : 'sealed' in after ? after.hash : undefined
  return wanted !== undefined && before.hash === wanted
}

/** Whether two values are the same JSON; the order of keys does not count. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return one === other
  }
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const values = new Map<string, unknown>(Object.entries(other))
  const entries = Object.entries(one)
  return (
    entries.length === values.size && entries.every(([key, value]) => values.has(key) && isSame(value, values.get(key)))
  )
}

export function isSameOrigin(one: Origin, other: Origin): boolean {
  const listed = ({ owner, place, fields }: Origin): unknown => [owner, place, fields && Object.fromEntries(fields)]
  return isSame(listed(one), listed(other))
}

type FieldName = Exclude<keyof ConnectionFields, 'name'>

function fieldNames(before: Connection | undefined, after: ConnectionFields | undefined): FieldName[] {
  const names = new Set([...Object.keys(after ?? {}), ...Object.keys(before ?? {})])
  return [...names].filter(isFieldName)
}

/** The keys of a connection are the model's: the manifest and the state were checked when they were read. */
const isFieldName = (name: string): name is FieldName => name !== 'name'

const difference = (name: string, before: unknown, after: unknown): FieldChange[] =>
  isSame(before, after)
    ? []
    : [{ name, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }]

function secretDifference(
  name: SecretField,
  before: StoredSecret | undefined,
  after: Secret | undefined,
  hash: SecretHash,
): FieldChange[] {
  const isUnchanged = before === after || (before && after && isSameSecret(before, after, hash))
  return isUnchanged ? [] : [{ name, ...(before && { before: sensitive }), ...(after && { after: sensitive }) }]
}
