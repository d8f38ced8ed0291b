import { FerryError } from '../errors/ferry-error.ts'

/** What chmod(1) may set. `permissions` is a whole POSIX mode (draft-ietf-secsh-filexfer-02 §5); we never send its file type. */
const permissionBits = 0o7777

/** Four octal digits, as chmod(1) takes them: `0644`. */
export const octal = (mode: number): string => (mode & permissionBits).toString(8).padStart(4, '0')

/** Nine characters as in ls(1), set-id and sticky bits included: `rwxr-sr-t`. */
export function permissionText(mode: number): string {
  const triple = (bits: number, special: boolean, letter: string): string =>
    (bits & 4 ? 'r' : '-') +
    (bits & 2 ? 'w' : '-') +
    (special ? (bits & 1 ? letter : letter.toUpperCase()) : bits & 1 ? 'x' : '-')
  return (
    triple(mode >> 6, (mode & 0o4000) !== 0, 's') +
    triple(mode >> 3, (mode & 0o2000) !== 0, 's') +
    triple(mode, (mode & 0o1000) !== 0, 't')
  )
}

const letters = new Map([
  [0o010000, 'p'],
  [0o020000, 'c'],
  [0o040000, 'd'],
  [0o060000, 'b'],
  [0o100000, '-'],
  [0o120000, 'l'],
  [0o140000, 's'],
])

/** The first character of ls -l: the kind of file. */
export const typeLetter = (mode: number): string => letters.get(mode & 0o170000) ?? '?'

/** A change of mode: gives the new permission bits for a file's present mode. */
export type ModeChange = (mode: number, isDirectory: boolean) => number

const clause = /^([ugoa]*)((?:[-+=](?:[ugo]|[rwxXst]*))+)$/
const action = /([-+=])([ugo]|[rwxXst]*)/g
const everyone = 'ugo'
const shifts: Readonly<Record<string, number>> = { u: 6, g: 3, o: 0 }

/**
 * Parses a mode as chmod(1) takes it: octal digits (`644`, `0755`), the whole new mode as sftp has it, or symbolic clauses
 * (`u+x,go-w`, `a=rX`, `g=u`). Where a
 * clause names nobody it means everybody, without chmod(1)'s look at the umask: the umask of this machine says nothing about the server.
 */
export function parseMode(text: string): ModeChange {
  if (/^[0-7]{1,4}$/.test(text)) {
    const wanted = Number.parseInt(text, 8)
    return () => wanted
  }
  const clauses = text.split(',').map((part) => {
    const match = clause.exec(part)
    if (match === null) {
      throw new FerryError('usage', `invalid mode "${text}"`, { hint: 'octal digits as 0644, or clauses as u+x,go-w' })
    }
    const who = match[1] === '' || match[1]?.includes('a') ? everyone : (match[1] ?? everyone)
    return { who, actions: [...(match[2] ?? '').matchAll(action)] }
  })
  return (mode, isDirectory) =>
    clauses.reduce(
      (bits, { who, actions }) =>
        actions.reduce(
          (now, [, operator = '=', what = '']) => applyAction(now, who, operator, what, isDirectory),
          bits,
        ),
      mode & permissionBits,
    )
}

function applyAction(mode: number, who: string, operator: string, what: string, isDirectory: boolean): number {
  const basic = basicBits(mode, what, isDirectory)
  let given = 0
  let cleared = 0
  for (const person of who) {
    const shift = shifts[person] ?? 0
    given |= basic << shift
    cleared |= 7 << shift
    if (what.includes('s') && person !== 'o') given |= person === 'u' ? 0o4000 : 0o2000
    if (person !== 'o') cleared |= person === 'u' ? 0o4000 : 0o2000
  }
  if (who.includes('o')) {
    cleared |= 0o1000
    if (what.includes('t')) given |= 0o1000
  }
  if (operator === '+') return mode | given
  if (operator === '-') return mode & ~given
  // GNU chmod keeps a directory's set-id bits unless they are named.
  const kept = isDirectory && !what.includes('s') ? mode & 0o6000 : 0
  return (mode & ~cleared) | given | kept
}

function basicBits(mode: number, what: string, isDirectory: boolean): number {
  if (what === 'u' || what === 'g' || what === 'o') return (mode >> (shifts[what] ?? 0)) & 7
  const execute = what.includes('x') || (what.includes('X') && (isDirectory || (mode & 0o111) !== 0))
  return (what.includes('r') ? 4 : 0) | (what.includes('w') ? 2 : 0) | (execute ? 1 : 0)
}
