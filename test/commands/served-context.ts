import type { RemotePreferences } from '../../src/api/remote.ts'
import { remotePath, resolveRemote } from '../../src/model/remote-path.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import { servePair } from '../support/sftp-server/serve-pair.ts'
import type { SftpServerOptions } from '../support/sftp-server/sftp-server.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'
import { type TestContext, type TestContextOptions, testContext } from '../support/test-io.ts'

export interface Served extends AsyncDisposable {
  /** The server's root, on this machine. */
  readonly root: string
  /** A context whose connections all lead to the server. */
  context(options?: TestContextOptions): Promise<TestContext>
}

type ServedOptions = Partial<SftpServerOptions> & { readonly preferences?: Partial<RemotePreferences> }

/** An SFTP server in memory on a fresh folder, for commands that run in this process. */
export async function served({ preferences = {}, ...options }: ServedOptions = {}): Promise<Served> {
  const folder: TemporaryDirectory = await temporaryDirectory()
  const settings: RemotePreferences = {
    logLevel: 0,
    pingCommand: 'ls .',
    localCommands: true,
    fsync: false,
    ...preferences,
  }
  return {
    root: folder.path,
    context: (more) =>
      testContext({
        connect: async ({ address }, signal) => {
          const { channel } = servePair({ root: folder.path, ...options })
          const session = await openSession(channel, { timeoutMs: 0, signal })
          return {
            session,
            name: address,
            peer: channel.peer,
            connectedInMs: 1,
            ended: channel.ended,
            preferences: settings,
            resolve: (path) => resolveRemote(settings.directory ?? '', remotePath(path)),
            [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
          }
        },
        ...more,
      }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** `bank` without flags. */
export const bank = { address: 'bank', overrides: {} } as const
