import type { Prompt as ServerPrompt } from 'ssh2'
import { FerryError } from '../errors/ferry-error.ts'
import { excerpt } from '../model/visible.ts'
import type { OpenSecret, SshSettings } from './settings.ts'
import { endpoint } from './tcp.ts'
import type { TransportEvents } from './transport.ts'

/** A server that asks for more is not served. */
const roundsMax = 10
const promptsMax = 16

export interface KeyboardOptions {
  readonly settings: SshSettings
  readonly events: TransportEvents
  readonly signal: AbortSignal
  /** Answers the first hidden prompt; a second one is about something else. */
  readonly password: OpenSecret | undefined
  /** There was nobody who could answer this. */
  readonly onUnanswered: (prompt: string) => void
}

/** Answers the rounds of one keyboard-interactive login (RFC 4256): with the password where one is hidden, else by asking. */
export class KeyboardAnswers {
  readonly #options: KeyboardOptions
  #password: OpenSecret | undefined
  #rounds = 0

  constructor(options: KeyboardOptions) {
    this.#options = options
    this.#password = options.password
  }

  async round(instructions: string, prompts: readonly ServerPrompt[]): Promise<string[]> {
    this.#rounds += 1
    if (this.#rounds > roundsMax || prompts.length > promptsMax) throw this.#refusal('the server does not stop asking')
    const { events } = this.#options
    if (instructions.trim() !== '') events.note(events.ask === undefined ? 1 : 0, excerpt(instructions, 1000))
    const answers: string[] = []
    for (const { prompt, echo = false } of prompts) answers.push(await this.#answer(prompt, echo))
    return answers
  }

  async #answer(prompt: string, echo: boolean): Promise<string> {
    const { events, onUnanswered, settings, signal } = this.#options
    const password = this.#password
    if (password !== undefined && !echo) {
      if (asksForNew(prompt)) throw this.#refusal('the password has expired')
      this.#password = undefined
      return password(signal)
    }
    if (events.ask === undefined) {
      if (asksForNew(prompt)) throw this.#refusal('the password has expired')
      onUnanswered(prompt)
      return ''
    }
    const text = `(${settings.username}@${settings.host}) ${excerpt(prompt, 1000)} `
    return events.ask({ text, echo }, signal)
  }

  #refusal(reason: string): FerryError {
    const { username, host, port } = this.#options.settings
    return new FerryError(
      'authentication_failed',
      `authentication failed for ${username}@${endpoint(host, port)}: ${reason}`,
    )
  }
}

/** PAM asks in these words where a password has to be changed; none is made up. */
export const asksForNew = (prompt: string): boolean => /\b(?:new|retype|again)\b.*password/i.test(prompt)
