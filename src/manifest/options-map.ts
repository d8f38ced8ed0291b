import type { Outcome } from './model-value.ts'
import { plainObject } from './yaml-node.ts'

const keyword = /^[A-Za-z][A-Za-z0-9]*$/
const line = /^([^\s=]+)(?:\s*=\s*|\s+)(\S.*)$/s

/** ssh_options as the model has them: keywords as first written, compared without case, with a list where one is repeated. */
export function optionsMap(value: unknown): Outcome | undefined {
  const pairs = pairsOf(value)
  if (pairs === undefined) return undefined
  const spelled = new Map<string, { readonly as: string; readonly values: string[] }>()
  for (const pair of pairs) {
    const problem = 'malformed' in pair ? pair.malformed : pairProblem(pair)
    if (problem !== undefined)
      return { fault: { message: `ssh_options: ${problem}`, hint: 'as ServerAliveInterval=15' } }
    if ('malformed' in pair) continue
    const known = spelled.get(pair.name.toLowerCase())
    if (known === undefined) spelled.set(pair.name.toLowerCase(), { as: pair.name, values: [pair.value] })
    else known.values.push(pair.value)
  }
  const entries = [...spelled.values()].map(({ as, values }) => [as, onlyOrAll(values)] as const)
  return { value: plainObject(entries) }
}

type Pair = { readonly name: string; readonly value: string } | { readonly malformed: string }

function pairsOf(value: unknown): readonly Pair[] | undefined {
  const lines: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (lines.every((text) => typeof text === 'string'))
    return lines.flatMap((text) => text.split(/\r?\n/)).flatMap(pairsOfLine)
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).flatMap(([name, option]: [string, unknown]) =>
    (Array.isArray(option) ? option : [option]).map((one: unknown) =>
      typeof one === 'string' ? { name, value: one.trim() } : { malformed: `${name} must be text` },
    ),
  )
}

function pairsOfLine(text: string): readonly Pair[] {
  const trimmed = text.trim()
  if (trimmed === '' || trimmed.startsWith('#')) return []
  const [, name, value] = line.exec(trimmed) ?? []
  return name === undefined || value === undefined ? [{ malformed: `"${trimmed}" is no Key=Value` }] : [{ name, value }]
}

function pairProblem({ name, value }: { readonly name: string; readonly value: string }): string | undefined {
  if (!keyword.test(name)) return `"${name}" is no keyword`
  if (value === '') return `${name} has no value`
  return /[\0\r\n]/.test(value) ? `${name} has a line break or a NUL byte in its value` : undefined
}

function onlyOrAll(values: readonly string[]): string | readonly string[] {
  const [only = '', ...others] = values
  return others.length === 0 ? only : values
}
