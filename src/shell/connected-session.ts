import type { Remote } from '../api/remote.ts'
import type { FerryError } from '../errors/ferry-error.ts'
import type { SessionOptions } from '../script/command-run.ts'
import { type CommandResult, ScriptSession } from '../script/script-session.ts'
import type { RemotePlace } from './names.ts'
import { commandOf, isLocal } from './shell-commands.ts'

/** How a session connects, and what it says of that. */
export interface Connecting {
  connect(): Promise<Remote>
  /** The connection was lost, for this reason, and a new one is made. */
  reconnecting(reason: FerryError): void
}

/** A session of sftp's language that outlives its connections. */
export class ConnectedSession implements AsyncDisposable {
  readonly script: ScriptSession
  readonly #connecting: Connecting
  #remote: Remote
  #lost: FerryError | undefined

  private constructor(script: ScriptSession, remote: Remote, connecting: Connecting) {
    this.script = script
    this.#remote = remote
    this.#connecting = connecting
    this.#watch(remote)
  }

  static async open(connecting: Connecting, options: SessionOptions, signal: AbortSignal): Promise<ConnectedSession> {
    const remote = await connecting.connect()
    try {
      return new ConnectedSession(await ScriptSession.open(remote, options, signal), remote, connecting)
    } catch (error) {
      await remote[Symbol.asyncDispose]()
      throw error
    }
  }

  get remote(): Remote {
    return this.#remote
  }

  /** Where names are looked up. */
  get place(): RemotePlace {
    return { session: this.#remote.session, directory: this.script.directory }
  }

  /**
   * Carries out a line. Where the connection was lost before, it connects first: nothing of this line was sent by then. A line that is cut
   * is not sent again: nobody knows how much of it was done.
   */
  async run(line: string, signal: AbortSignal): Promise<CommandResult | undefined> {
    const command = commandOf(line)
    if (command !== undefined && !isLocal(command.name) && this.#lost !== undefined) {
      await this.#reconnect(this.#lost, signal)
    }
    return this.script.run(line, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#remote[Symbol.asyncDispose]()
  }

  async #reconnect(reason: FerryError, signal: AbortSignal): Promise<void> {
    this.#connecting.reconnecting(reason)
    await this.#remote[Symbol.asyncDispose]()
    this.#remote = await this.#connecting.connect()
    this.#lost = undefined
    this.#watch(this.#remote)
    await this.script.continueOn(this.#remote, signal)
  }

  #watch(remote: Remote): void {
    remote.ended.then((reason) => {
      if (remote === this.#remote) this.#lost = reason
    })
  }
}
