import type { ConnectionFields } from '../model/connection.ts'
import { isSecretField } from '../model/connection.ts'
import type { Stored } from '../model/state.ts'
import { checkSchema, type Declaration, failField, originOf } from './declaration.ts'
import type { Fault } from './expand-text.ts'
import { fieldNamed } from './fields.ts'
import { modelValue } from './model-value.ts'
import type { ProblemList } from './problem-list.ts'
import type { Reading } from './read-text.ts'
import { plainMap } from './yaml-node.ts'

type FieldReading = Pick<Reading, 'problems' | 'checkOptions'>

/** A declared connection, defaults merged and references replaced, as the model has it; `undefined` where something is wrong. */
export function storedConnection(
  declaration: Declaration,
  owner: string | undefined,
  reading: FieldReading,
): Stored<ConnectionFields> | undefined {
  const values = fieldValues(declaration, 'connections', reading)
  return isConnection(values) ? { value: values, origin: originOf(declaration, owner) } : undefined
}

/** The values of a connection's fields, or of the defaults, as the model has them; without those that are wrong. */
export function fieldValues(
  declaration: Declaration,
  checked: 'connections' | 'defaults',
  { problems, checkOptions }: FieldReading,
): Record<string, unknown> {
  const plain = plainMap(declaration.map)
  const broken = checkSchema(problems, declaration, checked, plain)
  const values: Record<string, unknown> = {}
  for (const [name, { value, faulty, written = name }] of declaration.map.entries) {
    const field = fieldNamed(name)
    if (faulty === true || broken.has(name) || (field === undefined && name !== 'name')) continue
    const outcome = field === undefined ? { value: plain[name] } : modelValue(field, plain[name], declaration.folder)
    if ('fault' in outcome) failField(problems, declaration, name, outcome.fault)
    else values[name] = outcome.value
    if (isSecretField(name) && isLiteral(values[name])) {
      problems.warning(declaration, value.offset, writtenOut(written), [written])
    }
  }
  if (hasOptions(values)) {
    for (const { keyword, ...fault } of checkOptions(values.ssh_options))
      failOption(problems, declaration, keyword, fault)
  }
  return values
}

/** Tells what is wrong with one of `ssh_options`, where it stands if they are a map. */
function failOption(
  problems: ProblemList,
  declaration: Declaration,
  keyword: string,
  { message, ...more }: Fault,
): void {
  const fault = { message: `ssh_options: ${message}`, ...more }
  const entry = declaration.map.entries.get('ssh_options')
  const option = entry?.value.kind === 'map' ? entry.value.entries.get(keyword) : undefined
  if (option === undefined) failField(problems, declaration, 'ssh_options', fault)
  else
    problems.error(declaration, option.keyOffset, fault, [entry?.written ?? 'ssh_options', option.written ?? keyword])
}

const hasOptions = (
  values: Record<string, unknown>,
): values is Record<string, unknown> & { ssh_options: NonNullable<ConnectionFields['ssh_options']> } =>
  values['ssh_options'] !== undefined

const writtenOut = (key: string): Fault => ({
  message: `${key}: the secret is written out; it is sealed before it is stored`,
  hint: `a reference keeps it out of the file: \${env:NAME}, { file: PATH } or { command: WORDS }`,
})

const isLiteral = (value: unknown): boolean => typeof value === 'object' && value !== null && 'literal' in value

/** The schema has checked every field; what the type adds is that the required ones are there. */
export const isConnection = (values: Record<string, unknown>): values is Record<string, unknown> & ConnectionFields =>
  typeof values['name'] === 'string' && typeof values['host'] === 'string'
