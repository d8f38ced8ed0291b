import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface UnixUser extends AsyncDisposable {
  readonly username: string
  readonly password: string
  /** The user's own and empty one. */
  readonly directory: string
}

/** Why no Unix user can be made here, or nothing where one can. */
export function unixUsersMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can add a Unix user with a password'
  return existsSync('/usr/sbin/useradd') ? undefined : 'useradd is not installed'
}

/** Adds a Unix user with a password, whose home directory is made below `folder`. */
export async function createUnixUser(folder: string): Promise<UnixUser> {
  const missing = unixUsersMissing()
  if (missing !== undefined) throw new Error(missing)
  const username = `ferrytest${randomBytes(4).toString('hex')}`
  const password = randomBytes(12).toString('base64url')
  const directory = join(folder, username)
  const run = promisify(execFile)
  const remove = async (): Promise<void> => {
    await run('/usr/sbin/userdel', ['--force', username])
  }
  await run('/usr/sbin/useradd', [
    '--create-home',
    '--skel',
    '/var/empty',
    '--home-dir',
    directory,
    '--shell',
    '/bin/sh',
    username,
  ])
  try {
    await setPassword(username, password)
  } catch (error) {
    await remove()
    throw error
  }
  return { username, password, directory, [Symbol.asyncDispose]: remove }
}

/** chpasswd reads `name:password`, so that the password is in no argument list. */
async function setPassword(username: string, password: string): Promise<void> {
  const child = spawn('/usr/sbin/chpasswd', { stdio: ['pipe', 'ignore', 'pipe'] })
  child.stdin.end(`${username}:${password}\n`)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`chpasswd ended with ${code}`)
}
