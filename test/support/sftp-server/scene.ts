import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TemporaryDirectory, temporaryDirectory } from '../temporary-directory.ts'
import type { Fault } from './faults.ts'
import { type RawAnswer, RawClient } from './raw-client.ts'
import { type ServedPair, servePair } from './serve-pair.ts'
import type { SftpServerOptions } from './sftp-server.ts'
import { attributes, packetType, string } from './wire.ts'

interface Scene extends AsyncDisposable {
  readonly client: RawClient
  readonly pair: ServedPair
  readonly directory: TemporaryDirectory
  exists(name: string): boolean
}

/** A client at a server with these faults, and the file `/a`, which says `hello world`. */
export async function scene(faults: readonly Fault[], options: Partial<SftpServerOptions> = {}): Promise<Scene> {
  const directory = await temporaryDirectory()
  await writeFile(join(directory.path, 'a'), 'hello world', { mode: 0o644 })
  const pair = servePair({ root: directory.path, faults, ...options })
  const { stream } = pair.channel
  return {
    client: new RawClient(stream, stream),
    pair,
    directory,
    exists: (name) => existsSync(join(directory.path, name)),
    [Symbol.asyncDispose]: async () => {
      await pair[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    },
  }
}

export const mkdir = (client: RawClient, path: string): Promise<RawAnswer> =>
  client.ask(packetType.mkdir, string(path), attributes({}))
export const lstat = (client: RawClient, path: string): Promise<RawAnswer> => client.ask(packetType.lstat, string(path))
/** A handle of `/a`, to read. */
export const readable = async (client: RawClient): Promise<Buffer> => (await client.open('a', 1)).handle ?? Buffer.of()
