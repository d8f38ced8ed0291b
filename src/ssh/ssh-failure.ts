import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf } from '../errors/local-error.ts'
import { decodeName } from '../model/name-bytes.ts'
import { excerpt } from '../model/visible.ts'
import { allowable } from './algorithms.ts'
import type { Authentication } from './authentication.ts'
import type { Algorithms, SshSettings } from './settings.ts'
import { connectError, endpoint, lasting, socketReason } from './tcp.ts'

/** How far a connection has come. */
export type Phase = 'greeting' | 'key exchange' | 'login' | 'channel' | 'open'

/** So much of what stands where an SSH server's greeting should is quoted. */
const greetingBytesMax = 1024

/** RFC 4253 §4.2 and §5.1; other lines may come before. */
const greetingOfSsh2 = /^SSH-(?:2\.0|1\.99)-[^\n]*\n/m

/** Lists of the last algorithm that was negotiated, as ssh2's debug messages have them. */
const negotiation =
  /^Handshake: \((local|remote)\) (KEX method|Host key format|C->S cipher|S->C cipher|C->S MAC|S->C MAC): (.*)$/

const negotiated: Readonly<Record<string, { what: keyof Algorithms; title: string; keyword: string }>> = {
  'KEX method': { what: 'kex', title: 'key exchange', keyword: 'KexAlgorithms' },
  'Host key format': { what: 'hostKey', title: 'host key algorithm', keyword: 'HostKeyAlgorithms' },
  'C->S cipher': { what: 'cipher', title: 'cipher', keyword: 'Ciphers' },
  'S->C cipher': { what: 'cipher', title: 'cipher', keyword: 'Ciphers' },
  'C->S MAC': { what: 'mac', title: 'MAC', keyword: 'MACs' },
  'S->C MAC': { what: 'mac', title: 'MAC', keyword: 'MACs' },
}

/** What ssh2, and OpenSSL below it, say of a packet that does not match its authentication code (RFC 4253 §6.4). */
const notAuthentic = /^error:|^Invalid MAC$|unable to authenticate data/

/** Turns what ssh2 says, and where it says it, into our errors. */
export class SshFailure {
  phase: Phase = 'greeting'
  readonly #settings: SshSettings
  readonly #authentication: Authentication
  #greeting = Buffer.alloc(0)
  #negotiating = ''
  #offers = { local: '', remote: '' }

  constructor(settings: SshSettings, authentication: Authentication) {
    this.#settings = settings
    this.#authentication = authentication
  }

  /** What a timeout interrupts. */
  get doing(): string {
    const { host, port, username } = this.#settings
    const where = endpoint(host, port)
    switch (this.phase) {
      case 'greeting':
      case 'key exchange':
        return `could not connect to ${where}: no ${this.phase === 'greeting' ? 'SSH greeting and key exchange' : 'end of the key exchange'}`
      case 'login':
        return `could not log in to ${username}@${where}: no answer`
      default:
        return `could not open a session on ${where}: no answer`
    }
  }

  onGreeting(chunk: Buffer): void {
    if (this.#greeting.length >= greetingBytesMax) return
    this.#greeting = Buffer.concat([this.#greeting, chunk]).subarray(0, greetingBytesMax)
    if (this.phase === 'greeting' && greetingOfSsh2.test(this.#greeting.toString('latin1'))) this.phase = 'key exchange'
  }

  onDebug(text: string): void {
    const [, side, what, list = ''] = negotiation.exec(text) ?? []
    if (what === undefined) return
    this.#negotiating = what
    if (side === 'local') this.#offers = { local: list, remote: '' }
    else this.#offers = { ...this.#offers, remote: list }
  }

  /** The connection ended, and nobody said why. */
  ofClose(): FerryError {
    switch (this.phase) {
      case 'greeting':
        return this.#noSsh()
      case 'key exchange':
        return connectError(this.#settings, 'the server closed the connection during the key exchange')
      case 'login':
        if (this.#authentication.hasBegun) return this.#authentication.refusal('the server closed the connection')
        return new FerryError('connection_lost', 'the server closed the connection before the login')
      default:
        return new FerryError('connection_lost', 'the server closed the connection')
    }
  }

  ofError(error: unknown): FerryError {
    const { level = '', code } = detailsOf(error)
    const words = error instanceof Error ? error.message : String(error)
    if (typeof code === 'number') return this.#disconnected(words, error)
    if (level === 'client-socket' || errnoOf(error) !== undefined) return this.#socketLost(socketReason(error), error)
    if (level === 'client-timeout') {
      return new FerryError('connection_lost', 'the server does not answer keepalives', { cause: error })
    }
    if (this.phase === 'greeting') return this.#noSsh()
    if (level === 'handshake') return this.#handshakeFailed(words, error)
    if (notAuthentic.test(words)) {
      return new FerryError('protocol_error', 'a packet was changed on the way, or came out of turn', { cause: error })
    }
    return new FerryError('protocol_error', `the server broke the SSH protocol: ${words}`, { cause: error })
  }

  /** The channel could not be opened on a connection that is logged in. */
  ofChannel(error: Error | undefined): FerryError {
    const { reason } = detailsOf(error)
    // RFC 4254 §5.1 numbers the reasons; a subsystem that is refused has none.
    if (reason === undefined) return lasting(connectError(this.#settings, 'there is no SFTP', error))
    return connectError(this.#settings, `it refuses a session: ${excerpt(error?.message ?? '')}`, error)
  }

  ofTerrapin(cipher: string): FerryError {
    const reason = `the server has no strict key exchange, without which ${cipher} is open to CVE-2023-48795`
    return lasting(connectError(this.#settings, reason))
  }

  /** The server says why it goes (RFC 4253 §11.1), in words of its own. */
  #disconnected(words: string, cause: unknown): FerryError {
    const reason = `the server ended the connection: "${excerpt(words)}"`
    if (this.phase === 'login') return this.#authentication.refusal(reason)
    if (this.phase === 'open') return new FerryError('connection_lost', reason, { cause })
    return connectError(this.#settings, reason, cause)
  }

  #socketLost(reason: string, cause: unknown): FerryError {
    if (this.phase === 'greeting' || this.phase === 'key exchange') return connectError(this.#settings, reason, cause)
    return new FerryError('connection_lost', `the connection was lost: ${reason}`, { cause })
  }

  #handshakeFailed(words: string, cause: unknown): FerryError {
    const failed = negotiated[this.#negotiating]
    if (failed === undefined || !/no matching/i.test(words)) {
      if (/signature verification failed/.test(words)) {
        return new FerryError('host_key_rejected', 'host key rejected: the server cannot prove that it holds its key', {
          cause,
        })
      }
      return connectError(this.#settings, `the key exchange failed: ${excerpt(words)}`, cause)
    }
    const { local, remote } = this.#offers
    const reason = `no common ${failed.title}: the server has ${excerpt(remote, 500)}, ferry offers ${local}`
    const allowed = allowable(failed.what, remote.split(','))
    const error = lasting(connectError(this.#settings, reason, cause))
    return allowed === undefined ? error : error.with({ hint: `to allow an old one: -o ${failed.keyword}=+${allowed}` })
  }

  /** What speaks there is quoted: a web server, or an SSH server that is busy. */
  #noSsh(): FerryError {
    const text = decodeName(this.#greeting)
    if (text.trim() === '') return connectError(this.#settings, 'the server closed the connection without a word')
    if (/^SSH-[^\n]*$/.test(text))
      return connectError(this.#settings, 'the server closed the connection in its greeting')
    return connectError(this.#settings, `not an SSH server: it says "${excerpt(text)}"`)
  }
}

function detailsOf(error: unknown): { level?: string; code?: unknown; reason?: unknown } {
  if (typeof error !== 'object' || error === null) return {}
  const level: unknown = Reflect.get(error, 'level')
  return {
    code: Reflect.get(error, 'code'),
    reason: Reflect.get(error, 'reason'),
    ...(typeof level === 'string' && { level }),
  }
}
