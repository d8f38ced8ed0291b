import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { type ServerCommand, type ServerProcess, startServer } from '../support/server-process.ts'
import { type KeyPair, makeKeyPair } from '../support/ssh-keys.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import type { RunningServer } from './interop-server.ts'

/** What a server is started with. */
export interface ServerPlace {
  /** Its own, for configuration. */
  readonly path: string
  /** An empty one below, to be served. */
  readonly directory: string
  readonly identity: KeyPair
  readonly hostKey: KeyPair
  /** authorized_keys of sshd(8), with the identity. */
  readonly authorizedKeysFile: string
}

export interface ServerSetup {
  readonly username?: string
  readonly directory?: string
  command(port: number): Promise<ServerCommand>
  readonly listening: RegExp
  dispose?(): Promise<void>
}

/** Makes keys and an empty directory, starts a server on them, and takes all away in the end. */
export async function runServer(prepare: (place: ServerPlace) => Promise<ServerSetup>): Promise<RunningServer> {
  const home = await temporaryDirectory()
  const file = (name: string): string => join(home.path, name)
  let server: ServerProcess | undefined
  let setup: ServerSetup | undefined
  const stop = async (): Promise<void> => {
    await server?.stop()
    await setup?.dispose?.()
    await home[Symbol.asyncDispose]()
  }
  try {
    // A user of the system's must be able to reach what is below.
    await chmod(home.path, 0o755)
    await mkdir(file('remote'))
    const [identity, hostKey] = await Promise.all([makeKeyPair(file('id_ed25519')), makeKeyPair(file('host_key'))])
    await writeFile(file('authorized_keys'), `${identity.publicKey}\n`)
    const directory = file('remote')
    setup = await prepare({
      path: home.path,
      directory,
      identity,
      hostKey,
      authorizedKeysFile: file('authorized_keys'),
    })
    server = await startServer(setup.command, setup.listening)
    await writeFile(file('known_hosts'), `[127.0.0.1]:${server.port} ${hostKey.publicKey}\n`)
    return {
      port: server.port,
      username: setup.username ?? userInfo().username,
      identityFile: identity.file,
      knownHostsFile: file('known_hosts'),
      directory: setup.directory ?? directory,
      log: server.log,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
