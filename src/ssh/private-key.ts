import { createPrivateKey, type KeyObject } from 'node:crypto'
import ssh2 from 'ssh2'
import { keyTypeOf } from './known-hosts.ts'
import { readPuttyKey } from './putty-key.ts'
import { type PrivateKey, signingKey, unsupportedType } from './signing-key.ts'
import { readFields } from './wire-fields.ts'

/** What the text of a key file turns out to be. */
export type KeyText =
  | { readonly kind: 'private'; readonly key: PrivateKey }
  | { readonly kind: 'public'; readonly blob: Buffer }
  /** Needs a passphrase, or another one; the public half where the format tells it. */
  | { readonly kind: 'encrypted'; readonly blob?: Buffer }
  | { readonly kind: 'unusable'; readonly reason: string }

/** Reads a key in OpenSSH's format, PEM (PKCS#1, SEC 1, PKCS#8) or PuTTY's formats 2 and 3, or a public one. */
export async function readKeyText(text: string, passphrase?: string): Promise<KeyText> {
  if (/^-----BEGIN OPENSSH PRIVATE KEY-----/m.test(text)) return readOpenssh(text, passphrase)
  if (/^-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/m.test(text)) return readPem(text, passphrase)
  if (text.startsWith('PuTTY-User-Key-File-')) return readPuttyKey(text, passphrase)
  return readPublicKey(text)
}

/** Reads a public key as in `id_ed25519.pub`. */
export function readPublicKey(text: string): KeyText {
  const [, base64 = ''] = text.trim().split(/\s+/)
  const blob = Buffer.from(base64, 'base64')
  const type = keyTypeOf(blob)
  return type !== '' && text.trim().startsWith(type) ? { kind: 'public', blob } : unusable('it is no key')
}

const unusable = (reason: string): KeyText => ({ kind: 'unusable', reason })

/** OpenSSH's PROTOCOL.key: magic, cipher, kdf, its options, number of keys, public key, private part. */
const opensshMagic = 'openssh-key-v1\0'

function readOpenssh(text: string, passphrase: string | undefined): KeyText {
  const [, base64 = ''] = /-----BEGIN OPENSSH PRIVATE KEY-----([^-]*)-----END/.exec(text) ?? []
  const container = Buffer.from(base64, 'base64')
  if (!container.toString('latin1').startsWith(opensshMagic)) return unusable(damaged)
  let cipher: string
  let blob: Buffer
  try {
    const head = readFields(container.subarray(opensshMagic.length), 3)
    cipher = head[0]?.toString('latin1') ?? ''
    const publicAt = opensshMagic.length + head.reduce((sum, field) => sum + 4 + field.length, 0) + 4
    blob = readFields(container.subarray(publicAt), 1)[0] ?? Buffer.alloc(0)
  } catch {
    return unusable(damaged)
  }
  const refusal = unsupportedType(keyTypeOf(blob))
  if (refusal !== undefined) return unusable(refusal)
  // ssh2 wants the text alone, with its lines as they are.
  const alone = `-----BEGIN OPENSSH PRIVATE KEY-----${base64.trimEnd()}\n-----END OPENSSH PRIVATE KEY-----`
  return throughSsh2(alone, passphrase, cipher !== 'none', blob)
}

function throughSsh2(text: string, passphrase: string | undefined, encrypted: boolean, blob: Buffer): KeyText {
  if (encrypted && (passphrase === undefined || passphrase === '')) return { kind: 'encrypted', blob }
  const parsed = ssh2.utils.parseKey(text, passphrase)
  if (parsed instanceof Error || Array.isArray(parsed)) {
    return encrypted ? { kind: 'encrypted', blob } : unusable(damaged)
  }
  return fromPem(parsed.getPrivatePEM(), undefined)
}

function readPem(text: string, passphrase: string | undefined): KeyText {
  if (!/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text)) return fromPem(text, undefined)
  if (passphrase === undefined || passphrase === '') return { kind: 'encrypted' }
  const read = fromPem(text, passphrase)
  return read.kind === 'unusable' && read.reason === damaged ? { kind: 'encrypted' } : read
}

const damaged = 'it is damaged'

function fromPem(pem: string, passphrase: string | undefined): KeyText {
  let object: KeyObject
  let key: PrivateKey | undefined
  try {
    object = createPrivateKey({ key: pem, format: 'pem', ...(passphrase !== undefined && { passphrase }) })
    key = signingKey(object)
  } catch {
    return unusable(damaged)
  }
  if (key !== undefined) return { kind: 'private', key }
  const type = object.asymmetricKeyType ?? 'unknown'
  return unusable(unsupportedType(type === 'dsa' ? 'ssh-dss' : type) ?? damaged)
}
