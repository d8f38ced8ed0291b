import ssh2, {
  type AuthContext,
  type KeyboardAuthContext,
  type PasswordAuthContext,
  type PublicKeyAuthContext,
} from 'ssh2'

/** What the server takes (RFC 4252). */
export type LoginMethod = 'password' | 'publickey' | 'keyboard-interactive'

export interface LoginUser {
  readonly name: string
  readonly password?: string
  /** The password is right, and the server asks for a new one, for ever (RFC 4252 §8). */
  readonly passwordExpired?: boolean
  /** `ssh-ed25519 AAAA…` */
  readonly publicKeys?: readonly string[]
  /** Asked one after the other; what was answered is looked at in the end. */
  readonly keyboardInteractive?: readonly KeyboardRound[]
  /** After the last round comes the first again. */
  readonly endlessRounds?: boolean
  /** All of these, in this order; any one that the user has when absent. */
  readonly factors?: readonly LoginMethod[]
}

/** One SSH_MSG_USERAUTH_INFO_REQUEST (RFC 4256 §3.2); it may hold no prompt at all. */
interface KeyboardRound {
  readonly title?: string
  readonly instructions?: string
  readonly prompts: readonly { readonly prompt: string; readonly echo?: boolean; readonly answer: string }[]
}

/** An attempt as it ended; a key that was only shown (RFC 4252 §7) has `probe`. */
export interface LoginAttempt {
  readonly username: string
  readonly method: AuthContext['method']
  readonly accepted: boolean
  readonly probe?: boolean
}

/** The logins of one connection. */
export class Login {
  readonly #users: readonly LoginUser[]
  readonly #record: (attempt: LoginAttempt) => void
  readonly #done: LoginMethod[] = []

  constructor(users: readonly LoginUser[], record: (attempt: LoginAttempt) => void) {
    this.#users = users
    this.#record = record
  }

  answer(context: AuthContext): void {
    const user = this.#users.find(({ name }) => name === context.username)
    const method = user && this.#open(user).find((open) => open === context.method)
    if (user === undefined || method === undefined) this.#reject(context, user)
    else if (context.method === 'password') this.#password(context, user)
    else if (context.method === 'publickey') this.#publicKey(context, user)
    else if (context.method === 'keyboard-interactive') this.#rounds(context, user, 0, true)
  }

  #password(context: PasswordAuthContext, user: LoginUser): void {
    const ask = (): void => context.requestChange('Your password has expired.', ask)
    if (context.password !== user.password) this.#reject(context, user)
    else if (user.passwordExpired) ask()
    else this.#accept(context, user, 'password')
  }

  #publicKey(context: PublicKeyAuthContext, user: LoginUser): void {
    const key = user.publicKeys
      ?.map((line) => ssh2.utils.parseKey(line))
      .find((one) => !(one instanceof Error) && one.getPublicSSH().equals(context.key.data))
    if (key === undefined || key instanceof Error) {
      this.#reject(context, user)
    } else if (context.signature === undefined || context.blob === undefined) {
      this.#record({ username: user.name, method: 'publickey', accepted: true, probe: true })
      context.accept()
    } else if (key.verify(context.blob, context.signature, context.hashAlgo) === true) {
      this.#accept(context, user, 'publickey')
    } else {
      this.#reject(context, user)
    }
  }

  #rounds(context: KeyboardAuthContext, user: LoginUser, at: number, correct: boolean): void {
    const rounds = user.keyboardInteractive ?? []
    const round = rounds[user.endlessRounds ? at % rounds.length : at]
    if (round === undefined) {
      if (correct) this.#accept(context, user, 'keyboard-interactive')
      else this.#reject(context, user)
      return
    }
    const prompts = round.prompts.map(({ prompt, echo = false }) => ({ prompt, echo }))
    context.prompt(prompts, round.title ?? '', round.instructions ?? '', (given) => {
      // ssh2 gives an error in place of the answers when the client turns to another method.
      if (!Array.isArray(given)) return
      const right =
        given.length === round.prompts.length && round.prompts.every(({ answer }, index) => given[index] === answer)
      this.#rounds(context, user, at + 1, correct && right)
    })
  }

  /** What the user may go on with. */
  #open(user: LoginUser): readonly LoginMethod[] {
    if (user.factors !== undefined) return user.factors.slice(this.#done.length, this.#done.length + 1)
    return [
      ...(user.publicKeys === undefined ? [] : ['publickey' as const]),
      ...(user.password === undefined ? [] : ['password' as const]),
      ...(user.keyboardInteractive === undefined ? [] : ['keyboard-interactive' as const]),
    ]
  }

  #accept(context: AuthContext, user: LoginUser, method: LoginMethod): void {
    this.#record({ username: user.name, method, accepted: true })
    this.#done.push(method)
    const left = user.factors === undefined ? [] : [...this.#open(user)]
    if (left.length === 0) context.accept()
    else context.reject(left, true)
  }

  /** Somebody unknown is told what everybody is told. */
  #reject(context: AuthContext, user: LoginUser | undefined): void {
    if (context.method !== 'none') this.#record({ username: context.username, method: context.method, accepted: false })
    context.reject(user === undefined ? ['publickey', 'password'] : [...this.#open(user)])
  }
}
