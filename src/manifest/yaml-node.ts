/** A YAML value that knows where in its source it stands. Merge keys and aliases are resolved; nodes may be shared. */
export type YamlNode = YamlScalar | YamlList | YamlMap

export interface YamlScalar {
  readonly kind: 'scalar'
  readonly offset: number
  readonly value: string | number | boolean | null
  /** As it is written, before its type was found: `0177` stays that. */
  readonly text: string
}

interface YamlList {
  readonly kind: 'list'
  readonly offset: number
  readonly items: readonly YamlNode[]
}

export interface YamlMap {
  readonly kind: 'map'
  readonly offset: number
  readonly entries: ReadonlyMap<string, YamlEntry>
}

export interface YamlEntry {
  readonly keyOffset: number
  /** The key in the text, where it is another one's counterpart. */
  readonly written?: string
  readonly value: YamlNode
  /** The value is known to be wrong, and nothing more is to be said of it. */
  readonly faulty?: true
}

/** The same value as plain data, for the schema. Objects have no prototype, so that `__proto__` is only a name. */
export function plainValue(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plainValue)
  return plainMap(node)
}

/** A map as an object. */
export function plainMap({ entries }: YamlMap): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null)
  for (const [key, { value }] of entries) object[key] = plainValue(value)
  return object
}

/** An object without prototype. */
export function plainObject<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const object: Record<string, T> = Object.create(null)
  for (const [key, value] of entries) object[key] = value
  return object
}
