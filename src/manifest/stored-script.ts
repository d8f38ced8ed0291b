import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { expandTilde } from '../model/home.ts'
import { encodeName } from '../model/name-bytes.ts'
import type { Parameter, Script } from '../model/script.ts'
import type { Stored } from '../model/state.ts'
import { checkSchema, type Declaration, failField, originOf } from './declaration.ts'
import { fileFault, type Reading, readText } from './read-text.ts'
import { plainMap, plainObject, type YamlNode } from './yaml-node.ts'

/** A declared script with its text; `undefined` where something is wrong. */
export async function storedScript(
  declaration: Declaration,
  owner: string | undefined,
  { problems, environment, signal }: Omit<Reading, 'checkOptions'>,
): Promise<Stored<Script> | undefined> {
  const broken = checkSchema(problems, declaration, 'scripts', plainMap(declaration.map))
  const text = (key: string): string | undefined =>
    broken.has(key) ? undefined : textOf(declaration.map.entries.get(key)?.value)
  const name = text('name')
  const body = text('body') ?? (await bodyOf(text('file'), declaration, { problems, environment, signal }))
  if (name === undefined || body === undefined) return undefined
  const parameters = parametersOf(declaration.map.entries.get('parameters')?.value)
  const description = text('description')
  return {
    value: {
      ...scriptOf(name, body),
      ...(parameters !== undefined && { parameters }),
      ...(description !== undefined && { description }),
    },
    origin: originOf(declaration, owner),
  }
}

/** A script with the hash of its text. */
export const scriptOf = (name: string, body: string): Script => ({
  name,
  body,
  sha256: createHash('sha256').update(encodeName(body)).digest('hex'),
})

async function bodyOf(
  file: string | undefined,
  declaration: Declaration,
  { problems, environment, signal }: Omit<Reading, 'checkOptions'>,
): Promise<string | undefined> {
  if (file === undefined) return undefined
  try {
    return await readText(resolve(declaration.folder, expandTilde(file, environment)), signal)
  } catch (error) {
    signal.throwIfAborted()
    failField(problems, declaration, 'file', fileFault(file, error))
    return undefined
  }
}

function parametersOf(node: YamlNode | undefined): Readonly<Record<string, Parameter>> | undefined {
  if (node?.kind !== 'map' || node.entries.size === 0) return undefined
  return plainObject([...node.entries].map(([name, { value }]) => [name, parameterOf(value)]))
}

function parameterOf(node: YamlNode): Parameter {
  if (node.kind !== 'map') return {}
  const fallback = textOf(node.entries.get('default')?.value)
  const description = textOf(node.entries.get('description')?.value)
  const required = node.entries.get('required')?.value
  return {
    ...(required?.kind === 'scalar' && required.value === true && { required: true }),
    ...(fallback !== undefined && { default: fallback }),
    ...(description !== undefined && { description }),
  }
}

const textOf = (node: YamlNode | undefined): string | undefined =>
  node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
