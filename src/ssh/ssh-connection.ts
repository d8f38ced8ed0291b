import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Client, NegotiatedAlgorithms, ParsedKey } from 'ssh2'
import SftpClient from 'ssh2-sftp-client'
import { FerryError } from '../errors/ferry-error.ts'
import { excerpt } from '../model/visible.ts'
import { Authentication } from './authentication.ts'
import { connectionConfig } from './connection-config.ts'
import type { Deadline } from './deadline.ts'
import type { HostKeyCheck } from './host-key.ts'
import type { Identity } from './identities.ts'
import { ProgramStream } from './proxy-command.ts'
import { Rekeying } from './rekeying.ts'
import type { SshSettings } from './settings.ts'
import { SshFailure } from './ssh-failure.ts'
import {
  endDebugging,
  exchangeKeys,
  isStrict,
  listenToLogin,
  proveHostKeys,
  signAtOnce,
  softwareOf,
} from './ssh2-internals.ts'
import { endpoint } from './tcp.ts'
import type { TransportEvents } from './transport.ts'

/** How long an orderly end may take. */
const closeGraceMs = 1000

/** What opens on a connection once it is logged in: a channel for SFTP, or nothing where it only leads further. */
export type OpenChannel<T> = (client: Client, callback: (error: Error | undefined, channel?: T) => void) => void

export interface ConnectionOptions<T> {
  readonly settings: SshSettings
  /** Leads to the server; it is ended with the connection. */
  readonly socket: Duplex
  /** The server's own, where the socket leads straight to it. */
  readonly address?: string
  readonly open: OpenChannel<T>
  readonly hostKey: HostKeyCheck
  /** Algorithms of host keys to ask for. */
  readonly hostKeyAlgorithms: readonly string[]
  readonly identities: readonly Identity[]
  readonly events: TransportEvents
  readonly deadline: Deadline
}

/** A connection that is logged in. */
export interface SshConnection<T> {
  readonly client: Client
  readonly channel: T
  /** Settles once, with why it ended. */
  readonly ended: Promise<FerryError>
  /** Never rejects, and leaves nothing behind. */
  close(): Promise<void>
}

/** Speaks SSH over a socket: identification, key exchange, host key, login, channel. Rejects with FerryError, and then the socket is gone. */
export async function openSshConnection<T>(options: ConnectionOptions<T>): Promise<SshConnection<T>> {
  const opening = new Opening(options)
  try {
    return await opening.run()
  } catch (error) {
    await destroyed(options.socket)
    throw error
  }
}

class Opening<T> {
  readonly #options: ConnectionOptions<T>
  readonly #sftp = new SftpClient('ferry', {})
  readonly #failure: SshFailure
  readonly #authentication: Authentication
  readonly #ended: Promise<FerryError>
  #end: (error: FerryError) => void = () => undefined
  #hasEnded = false
  #acceptedKey: Buffer | undefined
  /** What known_hosts is told, one after the other. */
  #remembered: Promise<void> = Promise.resolve()
  #rekeying: Rekeying | undefined

  constructor(options: ConnectionOptions<T>) {
    const { settings, identities, events, deadline } = options
    this.#options = options
    this.#ended = new Promise((resolve) => {
      this.#end = (error) => {
        if (this.#hasEnded) return
        this.#hasEnded = true
        this.#rekeying?.[Symbol.dispose]()
        resolve(error)
      }
    })
    const fail = (error: unknown): void => this.#fail(error)
    this.#authentication = new Authentication({ settings, identities, events, signal: deadline.signal, fail })
    this.#failure = new SshFailure(settings, this.#authentication)
  }

  async run(): Promise<SshConnection<T>> {
    const { deadline, socket, settings } = this.#options
    const { client } = this.#sftp
    const onAbort = (): void => this.#fail(deadline.signal.reason)
    deadline.signal.addEventListener('abort', onAbort)
    try {
      deadline.signal.throwIfAborted()
      deadline.cap(settings.handshakeTimeoutMs)
      this.#enter('greeting')
      // It may have ended before anybody listened.
      if (socket.destroyed)
        throw socket.errored === null ? this.#failure.ofClose() : this.#failure.ofError(socket.errored)
      const channel = await Promise.race([this.#connect(client), this.#ended.then((error) => Promise.reject(error))])
      await this.#remembered
      return { client, channel, ended: this.#ended, close: () => this.#close(socket) }
    } finally {
      deadline.signal.removeEventListener('abort', onAbort)
    }
  }

  #connect(client: Client): Promise<T> {
    const { settings, socket, events, hostKeyAlgorithms } = this.#options
    return new Promise((resolve) => {
      // ssh2-sftp-client opens SFTP with this method; what it gets is the plain channel, for our own codec.
      Reflect.set(client, 'sftp', (callback: (error: Error | undefined, channel?: T) => void) => {
        if (
          this.#acceptedKey === undefined ||
          this.#failure.phase === 'greeting' ||
          this.#failure.phase === 'key exchange'
        ) {
          this.#fail(new FerryError('protocol_error', 'the server let us in before it had shown its key'))
          return
        }
        this.#enter('channel')
        this.#options.open(client, (error, channel) => {
          callback(error, channel)
          if (channel === undefined || error !== undefined) this.#end(this.#failure.ofChannel(error))
          else {
            this.#enter('open')
            events.note(1, `logged in as ${settings.username}`)
            resolve(channel)
          }
        })
      })
      const config = connectionConfig(settings, {
        socket,
        hostKeyAlgorithms,
        hostVerifier: (key, verify) => void this.#verify(key, verify),
        authHandler: (next) => void this.#authenticate(next),
        debug: (text) => this.#onDebug(text),
      })
      // Its own errors have lost their cause; ours come from the client.
      this.#sftp.connect(config).catch((error: unknown) => this.#fail(error))
      listenToLogin(client, {
        onFailure: (methods, isPartial) => this.#authentication.onFailure(methods, isPartial),
        onSignatureAlgorithms: (algorithms) => {
          events.note(2, `the server takes signatures ${excerpt(algorithms.join(', '), 500)}`)
          this.#authentication.onSignatureAlgorithms(algorithms)
        },
      })
      signAtOnce(client, () => this.#authentication.signer)
      proveHostKeys(client, (keys) => this.#options.hostKey.wants(keys))
      this.#listen(client, socket)
      events.note(2, `speaking SSH with ${endpoint(settings.host, settings.port)}`)
    })
  }

  #listen(client: Client, socket: Duplex): void {
    const { events } = this.#options
    const onData = (chunk: Buffer): void => this.#failure.onGreeting(chunk)
    socket.on('data', onData)
    client.prependListener('error', (error: Error & { level?: string }) => {
      // ssh2 goes on with the next key; ssh2-sftp-client would give up.
      if (error.level === 'agent') this.#sftp.errorHandled = true
      else this.#fail(error)
    })
    client.on('close', () => this.#end(this.#failure.ofClose()))
    client.on('end', () => this.#end(this.#failure.ofClose()))
    client.once('handshake', () =>
      events.note(1, `the server runs ${excerpt(softwareOf(client) ?? 'an unknown program')}`),
    )
    client.on('greeting', (text: string) => events.note(2, `greeting: ${excerpt(text, 1000)}`))
    client.on('banner', (text: string) => events.note(1, `banner: ${excerpt(text, 1000)}`))
    client.on('change password', (prompt: string) => {
      this.#end(this.#authentication.refusal(`the password has expired ("${excerpt(prompt)}")`))
    })
    // ssh2 has had them proved.
    client.on('hostkeys', (keys: ParsedKey[]) => {
      const blobs = keys.map((key) => key.getPublicSSH())
      this.#remembered = this.#remembered.then(() => this.#options.hostKey.learn(blobs))
    })
    client.once('handshake', (negotiated: NegotiatedAlgorithms) => {
      socket.off('data', onData)
      this.#onHandshake(client, negotiated)
    })
  }

  #onDebug(text: string): void {
    this.#failure.onDebug(text)
    if (!text.startsWith('CLIENT[')) this.#options.events.note(packetsOfData.test(text) ? 4 : 3, text)
  }

  #onHandshake(client: Client, negotiated: NegotiatedAlgorithms): void {
    const { deadline, events, hostKey, settings, socket } = this.#options
    const { kex, serverHostKey, cs, sc } = negotiated
    events.note(1, `key exchange ${kex}, host key ${serverHostKey}`)
    events.note(1, `cipher ${withMac(cs)} to the server, ${withMac(sc)} from it, compression ${cs.compress}`)
    if (!isStrict(client) && [cs, sc].some(({ cipher, mac }) => isOpenToTerrapin(cipher, mac))) {
      this.#end(this.#failure.ofTerrapin(cs.cipher))
      return
    }
    if (settings.logLevel < 3) endDebugging(client)
    deadline.cap(0)
    // Only now has the server proved that it holds the key.
    if (this.#acceptedKey !== undefined) this.#remembered = hostKey.remember(this.#acceptedKey)
    this.#rekeying = new Rekeying(settings.rekeyLimit, socket, () => exchangeKeys(client))
    this.#enter('login')
  }

  /** Also asked when keys are exchanged anew, for which the same key must do. */
  async #verify(key: Buffer, verify: (isRight: boolean) => void): Promise<void> {
    const { deadline, hostKey } = this.#options
    try {
      if (this.#acceptedKey === undefined) {
        this.#failure.phase = 'key exchange'
        const copy = Buffer.from(key)
        await hostKey.verify(copy, deadline.signal, this.#options.address)
        this.#acceptedKey = copy
      } else if (!this.#acceptedKey.equals(key)) {
        throw new FerryError('host_key_rejected', 'host key rejected: the server changed its key during the connection')
      }
      // Else ssh2 has torn down what it would go on with.
      if (!this.#hasEnded) verify(true)
    } catch (error) {
      this.#fail(error)
    }
  }

  async #authenticate(next: (request: unknown) => void): Promise<void> {
    try {
      const request = await this.#authentication.next()
      if (!this.#hasEnded) next(request)
    } catch (error) {
      this.#fail(error)
    }
  }

  #enter(phase: SshFailure['phase']): void {
    this.#failure.phase = phase
    this.#options.deadline.doing = this.#failure.doing
  }

  #fail(error: unknown): void {
    this.#end(error instanceof FerryError ? error : this.#failure.ofError(error))
  }

  async #close(socket: Duplex): Promise<void> {
    this.#end(new FerryError('connection_lost', 'the connection was closed'))
    await this.#remembered
    let timer: NodeJS.Timeout | undefined
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeGraceMs)
    })
    // All that we asked is answered: once our last words are on their way, the server's are a round trip that nobody needs.
    const said = new Promise<void>((resolve) => {
      if (socket instanceof Socket) socket.once('finish', resolve)
    })
    await Promise.race([this.#sftp.end().catch(() => undefined), said, grace])
    clearTimeout(timer)
    await destroyed(socket)
  }
}

/** A socket is gone at once; a program has time to end. */
async function destroyed(socket: Duplex): Promise<void> {
  socket.destroy()
  if (socket instanceof ProgramStream) await socket.gone
}

/** A cipher that authenticates by itself has none. */
const withMac = ({ cipher, mac }: NegotiatedAlgorithms['cs']): string => (mac === '' ? cipher : `${cipher} with ${mac}`)

/** What ssh2 says of every packet that only carries bytes. */
const packetsOfData = /\b(?:CHANNEL_DATA|CHANNEL_EXTENDED_DATA|CHANNEL_WINDOW_ADJUST)\b/

/** CVE-2023-48795: without strict key exchange somebody in between can drop the first packets, with these ciphers unseen. */
const isOpenToTerrapin = (cipher: string, mac: string): boolean =>
  cipher.startsWith('chacha20-poly1305') || (cipher.endsWith('-cbc') && mac.includes('-etm@'))
