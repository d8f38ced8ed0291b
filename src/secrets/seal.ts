import { createHmac } from 'node:crypto'
import { FerryError } from '../errors/ferry-error.ts'
import type { LiteralSecret, SealedSecret } from '../model/secret.ts'
import type { SealingKeys } from './sealing-keys.ts'

/** Seals a text in the age format, armored, so that `age -d -i key.txt` opens it too. */
export async function seal(secret: LiteralSecret, keys: SealingKeys): Promise<SealedSecret> {
  const identity = await keys.obtain()
  const { armor, Encrypter, identityToRecipient } = await import('age-encryption')
  const encrypter = new Encrypter()
  try {
    encrypter.addRecipient(await identityToRecipient(identity))
  } catch (error) {
    throw new FerryError('authentication_failed', `seal a secret: the key in ${keys.location} is damaged`, {
      cause: error,
    })
  }
  return {
    sealed: armor.encode(await encrypter.encrypt(secret.literal)),
    hash: keyedHash(secret, identity),
    ...(secret.template === true && { template: true }),
  }
}

/** The hash that `seal` would keep beside this text, or `undefined` where there is no key yet. */
export async function secretHash(secret: LiteralSecret, keys: SealingKeys): Promise<string | undefined> {
  const [identity] = await keys.read()
  return identity === undefined ? undefined : keyedHash(secret, identity)
}

/** Opens what `seal` sealed. `what` names the secret in the error: `password of bank`. */
export async function unseal(secret: SealedSecret, what: string, keys: SealingKeys): Promise<string> {
  const identities = await keys.read()
  if (identities.length === 0) {
    throw new FerryError('authentication_failed', `${what}: it is sealed, and there is no key file ${keys.location}`, {
      hint: 'put the key there that it was sealed with, or set FERRY_KEY',
    })
  }
  const { armor, Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  try {
    for (const identity of identities) decrypter.addIdentity(identity)
    return await decrypter.decrypt(armor.decode(secret.sealed), 'text')
  } catch (error) {
    throw new FerryError('authentication_failed', `${what}: the key in ${keys.location} does not open it`, {
      cause: error,
      hint: 'it was sealed with another key, or it is damaged',
    })
  }
}

/** Without the key, a hash tells nothing: not even a guess can be tried. */
function keyedHash(secret: LiteralSecret, identity: string): string {
  const kind = secret.template === true ? 'template' : 'literal'
  return createHmac('sha256', identity).update(`ferry ${kind} secret\0`).update(secret.literal).digest('hex')
}
