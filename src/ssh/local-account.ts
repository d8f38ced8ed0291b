import { readFileSync } from 'node:fs'
import { homedir, hostname, userInfo } from 'node:os'
import { decodeName } from '../model/name-bytes.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Who runs ferry, and where: what `~` and the tokens of ssh_config(5) stand for. */
export interface LocalAccount {
  readonly name: string
  readonly home: string
  readonly uid: number
  readonly hostname: string
}

export function localAccount(environment: Environment): LocalAccount {
  const { username, uid } = accountOf(environment)
  return { name: username, home: environment['HOME'] || homedir(), uid, hostname: hostname() }
}

/** In a container the user may have no entry in the password database, which Node takes for an error. */
function accountOf(environment: Environment): { username: string; uid: number } {
  try {
    return userInfo()
  } catch {
    return { username: environment['USER'] ?? environment['LOGNAME'] ?? 'unknown', uid: process.getuid?.() ?? -1 }
  }
}

/** `~` and `~user` at the start of a path become home directories; a path whose user is unknown stays as it is. */
export function expandTilde(path: string, home: string): string {
  const [, user, rest = ''] = /^~([^/]*)(.*)$/s.exec(path) ?? []
  if (user === undefined) return path
  const directory = user === '' ? home : homeOf(user)
  return directory === undefined ? path : `${directory}${rest}`
}

function homeOf(user: string): string | undefined {
  try {
    const entries = decodeName(readFileSync('/etc/passwd')).split('\n')
    return entries.find((entry) => entry.startsWith(`${user}:`))?.split(':')[5]
  } catch {
    return undefined
  }
}

/** What a child process inherits: all but ferry's own variables, which may hold secrets and keys, and but those of `secret`. */
export const childEnvironment = (
  environment: Environment,
  secret: readonly string[] = [],
): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(environment).filter(
      // A ferry that a script starts is recorded, too.
      ([name]) => (!name.startsWith('FERRY_') || name === 'FERRY_AUDIT_LOG') && !secret.includes(name),
    ),
  )
