import { dump } from 'js-yaml'
import { type Connection, isSecretField } from '../model/connection.ts'
import type { Script } from '../model/script.ts'
import { escapeReferences } from '../secrets/references.ts'
import { fields } from './fields.ts'

/** What is to be written as a manifest. */
export interface ManifestContent {
  /** Owner label. */
  readonly name?: string
  readonly connections: Iterable<Connection>
  readonly scripts: Iterable<Script>
}

/** A native manifest that imports to the same objects. Secrets stay references, or sealed. */
export function manifestText(content: ManifestContent): string {
  return dump(manifestDocument(content), { lineWidth: -1, noRefs: true })
}

/** The same as a value, for JSON. */
export function manifestDocument({ name, connections, scripts }: ManifestContent): Readonly<Record<string, unknown>> {
  return {
    ...(name !== undefined && { name }),
    connections: [...connections].map(connectionDocument),
    scripts: [...scripts].map(scriptDocument),
  }
}

/** The name, then what is set, in the schema's order. */
function connectionDocument(connection: Connection): Readonly<Record<string, unknown>> {
  const set = fields.flatMap(({ name }): [string, unknown][] => {
    const value = connection[name]
    if (value === undefined) return []
    return [[name, isSecretField(name) ? secretDocument(value) : escaped(value)]]
  })
  return { name: escaped(connection.name), ...Object.fromEntries(set) }
}

/** A variable in the short form that people write. */
const secretDocument = (secret: unknown): unknown =>
  typeof secret === 'object' && secret !== null && 'env' in secret ? `\${env:${secret.env}}` : secret

/** Texts so that they expand to themselves. */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return escapeReferences(value)
  if (Array.isArray(value)) return value.map(escaped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, escaped(inner)]))
}

const scriptDocument = ({ name, body, parameters, description }: Script): Readonly<Record<string, unknown>> => ({
  name,
  ...(description !== undefined && { description }),
  ...(parameters !== undefined && { parameters }),
  body,
})
