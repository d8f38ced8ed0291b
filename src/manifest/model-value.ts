import { resolve } from 'node:path'
import { durationMs, durationText } from '../model/duration.ts'
import type { Secret } from '../model/secret.ts'
import { parseSecret } from '../secrets/parse-secret.ts'
import type { Fault } from './expand-text.ts'
import type { Field } from './fields.ts'
import { optionsMap } from './options-map.ts'

export type Outcome = { readonly value: unknown } | { readonly fault: Fault }

const fingerprint = /^SHA256:[A-Za-z0-9+/]{43}=?$/

/**
 * A field's value, out of what the schema lets a manifest or a flag say, in the one form that the model has for it. Relative paths
 * start in `folder`. References are gone by now, so that what only a reference may be is a fault.
 */
export function modelValue(field: Field, value: unknown, folder: string): Outcome {
  const found = normal(field, value, folder)
  return found === undefined ? { fault: { message: `${field.name}: must be ${field.expected}` } } : found
}

function normal(field: Field, value: unknown, folder: string): Outcome | undefined {
  switch (field.kind) {
    case 'integer':
    case 'number':
      return typeof value === 'number' ? { value } : undefined
    case 'boolean':
      return typeof value === 'boolean' ? { value } : undefined
    case 'choice':
      return field.choices?.some((choice) => choice === value) ? { value } : undefined
    case 'duration':
      return duration(value)
    case 'options':
      return optionsMap(value)
    case 'secret':
      return secret(field, value, folder)
    case 'text':
      return typeof value === 'string' ? { value } : undefined
    case 'path':
      return typeof value === 'string' ? { value: fieldPath(value, folder) } : undefined
    default:
      return several(field, typeof value === 'string' ? [value] : value, folder)
  }
}

function duration(value: unknown): Outcome | undefined {
  const ms = typeof value === 'number' || typeof value === 'string' ? durationMs(String(value)) : undefined
  return ms === undefined ? undefined : { value: durationText(ms) }
}

function several(field: Field, value: unknown, folder: string): Outcome | undefined {
  if (!isTexts(value)) return undefined
  if (field.kind === 'paths') {
    const [only, ...others] = value.map((path) => fieldPath(path, folder))
    return { value: others.length === 0 ? only : [only, ...others] }
  }
  if (field.name !== 'host_key') return { value }
  return value.every((key) => fingerprint.test(key)) ? { value: value.map((key) => key.replace(/=$/, '')) } : undefined
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

function secret(field: Field, value: unknown, folder: string): Outcome | undefined {
  const parsed = parseSecret(value)
  if (parsed === undefined) return undefined
  if (field.name === 'private_key' && 'literal' in parsed && looksLikePath(parsed.literal, parsed.template === true)) {
    return {
      fault: {
        message: 'private_key: looks like a path, and it is the text of the key',
        hint: 'a key file belongs in identity_file',
      },
    }
  }
  return { value: fromFolder(parsed, folder) }
}

/** The text of a key has several lines; only what references stand for is not known yet. */
const looksLikePath = (text: string, template: boolean): boolean =>
  !/[\n\r]/.test(text) && !(template && !/[/~\\]/.test(text.replace(/\$\{[^}]*\}/g, '')))

/** A secret whose file is named from where it was written down. */
export const fromFolder = (secret: Secret, folder: string): Secret =>
  'file' in secret ? { file: absolutePath(secret.file, folder) } : secret

/** Absolute, unless it starts at a home, which is known when it is used. */
const absolutePath = (path: string, folder: string): string =>
  path === '~' || path.startsWith('~/') ? path : resolve(folder, path)

/** ssh's word for no file at all is no path. */
const fieldPath = (path: string, folder: string): string => (path === 'none' ? path : absolutePath(path, folder))
