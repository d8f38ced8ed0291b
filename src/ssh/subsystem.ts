import type { Client, ClientChannel } from 'ssh2'
import { FerryError } from '../errors/ferry-error.ts'
import { LastWords } from './last-words.ts'
import { ReceivingSocket } from './receiving-socket.ts'
import type { SshSettings } from './settings.ts'
import { sealChannel, wayOf, widenWindow } from './ssh2-internals.ts'
import { connectError } from './tcp.ts'
import type { Channel } from './transport.ts'

/** The channel of the sftp subsystem, listened to from its first moment: it may be over before anybody reads it. */
export class Subsystem {
  readonly #client: Client
  readonly #channel: ClientChannel
  readonly #lastWords: LastWords
  readonly #hasBegun: boolean
  #status = ''

  constructor(client: Client, channel: ClientChannel, hasBegun: boolean) {
    this.#client = client
    this.#channel = channel
    this.#hasBegun = hasBegun
    this.#lastWords = new LastWords(channel.stderr)
    widenWindow(client, channel)
    channel.on('exit', (code: number | null, signal?: string) => {
      this.#status = code === null ? ` (${signal})` : ` (exit status ${code})`
    })
    // An error of the channel is one of the connection, which says more.
    channel.on('error', () => undefined)
    const seal = (): void => sealChannel(channel)
    client.on('error', seal).on('end', seal).on('close', seal)
    channel.on('close', () => client.off('error', seal).off('end', seal).off('close', seal))
  }

  /** Ends this channel alone; nothing is waited for. */
  close(): void {
    this.#channel.close()
  }

  /** `close` ends all that the channel stands on. */
  asChannel(
    settings: SshSettings,
    connectionEnded: Promise<FerryError>,
    close: () => Promise<void>,
    another?: Channel['another'],
  ): Channel {
    const { host, port, username } = settings
    const ended = new Promise<FerryError>((resolve) => {
      this.#channel.on('close', () => resolve(this.#end(settings)))
      void connectionEnded.then(resolve)
    })
    let closing: Promise<void> | undefined
    return {
      stream: this.#channel,
      ended,
      peer: { transport: 'ssh', host, port, username },
      hasBegun: this.#hasBegun,
      lend: () => this.#lend(),
      ...(another && { another }),
      close: () => {
        closing ??= close()
        return closing
      },
    }
  }

  /** Where the server is reached through another host, what comes has been copied on its way. */
  #lend(): void {
    const { socket, id } = wayOf(this.#client, this.#channel)
    if (socket instanceof ReceivingSocket && typeof id === 'number') socket.lendTo(this.#client, id, this.#channel)
  }

  /** Where SFTP never said a word, it is not there. */
  #end(settings: SshSettings): FerryError {
    const reason = `the server ended the session${this.#status}${this.#lastWords.quoted}`
    return this.#channel.readableDidRead ? new FerryError('connection_lost', reason) : connectError(settings, reason)
  }
}
