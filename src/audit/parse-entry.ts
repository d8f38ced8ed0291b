import { codes } from '../errors/ferry-error.ts'
import { type AuditEntry, auditOperations } from './audit-entry.ts'

const texts = [
  'session',
  'connection',
  'script',
  'from',
  'target',
  'mode',
  'owner',
  'sha256',
] as const satisfies readonly (keyof AuditEntry)[]
const numbers = ['size', 'duration_ms'] as const satisfies readonly (keyof AuditEntry)[]
const sides = ['remote', 'local', 'state'] as const
const phases = ['intent', 'outcome'] as const

/** The entry of a line; `undefined` for what is none: a line that was cut off, or written by something else. */
export function parseEntry(line: string): AuditEntry | undefined {
  let read: unknown
  try {
    read = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof read !== 'object' || read === null) return undefined
  const found = new Map<string, unknown>(Object.entries(read))
  const text = (key: string): string => {
    const value = found.get(key)
    return typeof value === 'string' ? value : ''
  }
  const operation = auditOperations.find((name) => name === text('operation'))
  const side = sides.find((name) => name === text('side'))
  const phase = phases.find((name) => name === text('phase'))
  const result = resultOf(text('result'))
  const pid = found.get('pid')
  const isWhole = text('id') !== '' && !Number.isNaN(Date.parse(text('time'))) && typeof pid === 'number'
  if (operation === undefined || side === undefined || phase === undefined || !isWhole) return undefined
  if ((phase === 'outcome') === (result === undefined)) return undefined
  return {
    time: text('time'),
    id: text('id'),
    phase,
    user: text('user'),
    command: text('command'),
    host: text('host'),
    pid,
    operation,
    side,
    path: text('path'),
    ...Object.fromEntries(texts.flatMap((key) => (typeof found.get(key) === 'string' ? [[key, text(key)]] : []))),
    ...Object.fromEntries(
      numbers.flatMap((key) => (typeof found.get(key) === 'number' ? [[key, found.get(key)]] : [])),
    ),
    ...(result !== undefined && { result }),
  }
}

const isCode = (text: string): text is keyof typeof codes => Object.hasOwn(codes, text)

const resultOf = (text: string): AuditEntry['result'] => (text === 'ok' || isCode(text) ? text : undefined)
