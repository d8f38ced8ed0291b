import { FerryError, type Place } from '../errors/ferry-error.ts'
import type { Connection } from '../model/connection.ts'
import type { Script } from '../model/script.ts'
import { type Origin, type State, type Stored, stateFormat } from '../model/state.ts'
import { connectionProblem, isConnection, isRecord, isScript, scriptProblem } from './stored-shapes.ts'

/** The stored form of a state: an object a line, in lists, so that the order is kept and a name is never a key. */
export function stateText({ lineage, serial, connections, scripts }: State): string {
  const list = (stored: ReadonlyMap<string, Stored<unknown>>): string =>
    [...stored.values()].map((one) => `\n${objectText(one)}`).join(',')
  const head = JSON.stringify({ format: stateFormat, lineage, serial }).slice(0, -1)
  return `${head},\n"connections":[${list(connections)}],\n"scripts":[${list(scripts)}]}\n`
}

/** One object of it, a line. */
export function objectText({ value, origin }: Stored<unknown>): string {
  return JSON.stringify({ value, origin: originDocument(origin) })
}

/** Reads what `stateText` wrote, strictly. Rejects with `state_unreadable` or `state_newer`, and a message that says what is wrong. */
export function parseState(text: string): State {
  const document = parseJson(text)
  if (!isRecord(document)) throw unreadable('it is no JSON object')
  const { format, lineage, serial, connections, scripts, ...others } = document
  if (!Number.isSafeInteger(format) || typeof format !== 'number' || format < 1) {
    throw unreadable('it has no "format", so it is no state of ferry')
  }
  if (format > stateFormat) {
    throw new FerryError('state_newer', `its format is ${format}, and this ferry knows ${stateFormat}`, {
      hint: 'use the ferry that wrote it, or a newer one',
    })
  }
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw unreadable(`unknown key "${unknown}"`)
  if (typeof lineage !== 'string' || lineage === '') throw unreadable('"lineage" is no text')
  if (typeof serial !== 'number' || !Number.isSafeInteger(serial) || serial < 1) {
    throw unreadable('"serial" is no whole number of at least 1')
  }
  return {
    lineage,
    serial,
    connections: parseObjects('connections', connections, parseConnection),
    scripts: parseObjects('scripts', scripts, parseScript),
  }
}

const unreadable = (reason: string): FerryError => new FerryError('state_unreadable', reason)

function parseJson(text: string): unknown {
  if (text.trim() === '') throw unreadable('it is empty')
  try {
    return JSON.parse(text)
  } catch (error) {
    // V8's message quotes the text around the mistake, which may be long.
    throw new FerryError('state_unreadable', 'it is no JSON: it was cut off or damaged', { cause: error })
  }
}

function parseObjects<T extends { readonly name: string }>(
  kind: string,
  list: unknown,
  parse: (value: unknown, where: string) => T,
): ReadonlyMap<string, Stored<T>> {
  if (!Array.isArray(list)) throw unreadable(`"${kind}" is no list`)
  const objects = new Map<string, Stored<T>>()
  for (const [index, entry] of list.entries()) {
    const where = `${kind}[${index}]`
    if (!isRecord(entry)) throw unreadable(`${where} is no object`)
    const { value, origin, ...others } = entry
    if (Object.keys(others).length > 0) throw unreadable(`${where}: unknown key "${Object.keys(others)[0]}"`)
    const object = parse(value, where)
    if (objects.has(object.name)) throw unreadable(`${where}: a second "${object.name}"`)
    objects.set(object.name, { value: object, origin: parseOrigin(origin, where) })
  }
  return objects
}

function parseConnection(value: unknown, where: string): Connection {
  if (isConnection(value)) return value
  throw unreadable(`${where}: ${connectionProblem(value)}`)
}

function parseScript(value: unknown, where: string): Script {
  if (isScript(value)) return value
  throw unreadable(`${where}: ${scriptProblem(value)}`)
}

/** A place as a list, `[file, line, column]`: a state holds one for every field. */
function placeDocument({ file, line, column }: Place): readonly (string | number)[] {
  return line === undefined ? [file] : column === undefined ? [file, line] : [file, line, column]
}

function originDocument({ owner, place, fields }: Origin): unknown {
  return {
    owner,
    ...(place !== undefined && { place: placeDocument(place) }),
    ...(fields !== undefined && { fields: [...fields].map(([name, at]) => [name, ...placeDocument(at)]) }),
  }
}

function parseOrigin(origin: unknown, where: string): Origin {
  if (!isRecord(origin)) throw unreadable(`${where}: "origin" is no object`)
  const { owner, place, fields, ...others } = origin
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw unreadable(`${where}: unknown key "${unknown}" in "origin"`)
  if (owner !== undefined && typeof owner !== 'string') throw unreadable(`${where}: "owner" is no text`)
  if (fields !== undefined && !Array.isArray(fields)) throw unreadable(`${where}: "fields" is no list`)
  return {
    ...(owner !== undefined && { owner }),
    ...(place !== undefined && { place: parsePlace(place, where) }),
    ...(fields !== undefined && { fields: new Map(fields.map((field: unknown) => parseFieldPlace(field, where))) }),
  }
}

function parseFieldPlace(field: unknown, where: string): [string, Place] {
  if (!Array.isArray(field) || typeof field[0] !== 'string') throw unreadable(`${where}: a place has no field`)
  const [name, ...place] = field
  return [name, parsePlace(place, where)]
}

function parsePlace(place: unknown, where: string): Place {
  const [file, line, column, ...others]: unknown[] = Array.isArray(place) ? place : []
  const isPosition = (value: unknown): value is number | undefined =>
    value === undefined || (Number.isSafeInteger(value) && Number(value) >= 1)
  if (typeof file !== 'string' || !isPosition(line) || !isPosition(column) || others.length > 0) {
    throw unreadable(`${where}: a place is not [file, line, column]`)
  }
  return { file, ...(line !== undefined && { line }), ...(column !== undefined && { column }) }
}
