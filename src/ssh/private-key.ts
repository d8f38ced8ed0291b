import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import ssh2 from 'ssh2'
import { keyTypeOf } from './known-hosts.ts'
import { fields, multiplePrecision, readFields } from './wire-fields.ts'

/** A private key, and its public half as SSH sends it. */
export interface PrivateKey {
  readonly blob: Buffer
  /** A signature without the name of its algorithm, as `KeyObject` makes it: ECDSA's in DER. */
  sign(data: Buffer, algorithm: string): Buffer
}

/** What the text of a key file turns out to be. */
export type KeyText =
  | { readonly kind: 'private'; readonly key: PrivateKey }
  | { readonly kind: 'public'; readonly blob: Buffer }
  /** Needs a passphrase, or another one; the public half where the format tells it. */
  | { readonly kind: 'encrypted'; readonly blob?: Buffer }
  | { readonly kind: 'unusable'; readonly reason: string }

/** Reads a key in OpenSSH's format, PEM (PKCS#1, SEC 1, PKCS#8) or PuTTY's format 2, or a public one. */
export function readKeyText(text: string, passphrase?: string): KeyText {
  if (/^-----BEGIN OPENSSH PRIVATE KEY-----/m.test(text)) return readOpenssh(text, passphrase)
  if (/^-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/m.test(text)) return readPem(text, passphrase)
  if (text.startsWith('PuTTY-User-Key-File-')) return readPutty(text, passphrase)
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
  if (!container.toString('latin1').startsWith(opensshMagic)) return unusable('it is damaged')
  let cipher: string
  let blob: Buffer
  try {
    const head = readFields(container.subarray(opensshMagic.length), 3)
    cipher = head[0]?.toString('latin1') ?? ''
    const publicAt = opensshMagic.length + head.reduce((sum, field) => sum + 4 + field.length, 0) + 4
    blob = readFields(container.subarray(publicAt), 1)[0] ?? Buffer.alloc(0)
  } catch {
    return unusable('it is damaged')
  }
  if (!supportedTypes.has(keyTypeOf(blob))) return unusable(`keys of type ${keyTypeOf(blob)} are not supported`)
  // ssh2 wants the text alone, with its lines as they are.
  const alone = `-----BEGIN OPENSSH PRIVATE KEY-----${base64.trimEnd()}\n-----END OPENSSH PRIVATE KEY-----`
  return throughSsh2(alone, passphrase, cipher !== 'none', blob)
}

function readPutty(text: string, passphrase: string | undefined): KeyText {
  const encrypted = !/^Encryption: none\r?$/m.test(text)
  const [, lines = ''] = /^Public-Lines: \d+\r?\n(.*?)^Private-Lines:/ms.exec(text) ?? []
  const blob = Buffer.from(lines, 'base64')
  if (!text.startsWith('PuTTY-User-Key-File-2: ssh-rsa') || keyTypeOf(blob) !== 'ssh-rsa') {
    return unusable(
      "of PuTTY's files only RSA keys in format 2 can be read; puttygen -O private-openssh converts others",
    )
  }
  return throughSsh2(text, passphrase, encrypted, blob)
}

function throughSsh2(text: string, passphrase: string | undefined, encrypted: boolean, blob: Buffer): KeyText {
  if (encrypted && (passphrase === undefined || passphrase === '')) return { kind: 'encrypted', blob }
  const parsed = ssh2.utils.parseKey(text, passphrase)
  if (parsed instanceof Error || Array.isArray(parsed)) {
    return encrypted ? { kind: 'encrypted', blob } : unusable('it is damaged')
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
  let key: KeyObject
  let blob: Buffer | undefined
  try {
    key = createPrivateKey({ key: pem, format: 'pem', ...(passphrase !== undefined && { passphrase }) })
    blob = publicBlob(key)
  } catch {
    return unusable(damaged)
  }
  if (blob === undefined) return unusable(`keys of type ${key.asymmetricKeyType ?? 'unknown'} are not supported`)
  return { kind: 'private', key: { blob, sign: (data, algorithm) => sign(hashes[algorithm] ?? null, data, key) } }
}

/** What each algorithm hashes with; ed25519 has no name for it. */
const hashes: Readonly<Record<string, string>> = {
  'ssh-rsa': 'sha1',
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
}

const curves: Readonly<Record<string, string>> = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' }

const supportedTypes = new Set([
  'ssh-ed25519',
  'ssh-rsa',
  ...Object.values(curves).map((curve) => `ecdsa-sha2-${curve}`),
])

/** The public half as SSH writes it (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4). */
function publicBlob(key: KeyObject): Buffer | undefined {
  if (!['rsa', 'ec', 'ed25519'].includes(key.asymmetricKeyType ?? '')) return undefined
  const { kty, crv = '', n = '', e = '', x = '', y = '' } = key.export({ format: 'jwk' })
  const bytes = (value: string): Buffer => Buffer.from(value, 'base64url')
  if (kty === 'RSA') return fields('ssh-rsa', multiplePrecision(bytes(e)), multiplePrecision(bytes(n)))
  if (kty === 'OKP') return fields('ssh-ed25519', bytes(x))
  const curve = curves[crv]
  if (curve === undefined) return undefined
  return fields(`ecdsa-sha2-${curve}`, curve, Buffer.concat([Buffer.of(4), bytes(x), bytes(y)]))
}
