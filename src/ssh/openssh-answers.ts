import { FerryError } from '../errors/ferry-error.ts'
import { encodeName } from '../model/name-bytes.ts'
import { excerpt } from '../model/visible.ts'
import type { AskpassQuestion } from './askpass.ts'
import { asksForNew } from './keyboard-interactive.ts'
import { keyRejection, unknownHostText } from './openssh-host-key.ts'
import type { OpensshLog } from './openssh-log.ts'
import type { IdentitySource, OpensshSettings } from './settings.ts'
import { endpoint } from './tcp.ts'
import type { TransportEvents } from './transport.ts'

export interface AnswersOptions {
  readonly settings: OpensshSettings
  readonly events: TransportEvents
  readonly signal: AbortSignal
  readonly log: OpensshLog
  /** The ssh that logs in to the destination; any other is a jump host's. */
  readonly pid: number | undefined
  /** Ends the attempt, where ssh would go on with an answer that nobody gave. */
  readonly fail: (error: unknown) => void
}

/** The prompts of OpenSSH's sshconnect2.c and sshconnect.c; a keyboard-interactive one is the server's own text after `(user@host) `. */
const passphrasePrompt = /^Enter passphrase for key '(.*)': $/s
const passwordPrompt = /^.*'s password: $/s
const interactivePrompt = /^\([^)]*@[^)]*\) /s
const changePrompt = /^(?:Enter|Retype) .*'s (?:old|new) password: $/s
const hostKeyPrompt = /Are you sure you want to continue connecting \(yes\/no/

/** Answers what ssh asks: with the connection's secrets where they are meant, else by asking whoever is there. */
export class OpensshAnswers {
  readonly #options: AnswersOptions
  /** How many of several factors had been taken when the password was given. */
  #passwordGivenAt: number | undefined
  /** Each with the ssh that asked. */
  readonly #openedKeys = new Set<string>()

  constructor(options: AnswersOptions) {
    this.#options = options
  }

  async answer({ askedBy, words, kind }: AskpassQuestion): Promise<string | undefined> {
    const [prompt = ''] = words
    const { events, fail } = this.#options
    try {
      if (kind === 'none') {
        events.note(0, `ssh: ${excerpt(prompt, 1000)}`)
        return undefined
      }
      if (kind === 'confirm') return await this.#ask(`${prompt} (yes/no) `, true)
      if (hostKeyPrompt.test(prompt)) return await this.#hostKey(prompt)
      if (/^Please type 'yes', 'no'/.test(prompt)) return await this.#ask(prompt, true)
      const isOwn = askedBy === this.#options.pid
      const isInteractive = this.#isInteractive(prompt, isOwn)
      const key = isInteractive ? undefined : passphrasePrompt.exec(prompt)?.[1]
      if (key !== undefined) return await this.#passphrase(key, prompt, askedBy)
      if (changePrompt.test(prompt)) return await this.#askOrFail(prompt, 'the password has expired')
      // It may be about a key after all, which is left out then.
      if (!isOwn && passphrasePrompt.test(prompt) && events.ask === undefined) return undefined
      if (passwordPrompt.test(prompt) || isInteractive) return await this.#password(prompt, isOwn, isInteractive)
      return await this.#ask(prompt, false)
    } catch (error) {
      fail(error)
      throw error
    }
  }

  /** Whether it may be the server's question. What a jump host's ssh tries is not known here. */
  #isInteractive(prompt: string, isOwn: boolean): boolean {
    const { log } = this.#options
    if (log.marksQuestions) return interactivePrompt.test(prompt)
    return !isOwn || [...log.tried].at(-1) === 'keyboard-interactive'
  }

  async #password(prompt: string, isOwn: boolean, isInteractive: boolean): Promise<string | undefined> {
    const { settings, log, signal, events } = this.#options
    const { password } = settings.authentication
    const nobody = `nobody to answer "${excerpt(prompt, 80)}"`
    if (password === undefined || !isOwn) return this.#askOrFail(prompt, nobody)
    if (asksForNew(prompt)) throw this.#refusal('the password has expired')
    if (this.#passwordGivenAt === undefined) {
      this.#passwordGivenAt = log.partial
      return oneLine(await password(signal), 'password')
    }
    // The password was taken: what is asked now is about something else, as a code.
    if (log.partial > this.#passwordGivenAt) return this.#askOrFail(prompt, nobody)
    // So may be a second question of the same method.
    if (events.ask !== undefined && isInteractive && !/password/i.test(prompt)) return this.#ask(prompt, false)
    throw this.#refusal('the password was refused')
  }

  async #passphrase(key: string, prompt: string, askedBy: number): Promise<string | undefined> {
    const { settings, signal, events } = this.#options
    const { passphrase, identities } = settings.authentication
    const known = [settings, ...settings.jumpHosts].flatMap(({ authentication }) => authentication.identities)
    const opened = `${askedBy} ${key}`
    if (passphrase !== undefined && known.some((one) => isNamed(one, key)) && !this.#openedKeys.has(opened)) {
      this.#openedKeys.add(opened)
      return oneLine(await passphrase(signal), 'identity_passphrase')
    }
    if (events.ask !== undefined) return this.#ask(prompt, false)
    // One that nobody asked for is left out.
    if (!identities.some((one) => one.explicit && isNamed(one, key))) return undefined
    const reason = passphrase === undefined ? 'it is encrypted' : 'identity_passphrase does not open it'
    throw new FerryError('authentication_failed', `cannot use the key ${key}: ${reason}`)
  }

  async #hostKey(prompt: string): Promise<string | undefined> {
    const { settings, events } = this.#options
    const [, name = '', type = '', fingerprint = ''] =
      /^The authenticity of host '(\S+)[^']*' can't be established\.\n(?:.*\n)*?(\S+) key fingerprint is (SHA256:\S+?)\.?\n/.exec(
        prompt,
      ) ?? []
    if (fingerprint === '') return this.#ask(prompt, true)
    const text = `${unknownHostText(settings, name)}. Its key is ${type} ${fingerprint}. Go on connecting (yes/no/fingerprint)? `
    const answer = events.ask === undefined ? 'no' : await this.#ask(text, true)
    if (answer?.trim().toLowerCase() === 'no') throw keyRejection(`the key of ${name} was not accepted`)
    return answer
  }

  async #askOrFail(prompt: string, reason: string): Promise<string | undefined> {
    if (this.#options.events.ask === undefined) throw this.#refusal(reason)
    return this.#ask(prompt, false)
  }

  /** The text is on one line, and may be a stranger's. */
  async #ask(prompt: string, echo: boolean): Promise<string | undefined> {
    const { events, signal } = this.#options
    const text = `${excerpt(prompt.replaceAll(/\s+/g, ' '), 1000)} `
    return events.ask?.({ text, echo }, signal)
  }

  #refusal(reason: string): FerryError {
    const { username, host, port } = this.#options.settings
    return new FerryError(
      'authentication_failed',
      `authentication failed for ${username}@${endpoint(host, port)}: ${reason}`,
    )
  }
}

/** Whether a prompt means this key: ssh cuts the name there (sshconnect2.c). */
const isNamed = (identity: IdentitySource, key: string): boolean =>
  identity.kind === 'file' && encodeName(identity.path).subarray(0, 100).toString() === key

/** ssh reads one line of 1023 bytes at most (readpass.c). */
function oneLine(secret: string, what: string): string {
  if (!/[\r\n\0]/.test(secret) && Buffer.byteLength(secret) < 1024) return secret
  throw new FerryError('authentication_failed', `${what}: the system's ssh takes one line of at most 1023 bytes`)
}
