import ssh2, { type IdentityCallback, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2'

/** Makes a signature with the private half of a key, wherever that is. */
export type Sign = (data: Buffer) => Promise<Buffer>

/**
 * One key as an agent of ssh2's: the only way in which it waits for a signature. The key goes by the name of its signature algorithm,
 * which ssh2 would choose by itself for RSA, and then take SHA-1 where the server does not say what it takes.
 */
export class OneKeyAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #blob: Buffer
  readonly #algorithm: string
  readonly #sign: Sign
  readonly #fail: (error: unknown) => void

  /** `fail` is told where ssh2 cannot go on with a signature. */
  constructor(blob: Buffer, algorithm: string, sign: Sign, fail: (error: unknown) => void) {
    super()
    this.#blob = blob
    this.#algorithm = algorithm
    this.#sign = sign
    this.#fail = fail
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    const parsed = ssh2.utils.parseKey(this.#blob)
    if (parsed instanceof Error) callback(parsed)
    else callback(undefined, [Object.create(parsed, { type: { value: this.#algorithm } })])
  }

  override sign(
    _key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    more?: SignCallback,
  ): void {
    const callback = typeof options === 'function' ? options : more
    this.#sign(data)
      .then(
        (signature) => callback?.(undefined, signature),
        (error: unknown) => callback?.(error instanceof Error ? error : new Error(String(error))),
      )
      .catch(this.#fail)
  }
}
