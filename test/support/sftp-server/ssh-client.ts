import ssh2, { type ClientChannel, type ConnectConfig } from 'ssh2'
import { RawClient } from './raw-client.ts'
import type { RunningSftpServer } from './start-sftp-server.ts'

/** Of the user `ann` in these tests. */
export const password = 'correct horse'

/** Connects with ssh2. What goes wrong with the connection later is no error of the test. */
export async function login(server: RunningSftpServer, config: ConnectConfig = { password }): Promise<ssh2.Client> {
  const client = new ssh2.Client()
  await new Promise((resolve, reject) => {
    client.on('ready', () => resolve(undefined)).on('error', reject)
    client.on('close', () => reject(new Error('closed')))
    client.connect({ host: server.host, port: server.port, username: 'ann', ...config })
  })
  return client
}

export const subsystem = (client: ssh2.Client, name = 'sftp'): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    client.subsys(name, (error, channel) => (error ? reject(error) : resolve(channel)))
  })

export async function sftp(client: ssh2.Client): Promise<RawClient> {
  const channel = await subsystem(client)
  return new RawClient(channel, channel)
}
