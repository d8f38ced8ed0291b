import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Connection } from '../../src/model/connection.ts'
import type { Overrides } from '../../src/model/connection-input.ts'
import type { StoredSecret } from '../../src/model/secret.ts'
import { connectChannel } from '../../src/ssh/connect-channel.ts'
import { resolveSettings } from '../../src/ssh/resolve-settings.ts'
import type { Settings } from '../../src/ssh/settings.ts'
import type { Channel, Prompt } from '../../src/ssh/transport.ts'
import { type RunningSftpServer, type StartOptions, startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
// What the program loads while it calls a server is there before a test's time limit begins.
import '../../src/ssh/identities.ts'
import '../../src/ssh/ssh-connection.ts'

export interface Trial {
  /** What the channel is to begin with. */
  readonly opening?: Uint8Array
  readonly overrides?: Overrides
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Answers by what the prompt says; absent: there is nobody. */
  readonly answer?: (prompt: Prompt) => string
  readonly signal?: AbortSignal
  /** Whether ~/.ssh/config and this machine's own file count. */
  readonly withConfig?: boolean
}

/** A home directory of its own, and what was noted and asked there. */
export class Bench implements AsyncDisposable {
  readonly home: string
  readonly notes: { level: number; text: string }[] = []
  readonly prompts: Prompt[] = []
  readonly #channels: Channel[] = []
  readonly #waiting = new Set<() => void>()
  readonly #remove: () => PromiseLike<void>

  private constructor(home: string, remove: () => PromiseLike<void>) {
    this.home = home
    this.#remove = remove
  }

  static async open(): Promise<Bench> {
    const directory = await temporaryDirectory()
    return new Bench(directory.path, () => directory[Symbol.asyncDispose]())
  }

  /** Writes a file below the home directory, that only its owner may read. */
  async write(path: string, text: string): Promise<string> {
    const file = `${this.home}/${path}`
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(file, text, { mode: 0o600 })
    return file
  }

  settings(
    fields: Partial<Connection>,
    { overrides = {}, environment = {}, signal, withConfig = false }: Trial = {},
  ): Promise<Settings> {
    return resolveSettings(
      {
        connection: { name: 'bank', host: '127.0.0.1', ...(withConfig ? {} : { ssh_config_file: 'none' }), ...fields },
        overrides,
        environment: { HOME: this.home, ...environment },
        openSecret: async (secret: StoredSecret) => ('env' in secret ? (environment[secret.env] ?? '') : ''),
        placeOf: (field) => ({ file: 'deploy.yml', line: field.length }),
      },
      signal ?? new AbortController().signal,
    )
  }

  async connect(fields: Partial<Connection>, trial: Trial = {}): Promise<Channel> {
    const signal = trial.signal ?? new AbortController().signal
    const { answer } = trial
    const channel = await connectChannel(
      await this.settings(fields, trial),
      {
        note: (level, text) => {
          this.notes.push({ level, text })
          for (const look of this.#waiting) look()
        },
        ...(answer !== undefined && {
          ask: async (prompt: Prompt) => {
            this.prompts.push(prompt)
            return answer(prompt)
          },
        }),
      },
      signal,
      trial.opening,
    )
    this.#channels.push(channel)
    return channel
  }

  /** Settles once a note has a match. */
  noted(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.notes.some(({ text }) => pattern.test(text))) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#channels.map((channel) => channel.close()))
    await this.#remove()
  }
}

/** A server of our own, and the fields that lead to it; the home directory and the secret are the bench's. */
export async function serve(
  options: Omit<StartOptions, 'root'>,
): Promise<{ server: RunningSftpServer; fields: Partial<Connection> }> {
  const server = await startSftpServer({ root: '/', ...options })
  return { server, fields: { port: server.port, username: 'deploy', host_key: [server.hostKeyFingerprint] } }
}

export const passwordOf = { env: 'BANK_PASSWORD' } as const

/** Says INIT, and gives the type of the packet that comes back: 2 is VERSION. */
export async function firstAnswer({ stream }: Channel): Promise<number | undefined> {
  stream.write(Buffer.of(0, 0, 0, 5, 1, 0, 0, 0, 3))
  const [chunk]: unknown[] = await once(stream, 'data')
  return chunk instanceof Buffer ? chunk[4] : undefined
}
