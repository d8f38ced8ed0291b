import { readFileSync } from 'node:fs'

export interface NamesById {
  readonly users: ReadonlyMap<number, string>
  readonly groups: ReadonlyMap<number, string>
}

/** The users and groups of this machine. */
export const localNames = (): NamesById => ({ users: readNames('/etc/passwd'), groups: readNames('/etc/group') })

/** passwd(5), group(5): `name:password:id:…`; the first line with an id holds. */
function readNames(file: string): Map<number, string> {
  const lines = readFileSync(file, 'utf8').trim().split('\n').reverse()
  return new Map(lines.map((line) => line.split(':')).map(([name = '', , id]) => [Number(id), name]))
}
