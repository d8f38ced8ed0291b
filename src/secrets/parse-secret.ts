import { FerryError } from '../errors/ferry-error.ts'
import type { Secret, SecretReference } from '../model/secret.ts'
import { expandReferences, holdsReference, wholeReference } from './references.ts'
import { splitWords } from './split-words.ts'

const variable = /^[A-Za-z_][A-Za-z0-9_]*$/

/** A secret as a manifest writes it: text, `{ env }`, `{ file }`, `{ command }` or `{ sealed }`; `undefined` where it is none of them. */
export function parseSecret(value: unknown): Secret | undefined {
  if (typeof value === 'string') return parseText(value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const form = new Map<string, unknown>(Object.entries(value))
  if (form.has('sealed')) return parseSealed(form)
  const [entry, ...others] = form
  return entry === undefined || others.length > 0 ? undefined : parseReference(...entry)
}

/** A reference as a flag takes it: `env:NAME`, `file:PATH`, `command:WORDS`, or a manifest's `${env:NAME}`. */
export function parseSecretFlag(text: string, flag: string): SecretReference {
  const name = wholeReference(text)
  if (name !== undefined) return { env: name }
  const [, kind = '', value = ''] = /^(env|file|command):([\s\S]*)$/.exec(text) ?? []
  const reference = parseReference(kind, value)
  if (reference !== undefined) return reference
  // The value may be the secret itself, so it is not repeated.
  throw new FerryError('usage', `${flag}: the value must be a reference, as other users of this machine can see it`, {
    hint: `${flag} env:NAME, ${flag} file:PATH or ${flag} "command:pass show name"; ${flag} alone asks, ${flag} - reads a line of standard input`,
  })
}

function parseText(text: string): Secret {
  const name = wholeReference(text)
  if (name !== undefined) return { env: name }
  return holdsReference(text) ? { literal: text, template: true } : { literal: expandReferences(text, {}).text }
}

function parseReference(kind: string, value: unknown): SecretReference | undefined {
  if (kind === 'env') return typeof value === 'string' && variable.test(value) ? { env: value } : undefined
  if (kind === 'file') return typeof value === 'string' && isPath(value) ? { file: value } : undefined
  if (kind === 'command') return isCommand(value) ? { command: value } : undefined
  return undefined
}

const isPath = (text: string): boolean => text !== '' && !text.includes('\0')

function isCommand(value: unknown): value is string | readonly string[] {
  const words = typeof value === 'string' ? splitWords(value) : value
  return (
    Array.isArray(words) &&
    words.every((word) => typeof word === 'string' && !word.includes('\0')) &&
    words[0] !== undefined &&
    words[0] !== ''
  )
}

function parseSealed(form: ReadonlyMap<string, unknown>): Secret | undefined {
  const { sealed, hash, template, ...others } = Object.fromEntries(form)
  if (typeof sealed !== 'string' || sealed === '' || Object.keys(others).length > 0) return undefined
  if (hash !== undefined && typeof hash !== 'string') return undefined
  if (template !== undefined && typeof template !== 'boolean') return undefined
  return { sealed, ...(hash !== undefined && { hash }), ...(template === true && { template }) }
}
