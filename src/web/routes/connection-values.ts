import type { FieldValues } from '../../api/change-connections.ts'
import { type Field, fields, parseField } from '../../api/connection-fields.ts'
import { FerryError } from '../../errors/ferry-error.ts'
import { type Connection, isSecretField, nameProblem } from '../../model/connection.ts'
import type { FieldFault } from '../views/connection-form.ts'

/** What a form sent: each control by its name. Files are none of them. */
export type FormTexts = ReadonlyMap<string, string>

/** The texts of a form; lines end as everywhere but in forms. */
export function formTexts(body: Readonly<Record<string, unknown>>): FormTexts {
  return new Map(
    Object.entries(body).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value.replaceAll('\r\n', '\n')]] : [],
    ),
  )
}

/** What the form says a connection is, or what is wrong with which control. */
export function formValues(
  texts: FormTexts,
  before: Connection | undefined,
): { readonly values: FieldValues; readonly faults: ReadonlyMap<string, FieldFault> } {
  const faults = new Map<string, FieldFault>()
  const values: Record<string, unknown> = {}
  for (const field of fields) {
    const outcome = formValue(field, texts, before)
    if ('fault' in outcome) faults.set(field.name, outcome.fault)
    else if (outcome.value !== undefined) values[field.name] = outcome.value
  }
  if (texts.get('host')?.trim() === '') faults.set('host', { message: 'a host is needed' })
  return { values, faults }
}

/** What is wrong with the name that a new connection is to have. */
export function nameFault(name: string): FieldFault | undefined {
  const message = nameProblem(name)
  return message === undefined ? undefined : { message }
}

type Outcome = { readonly value: unknown } | { readonly fault: FieldFault }

/** The value of one control; `undefined` where it is left empty, and the default holds. */
export function formValue(field: Field, texts: FormTexts, before: Connection | undefined): Outcome {
  const { name } = field
  const text = texts.get(name) ?? ''
  if (isSecretField(name)) return secretValue(field, texts.get(`${name}.kind`) ?? 'none', text, before?.[name])
  if (text.trim() === '') return { value: undefined }
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return parsed(field, field.repeatable ? lines : [text])
}

function parsed(field: Field, texts: readonly string[]): Outcome {
  try {
    return { value: parseField(field, texts) }
  } catch (error) {
    if (!(error instanceof FerryError)) throw error
    const { hint } = error.details
    const message = error.message.replace(`${field.flag}: `, '')
    return { fault: { message, ...(hint !== undefined && { hint }) } }
  }
}

const referenceFaults: Readonly<Record<string, string>> = {
  env: 'must be the name of an environment variable',
  file: 'must be the path of a file',
  command: 'must be a command line',
}

function secretValue(field: Field, kind: string, text: string, before: unknown): Outcome {
  if (kind === 'none') return { value: undefined }
  if (kind === 'keep') return { value: before }
  const message = referenceFaults[kind]
  if (message !== undefined) {
    const outcome = parsed(field, [`${kind}:${text}`])
    return 'fault' in outcome ? { fault: { message } } : outcome
  }
  if (text === '') return { fault: { message: 'the secret is empty' } }
  if (field.name === 'private_key' && !text.trim().includes('\n')) {
    return {
      fault: { message: 'is not the text of a key', hint: 'a key file belongs in its own field, identity file' },
    }
  }
  return { value: { literal: text } }
}

/** What stands in each control for a stored connection; secrets stay where they are. */
export function textsOf(connection: Connection): FormTexts {
  return new Map(
    fields.flatMap((field) => {
      const value = connection[field.name]
      return value === undefined || isSecretField(field.name) ? [] : [[field.name, textOf(field, value)]]
    }),
  )
}

function textOf({ kind }: Field, value: unknown): string {
  if (kind === 'words' && Array.isArray(value)) return value.map(quoted).join(' ')
  if (Array.isArray(value)) return value.join('\n')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .flatMap(([key, one]: [string, unknown]) => [one].flat().map((each) => `${key}=${String(each)}`))
    .join('\n')
}

/** A word as sh(1) takes it. */
const quoted = (word: unknown): string => {
  const text = String(word)
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
