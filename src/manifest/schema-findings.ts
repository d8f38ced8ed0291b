import { type SchemaError, validate } from 'virtual:manifest-validator'
import schema from '../../schemas/manifest.schema.json' with { type: 'json' }
import { nameProblem } from '../model/connection.ts'
import { suggest } from '../model/suggest.ts'
import type { Fault } from './expand-text.ts'
import { fieldNamed } from './fields.ts'
import { plainValue, type YamlNode } from './yaml-node.ts'

/** The parts of a manifest that are checked one by one: all but its objects, its defaults, one connection, one script. */
export type Checked = 'manifest' | 'defaults' | 'connections' | 'scripts'

/** One thing that is wrong with a part. */
export interface Finding extends Fault {
  /** Where the key or the value stands in the source. */
  readonly offset: number
  /** Keys and indices below the part, as they are written. */
  readonly path: readonly string[]
  /** The field of the part that must not be used. */
  readonly field?: string
}

/** All that the schema finds wrong with a part, each thing once. `value` is what the node stands for. */
export function schemaFindings(part: Checked, node: YamlNode, value: unknown = plainValue(node)): Finding[] {
  if (validate(documentOf(part, value))) return []
  const errors = validate.errors ?? []
  return errors.filter((error) => !isConsequence(error, errors)).map((error) => finding(part, error, node))
}

/** How deep a part is in the document that was made of it. */
const depths = { manifest: 0, defaults: 1, connections: 2, scripts: 2 } as const

function documentOf(part: Checked, value: unknown): unknown {
  if (part === 'manifest') return value
  return part === 'defaults' ? { defaults: value } : { [part]: [value] }
}

/** Parts of a rule that has an error of its own, conditions, whose branch is what failed, and maps whose unknown key tells more. */
const isConsequence = ({ schemaPath, keyword, instancePath }: SchemaError, all: readonly SchemaError[]): boolean =>
  keyword === 'if' ||
  /\/(?:oneOf|anyOf)\/\d+\/|\/propertyNames\/./.test(schemaPath) ||
  (keyword === 'oneOf' &&
    all.some((other) => other.keyword === 'additionalProperties' && other.instancePath === instancePath))

function finding(part: Checked, error: SchemaError, root: YamlNode): Finding {
  const steps = error.instancePath.split('/').slice(1 + depths[part])
  const path = steps.map(unescapePointer)
  const { node, written } = follow(root, path)
  const key = keyOf(error)
  const field = path[0]
  const entry = key !== undefined && node.kind === 'map' ? node.entries.get(key) : undefined
  return {
    ...(key === undefined ? describe(part, error, path, node) : describeKey(part, path, key)),
    offset: entry?.keyOffset ?? node.offset,
    path: key === undefined ? written : [...written, entry?.written ?? key],
    ...(field !== undefined && { field }),
  }
}

/** The key that has no place in its map, where that is what is wrong. */
function keyOf({ keyword, params }: SchemaError): string | undefined {
  const key = keyword === 'not' ? 'name' : (params['additionalProperty'] ?? params['propertyName'])
  return typeof key === 'string' ? key : undefined
}

function describeKey(part: Checked, path: readonly string[], key: string): Fault {
  const [field] = path
  if (part === 'defaults' && path.length === 0 && key === 'name') return { message: 'a name belongs to one connection' }
  if (field === 'ssh_options') return { message: `ssh_options: "${key}" is no keyword of ssh_config(5)` }
  if (field === 'parameters' && path.length === 1) {
    return {
      message: `parameters: "${key}" is no name for a parameter`,
      hint: 'letters, digits and "_", not beginning with a digit',
    }
  }
  const known = knownKeys(part, path)
  const nearest = suggest(key, known)
  return {
    message: `${path.map((step) => `${step}: `).join('')}unknown key "${key}"`,
    ...(nearest !== undefined
      ? { hint: `did you mean "${nearest}"?` }
      : known.length <= fewKeys && { hint: `it may be one of ${known.join(', ')}` }),
  }
}

/** So many keys fit into a hint. */
const fewKeys = 8

const { connection, script, parameter, secret } = schema.$defs

/** The keys of a manifest. */
export const manifestKeys: readonly string[] = Object.keys(schema.properties)

function knownKeys(part: Checked, path: readonly string[]): readonly string[] {
  if (part === 'manifest') return manifestKeys
  const [whole, inner] = part === 'scripts' ? [script, parameter] : [connection, secret]
  return Object.keys(path.length === 0 ? whole.properties : inner.properties)
}

function describe(part: Checked, error: SchemaError, path: readonly string[], node: YamlNode): Fault {
  const [field] = path
  if (field === undefined) return describeWhole(part, error)
  const value = node.kind === 'scalar' ? node.value : undefined
  if (field === 'name')
    return {
      message: typeof value === 'string' ? `name: ${nameProblem(value)}` : 'name: must be text',
      ...quotingHint(value),
    }
  if (part === 'connections' || part === 'defaults') return describeField(field, error, node)
  return describeOther(part, path, value)
}

function describeWhole(part: Checked, { keyword, params }: SchemaError): Fault {
  if (keyword === 'required') return { message: `missing "${params['missingProperty']}"` }
  if (keyword !== 'oneOf') return { message: part === 'manifest' ? 'a manifest is a map of keys' : 'must be a map' }
  return Array.isArray(params['passingSchemas'])
    ? { message: 'has both "file" and "body"' }
    : { message: 'missing "file" or "body"' }
}

const textual = ['text', 'texts', 'path', 'paths'] as const

function describeField(name: string, { keyword }: SchemaError, node: YamlNode): Fault {
  if (keyword === 'false schema')
    return { message: `${name}: goes with transport command only`, hint: 'transport: command' }
  const field = fieldNamed(name)
  const message = `${name}: must be ${field?.expected}`
  if (field?.kind === 'secret') return { message }
  const value = node.kind === 'scalar' ? node.value : undefined
  const nearest = typeof value === 'string' ? suggest(value, field?.choices ?? []) : undefined
  if (nearest !== undefined) return { message: `${message}, not ${written(node)}`, hint: `did you mean "${nearest}"?` }
  return {
    message: `${message}, not ${written(node)}`,
    ...(textual.some((kind) => kind === field?.kind) && quotingHint(value)),
  }
}

/** What a key of a manifest, of a script or of a parameter must be; the others are text. */
const expectations = new Map([
  ['include', 'a path or a list of paths'],
  ['connections', 'a list'],
  ['scripts', 'a list'],
  ['defaults', 'a map of fields'],
  ['parameters', 'a map of parameters by name'],
  ['required', 'true or false'],
])

function describeOther(part: Checked, path: readonly string[], value: unknown): Fault {
  const keys = part === 'manifest' ? path.slice(0, 1) : path
  const isParameter = part === 'scripts' && path.length === 2
  const expected = isParameter ? 'a map of required, default and description' : expectations.get(keys.at(-1) ?? '')
  return {
    message: `${keys.join(': ')}: must be ${expected ?? 'text'}`,
    ...(expected === undefined && quotingHint(value)),
  }
}

const quotingHint = (value: unknown): { hint?: string } =>
  typeof value === 'number' || typeof value === 'boolean' ? { hint: 'put quotes around it' } : {}

/** A value as it is told to be wrong. What a reference stands for may be a secret, and is not repeated. */
function written(node: YamlNode): string {
  if (node.kind !== 'scalar') return node.kind === 'list' ? 'this list' : 'a map'
  if (node.value === null) return 'empty'
  if (node.text.includes('${')) return `what ${node.text} stands for`
  return typeof node.value === 'string' ? `"${node.value.slice(0, 80)}"` : node.text
}

/** The node at a path, or the last one on the way that there is, and the path in the source's own words. */
function follow(
  root: YamlNode,
  path: readonly string[],
): { readonly node: YamlNode; readonly written: readonly string[] } {
  let node = root
  const keys: string[] = []
  for (const step of path) {
    const entry = node.kind === 'map' ? node.entries.get(step) : undefined
    const next = node.kind === 'list' ? node.items[Number(step)] : entry?.value
    if (next === undefined) break
    keys.push(entry?.written ?? step)
    node = next
  }
  return { node, written: keys }
}

/** RFC 6901 */
const unescapePointer = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~')
