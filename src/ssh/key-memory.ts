import { createHash } from 'node:crypto'
import type { KeyText } from './private-key.ts'

/**
 * Keys that were read from their text, so that connections with one key read it once. A private key is in memory for as long as this is: a
 * command has one, and in the library each connection has its own. Neither text nor passphrase is kept.
 */
export class KeyMemory {
  readonly #keys = new Map<string, Promise<KeyText>>()

  /** What `read` makes of the text and the passphrase, unless that is known. */
  recall(
    text: string,
    passphrase: string | undefined,
    read: (text: string, passphrase?: string) => Promise<KeyText>,
  ): Promise<KeyText> {
    const name = createHash('sha256')
      .update(JSON.stringify([text, passphrase]))
      .digest('base64')
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const key = read(text, passphrase)
    this.#keys.set(name, key)
    key.catch(() => this.#keys.delete(name))
    return key
  }
}
