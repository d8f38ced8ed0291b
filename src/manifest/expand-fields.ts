import { type Environment, expandText, type Fault } from './expand-text.ts'
import { type FieldKind, fieldNamed } from './fields.ts'
import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from './yaml-node.ts'

type Report = (field: string, node: YamlNode, fault: Fault) => void

/** A connection, or defaults, with the references in its fields replaced. Secrets keep theirs until they are used. */
export function expandFields(map: YamlMap, environment: Environment, report: Report): YamlMap {
  const entries = new Map<string, YamlEntry>()
  for (const [name, entry] of map.entries) {
    const kind = name === 'name' ? 'text' : fieldNamed(name)?.kind
    if (kind === undefined || kind === 'secret') {
      entries.set(name, entry)
      continue
    }
    const faults: Fault[] = []
    const value = expandValue(entry.value, kind, environment, (node, fault) => {
      faults.push(fault)
      report(name, node, fault)
    })
    if (faults.length > 0) entries.set(name, { ...entry, value, faulty: true })
    else entries.set(name, value === entry.value ? entry : { ...entry, value })
  }
  return { ...map, entries }
}

function expandValue(
  node: YamlNode,
  kind: FieldKind,
  environment: Environment,
  report: (node: YamlNode, fault: Fault) => void,
): YamlNode {
  const expand = (inner: YamlNode): YamlNode => expandValue(inner, kind, environment, report)
  if (node.kind === 'list') {
    const items = node.items.map(expand)
    return items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
  }
  if (node.kind === 'map') {
    const entries = [...node.entries].map(([key, entry]) => [key, { ...entry, value: expand(entry.value) }] as const)
    return { ...node, entries: new Map(entries) }
  }
  if (typeof node.value !== 'string') return kind === 'options' ? optionText(node) : node
  const { text, faults } = expandText(node.value, environment)
  for (const fault of faults) report(node, fault)
  if (text === node.value) return node
  return { ...node, value: convertText(text, kind) }
}

/** ssh_config(5) knows only words: a number stays as it is written, and a boolean is yes or no. */
function optionText(node: YamlScalar): YamlScalar {
  if (typeof node.value === 'number') return { ...node, value: node.text }
  return typeof node.value === 'boolean' ? { ...node, value: node.value ? 'yes' : 'no' } : node
}

const truths = new Map([
  ...['true', 'yes', 'on', '1'].map((text) => [text, true] as const),
  ...['false', 'no', 'off', '0'].map((text) => [text, false] as const),
])

/** Text from outside (a variable, a flag, a quoted value of Zato's) as the type that its field has; text where it is none such. */
export function convertText(text: string, kind: FieldKind): string | number | boolean {
  if (kind === 'boolean') return truths.get(text.toLowerCase()) ?? text
  if ((kind === 'integer' || kind === 'number') && /^[-+]?(?:\d+\.?\d*|\.\d+)$/.test(text)) return Number(text)
  return text
}
