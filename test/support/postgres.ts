import { execFile } from 'node:child_process'
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll } from 'vitest'
import { freePort } from './free-port.ts'
import { postgresPrograms } from './postgres-programs.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A PostgreSQL server of its own on a loopback port. */
export interface Postgres {
  /** Of a new and empty database; the password is in it. */
  readonly newDatabase: () => Promise<string>
  /** As an administrator would, with whatever was going on. */
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
}

const password = 'pg-secret-word'

/** A server for the tests of a suite. */
export function usePostgres(): Postgres {
  let made: { server: Postgres; remove: () => Promise<void> } | undefined
  const server = (): Postgres => {
    if (made === undefined) throw new Error('the server is there in tests and hooks only')
    return made.server
  }
  beforeAll(async () => {
    made = await startPostgres()
  })
  afterAll(() => made?.remove())
  return {
    newDatabase: () => server().newDatabase(),
    restart: () => server().restart(),
    stop: () => server().stop(),
    start: () => server().start(),
  }
}

async function startPostgres(): Promise<{ server: Postgres; remove: () => Promise<void> }> {
  const programs = postgresPrograms() ?? ''
  const directory = await temporaryDirectory()
  const data = join(directory.path, 'data')
  const port = await freePort()
  const identity = await unprivileged()
  // PostgreSQL refuses to run as root.
  await mkdir(data, { mode: 0o700 })
  if (identity.uid !== undefined && identity.gid !== undefined) {
    await chown(directory.path, identity.uid, identity.gid)
    await chown(data, identity.uid, identity.gid)
  }
  const run = (program: string, args: readonly string[]): Promise<unknown> =>
    promisify(execFile)(join(programs, program), args, { ...identity, cwd: directory.path })
  const passwordFile = join(directory.path, 'password')
  await writeFile(passwordFile, password)
  await run('initdb', [
    '-D',
    data,
    '-U',
    'ferry',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--no-sync',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
  ])
  const control = (...args: readonly string[]): Promise<unknown> =>
    run('pg_ctl', [
      '-D',
      data,
      '-w',
      '-l',
      join(directory.path, 'log'),
      '-o',
      `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off`,
      ...args,
    ])
  const address = (database: string): string => `postgres://ferry:${password}@127.0.0.1:${port}/${database}`
  let databases = 0
  const server: Postgres = {
    async newDatabase() {
      databases += 1
      const { default: pg } = await import('pg')
      const client = new pg.Client({ connectionString: address('postgres') })
      await client.connect()
      await client.query(`CREATE DATABASE test${databases}`)
      await client.end()
      return address(`test${databases}`)
    },
    restart: async () => void (await control('-m', 'immediate', 'restart')),
    stop: async () => void (await control('-m', 'immediate', 'stop')),
    start: async () => void (await control('start')),
  }
  await server.start()
  return {
    server,
    async remove() {
      await server.stop().catch(() => undefined)
      await directory[Symbol.asyncDispose]()
    },
  }
}

/** The user that Debian's package makes, where this is root. */
async function unprivileged(): Promise<{ uid?: number; gid?: number }> {
  if (userInfo().uid !== 0) return {}
  const run = promisify(execFile)
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'postgres'])))
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) }
}
