import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type ConnectOptions, connect, type FerryConnection, openState } from '../../src/api/index.ts'
import { startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A server, a folder on this machine, and a state that holds the connection `here`. */
export async function servedApi() {
  const folder = await temporaryDirectory()
  const [remote, local] = [join(folder.path, 'remote'), join(folder.path, 'local')]
  await Promise.all([mkdir(remote), mkdir(local)])
  const server = await startSftpServer({ root: remote, users: [{ name: 'u', password: 'secret' }] })
  const environment = { HOME: folder.path, FERRY_STATE: join(folder.path, 'state.json'), PASSWORD: 'secret' }
  const options: ConnectOptions = { environment }
  const state = openState({ environment })
  const connection = {
    name: 'here',
    host: server.host,
    port: server.port,
    username: 'u',
    password: { env: 'PASSWORD' },
    host_key: [server.hostKeyFingerprint],
  }
  await state.update((now) => ({ ...now, connections: new Map([['here', { value: connection, origin: {} }]]) }))
  const opened: FerryConnection[] = []
  return {
    server,
    state,
    options,
    environment,
    remote,
    local,
    folder: folder.path,
    open: async (name = 'here') => {
      const one = await connect(name, options)
      opened.push(one)
      return one
    },
    async [Symbol.asyncDispose]() {
      for (const one of opened) await one.close()
      await server.stop()
      await folder[Symbol.asyncDispose]()
    },
  }
}
