import { type Connection, nameProblem } from '../model/connection.ts'
import type { Parameter, Script } from '../model/script.ts'

/** Whether a value from the state's text has one shape. */
type Shape = (value: unknown) => boolean
type Shapes<T> = { readonly [Key in keyof Required<T>]: Shape }

const text: Shape = (value) => typeof value === 'string'
const flag: Shape = (value) => typeof value === 'boolean'
const count: Shape = (value) => Number.isSafeInteger(value) && Number(value) >= 0
const name: Shape = (value) => typeof value === 'string' && nameProblem(value) === undefined
const oneOf =
  (...values: readonly unknown[]): Shape =>
  (value) =>
    values.includes(value)
const listOf =
  (item: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every((one) => item(one))
const either =
  (...shapes: readonly Shape[]): Shape =>
  (value) =>
    shapes.some((shape) => shape(value))

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const recordOf =
  (item: Shape): Shape =>
  (value) =>
    isRecord(value) && Object.values(value).every((one) => item(one))

/** What keeps a value from being a record of these shapes: a key that is unknown, missing, or of another shape. */
function recordProblem(
  value: unknown,
  shapes: Readonly<Record<string, Shape>>,
  required: readonly string[],
): string | undefined {
  if (!isRecord(value)) return 'it is no object'
  const missing = required.find((key) => !Object.hasOwn(value, key))
  if (missing !== undefined) return `"${missing}" is missing`
  for (const [key, one] of Object.entries(value)) {
    if (!Object.hasOwn(shapes, key)) return `unknown key "${key}"`
    if (shapes[key]?.(one) !== true) return `"${key}" has a value of the wrong kind`
  }
  return undefined
}

const textOrTexts = either(text, listOf(text))
const exactly =
  (key: string, shape: Shape): Shape =>
  (value) =>
    recordProblem(value, { [key]: shape }, [key]) === undefined
const sealed: Shape = (value) =>
  recordProblem(value, { sealed: text, hash: text, template: oneOf(true) }, ['sealed']) === undefined
const secret = either(exactly('env', text), exactly('file', text), exactly('command', textOrTexts), sealed)

/** Does not compile while a field of the model is missing here. */
const connectionShapes: Shapes<Connection> = {
  name,
  active: flag,
  host: text,
  port: count,
  username: text,
  address_family: oneOf('any', 'ipv4', 'ipv6'),
  password: secret,
  identity_file: textOrTexts,
  identity_passphrase: secret,
  private_key: secret,
  ssh_config_file: text,
  known_hosts_file: textOrTexts,
  host_key: listOf(text),
  ssh_options: recordOf(textOrTexts),
  local_commands: flag,
  transport: oneOf('auto', 'ssh', 'openssh', 'command'),
  command: listOf(text),
  timeout: text,
  ping_command: text,
  log_level: oneOf(0, 1, 2, 3, 4),
  bandwidth_limit: (value) => typeof value === 'number' && value > 0,
  buffer_size: count,
  requests: count,
  preserve_metadata: flag,
  compression: flag,
  fsync: flag,
  directory: text,
  tags: listOf(text),
  description: text,
}

const parameterShapes: Shapes<Parameter> = { required: flag, default: text, description: text }
const scriptShapes: Shapes<Script> = {
  name,
  body: text,
  sha256: (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value),
  parameters: recordOf((value) => recordProblem(value, parameterShapes, []) === undefined),
  description: text,
}

/** Why a value is no connection: the key that is unknown, missing or of the wrong shape. */
export const connectionProblem = (value: unknown): string | undefined =>
  recordProblem(value, connectionShapes, ['name', 'host'])
export const isConnection = (value: unknown): value is Connection => connectionProblem(value) === undefined

export const scriptProblem = (value: unknown): string | undefined =>
  recordProblem(value, scriptShapes, ['name', 'body', 'sha256'])
export const isScript = (value: unknown): value is Script => scriptProblem(value) === undefined
