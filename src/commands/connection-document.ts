import type { Place } from '../errors/ferry-error.ts'
import { fields } from '../manifest/fields.ts'
import { type Connection, isActive, isSecretField } from '../model/connection.ts'
import { sensitive } from '../model/secret.ts'
import type { Stored } from '../model/state.ts'

/** A stored connection as `--json` prints it: every field that is set, in the schema's order, and where it came from. */
export function connectionDocument({ value, origin }: Stored<Connection>): Readonly<Record<string, unknown>> {
  const shown = setFields(value).map(([name, one]) => [name, isSecretField(name) ? sensitive : one])
  return {
    name: value.name,
    active: isActive(value),
    ...Object.fromEntries(shown),
    ...originDocument(origin),
  }
}

/** Who owns an object, and where it was declared. */
export function originDocument({ owner, place }: Stored<unknown>['origin']): Readonly<Record<string, unknown>> {
  return { ...(owner !== undefined && { owner }), ...(place !== undefined && { place }) }
}

/** The fields that are set, but for the name, in the schema's order. */
export function setFields(connection: Connection): [string, unknown][] {
  return fields.flatMap(({ name }) => (connection[name] === undefined ? [] : [[name, connection[name]]]))
}

/** `deploy.yml:14:5` */
export const placeText = ({ file, line, column }: Place): string =>
  [file, line, column].filter((part) => part !== undefined).join(':')
