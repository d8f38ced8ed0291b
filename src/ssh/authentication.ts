import type { AnyAuthMethod } from 'ssh2'
import { FerryError } from '../errors/ferry-error.ts'
import { localReason } from '../errors/local-error.ts'
import { excerpt } from '../model/visible.ts'
import { type Attempt, planAttempts } from './attempts.ts'
import type { Identity } from './identities.ts'
import { KeyboardAnswers } from './keyboard-interactive.ts'
import { keyTypeOf } from './known-hosts.ts'
import { OneKeyAgent } from './one-key-agent.ts'
import { listed, loginHint } from './refused-login.ts'
import type { OpenSecret, SshSettings } from './settings.ts'
import { endpoint } from './tcp.ts'
import type { TransportEvents } from './transport.ts'

/** No server needs as many requests, and one that keeps asking for more is not served. */
const requestsMax = 64

export interface AuthenticationOptions {
  readonly settings: SshSettings
  readonly identities: readonly Identity[]
  readonly events: TransportEvents
  readonly signal: AbortSignal
  /** Ends the login at once. */
  readonly fail: (error: unknown) => void
}

/** Logs in: what to send next, and why it failed in the end. */
export class Authentication {
  readonly #options: AuthenticationOptions
  #attempts: Attempt[]
  /** What the server takes, once it has said so. */
  #taken: readonly string[] | undefined
  #signatures: readonly string[] | undefined
  #current: Attempt | undefined
  #requests = 0
  readonly #tried = new Set<string>()
  #unanswered: string | undefined
  #isPasswordRefused = false
  /** The current request holds the connection's password. */
  #isPasswordSent = false
  /** It was one of several things that the server wants: what it asks next is something else. */
  #isPasswordTaken = false

  constructor(options: AuthenticationOptions) {
    const { settings, identities, events } = options
    this.#options = options
    this.#attempts = planAttempts(settings.authentication, identities, events.ask !== undefined)
  }

  /** Whether the server was asked to let us in. */
  get hasBegun(): boolean {
    return this.#requests > 0
  }

  /**
   * Signs the present request with a key that is at hand. A key that was named, or the only one there is, is most likely the right one; of several the
   * server is asked first, as a signature may take longer than its answer.
   */
  get signer(): ((data: Buffer) => Buffer | undefined) | undefined {
    const { identities, events } = this.#options
    const current = this.#current
    if (current?.method !== 'publickey') return undefined
    const { identity, algorithm } = current
    const sign = identity.explicit || identities.length === 1 ? identity.signAtOnce : undefined
    return (
      sign &&
      ((data) => {
        try {
          return sign(data, algorithm)
        } catch (error) {
          events.note(1, `cannot sign with ${identity.label}: ${localReason(error)}`)
          return undefined
        }
      })
    )
  }

  /** The signatures that the server takes (RFC 8308); the first time it says so counts. */
  onSignatureAlgorithms(algorithms: readonly string[]): void {
    this.#signatures ??= algorithms
  }

  /** The server refused the last request, or took it as one of several that it wants. */
  onFailure(taken: readonly string[], isPartial: boolean): void {
    this.#taken = taken
    const current = this.#current
    this.#current = undefined
    if (current === undefined || current.method === 'none') return
    this.#options.events.note(1, `${describe(current)}: ${isPartial ? 'accepted, the server wants more' : 'refused'}`)
    if (isPartial) {
      this.#isPasswordTaken ||= this.#isPasswordSent
      return
    }
    // A method that is not among them was not looked at, and may have its turn after another one.
    if (!taken.includes(current.method)) this.#attempts.push(current)
    else if (current.method === 'password') this.#isPasswordRefused = true
  }

  /** The next request. Rejects with what ends the login. */
  async next(): Promise<AnyAuthMethod> {
    const attempt = this.#attempts.find((one) => this.#isPossible(one))
    if (attempt === undefined || this.#requests === requestsMax) throw this.refusal()
    this.#attempts = this.#attempts.filter((other) => other !== attempt && !this.#isAnswered(other, attempt))
    this.#requests += 1
    this.#current = attempt
    this.#isPasswordSent = false
    if (attempt.method !== 'none') this.#tried.add(attempt.method)
    this.#options.events.note(1, `trying ${describe(attempt)}`)
    return this.#request(attempt)
  }

  /** Why nothing that was tried will do; `reason` where the server gave one. */
  refusal(reason?: string): FerryError {
    const { username, host, port } = this.#options.settings
    const said = [
      ...(reason === undefined ? [] : [reason]),
      ...(this.#taken === undefined ? [] : [`the server takes ${listed(this.#taken) || 'nothing'}`]),
      this.#tried.size === 0 ? 'nothing to offer' : `tried ${listed([...this.#tried])}`,
      ...(this.#unanswered === undefined ? [] : [`nobody to answer "${excerpt(this.#unanswered, 80)}"`]),
    ]
    const hint = this.#hint()
    return new FerryError(
      'authentication_failed',
      `authentication failed for ${username}@${endpoint(host, port)}: ${said.join(', ')}`,
      hint === undefined ? {} : { hint },
    )
  }

  #hint(): string | undefined {
    const { name, role, authentication } = this.#options.settings
    return loginHint({
      ...{ name, role },
      taken: this.#taken ?? [],
      tried: this.#tried,
      hasPassword: authentication.password !== undefined,
      canAsk: this.#options.events.ask !== undefined,
    })
  }

  #isPossible(attempt: Attempt): boolean {
    if (attempt.method === 'none') return true
    if (this.#taken !== undefined && !this.#taken.includes(attempt.method)) return false
    // The same password would be refused once more, and locks accounts.
    if (attempt.method === 'keyboard-interactive' && attempt.from === 'connection') return !this.#isPasswordRefused
    // Servers may leave out of their list what goes without saying; only for RSA is there a choice.
    if (attempt.method !== 'publickey' || keyTypeOf(attempt.identity.blob) !== 'ssh-rsa') return true
    return this.#signatures?.includes(attempt.algorithm) ?? true
  }

  /** Where the server says which signatures it takes, one of them is enough to know what it thinks of a key. */
  #isAnswered(other: Attempt, attempt: Attempt): boolean {
    if (this.#signatures === undefined || other.method !== 'publickey' || attempt.method !== 'publickey') return false
    return other.identity === attempt.identity
  }

  async #request(attempt: Attempt): Promise<AnyAuthMethod> {
    const { settings, events, signal } = this.#options
    const { username } = settings
    switch (attempt.method) {
      case 'none':
        return { type: 'none', username }
      case 'publickey':
        return { type: 'agent', username, agent: this.#agentFor(attempt) }
      case 'password':
        return { type: 'password', username, password: await this.#password(attempt.from) }
      case 'keyboard-interactive': {
        const keyboard = new KeyboardAnswers({
          settings,
          events,
          signal,
          password: this.#ownPassword(attempt.from),
          onUnanswered: (prompt) => {
            this.#unanswered = prompt
          },
        })
        return {
          type: 'keyboard-interactive',
          username,
          prompt: (_name, instructions, _language, prompts, finish) => {
            keyboard.round(instructions, prompts).then(finish).catch(this.#options.fail)
          },
        }
      }
    }
  }

  #agentFor({ identity, algorithm }: Attempt & { method: 'publickey' }): OneKeyAgent {
    const { signal, events, fail } = this.#options
    const sign = async (data: Buffer): Promise<Buffer> => {
      try {
        return await identity.sign(data, algorithm, signal)
      } catch (error) {
        if (error instanceof FerryError) fail(error)
        else events.note(0, `identity ${identity.label} is left out: ${localReason(error)}`)
        throw error
      }
    }
    return new OneKeyAgent(identity.blob, algorithm, sign, fail)
  }

  async #password(from: 'connection' | 'person'): Promise<string> {
    const { settings, events, signal } = this.#options
    const password = this.#ownPassword(from)
    if (password !== undefined) return password(signal)
    if (events.ask === undefined) throw this.refusal()
    const text = `${settings.username}@${settings.host}'s password: `
    return events.ask({ text, echo: false }, signal)
  }

  /** The connection's, unless it was taken already. */
  #ownPassword(from: 'connection' | 'person'): OpenSecret | undefined {
    const { password } = this.#options.settings.authentication
    if (from === 'person' || password === undefined || this.#isPasswordTaken) return undefined
    return (signal) => {
      this.#isPasswordSent = true
      return password(signal)
    }
  }
}

const describe = (attempt: Attempt): string =>
  attempt.method === 'publickey' ? `publickey ${attempt.identity.label} with ${attempt.algorithm}` : attempt.method
