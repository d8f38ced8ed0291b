import {
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  type JsonWebKey,
  timingSafeEqual,
} from 'node:crypto'
import { encodeName } from '../model/name-bytes.ts'
import { keyTypeOf } from './known-hosts.ts'
import { curves, type PrivateKey, signingKey, unsupportedType } from './signing-key.ts'
import { fields, readFields } from './wire-fields.ts'

/** What is in a key file of PuTTY's, format 2 or 3 (appendix C of its manual). */
export type PuttyKey =
  | { readonly kind: 'private'; readonly key: PrivateKey }
  | { readonly kind: 'encrypted'; readonly blob: Buffer }
  | { readonly kind: 'unusable'; readonly reason: string }

/** Reads a key file of PuTTY's. Only a right passphrase, and a file that nobody has tampered with, give the private key. */
export async function readPuttyKey(text: string, passphrase: string | undefined): Promise<PuttyKey> {
  const file = parse(text)
  if (file === undefined) return { kind: 'unusable', reason: 'it is damaged' }
  const { version, encryption, publicPart } = file
  if (version !== 2 && version !== 3) return { kind: 'unusable', reason: `PuTTY's format ${version} is not known` }
  const refusal = unsupportedType(keyTypeOf(publicPart))
  if (refusal !== undefined) return { kind: 'unusable', reason: refusal }
  const isEncrypted = encryption !== 'none'
  if (isEncrypted && encryption !== 'aes256-cbc') {
    return { kind: 'unusable', reason: `its encryption ${encryption} is not known` }
  }
  if (isEncrypted && (passphrase === undefined || passphrase === '')) return { kind: 'encrypted', blob: publicPart }
  const keys =
    version === 2 ? keysOf2(passphrase ?? '', isEncrypted) : await keysOf3(file, passphrase ?? '', isEncrypted)
  if (keys === undefined) return { kind: 'unusable', reason: 'its key derivation is out of bounds' }
  const key = open(file, isEncrypted ? keys : { mac: keys.mac })
  if (key !== undefined) return { kind: 'private', key }
  return isEncrypted ? { kind: 'encrypted', blob: publicPart } : { kind: 'unusable', reason: 'it is damaged' }
}

interface PuttyFile {
  readonly version: number
  readonly type: string
  readonly encryption: string
  readonly comment: string
  readonly publicPart: Buffer
  readonly privatePart: Buffer
  readonly mac: Buffer
  readonly headers: ReadonlyMap<string, string>
}

function parse(text: string): PuttyFile | undefined {
  const lines = text.split(/\r\n|\n|\r/)
  const headers = new Map<string, string>()
  const parts = new Map<string, string>()
  for (let at = 0; at < lines.length; at += 1) {
    const [, name, value = ''] = /^([A-Za-z0-9-]+): ?(.*)$/.exec(lines[at] ?? '') ?? []
    if (name === undefined) continue
    headers.set(name, value)
    if (!name.endsWith('-Lines')) continue
    const count = Number(value)
    if (!/^\d{1,4}$/.test(value)) return undefined
    parts.set(name, lines.slice(at + 1, at + 1 + count).join(''))
    at += count
  }
  const [, version] = /^PuTTY-User-Key-File-(\d+):/.exec(text) ?? []
  const publicPart = Buffer.from(parts.get('Public-Lines') ?? '', 'base64')
  const type = headers.get(`PuTTY-User-Key-File-${version}`) ?? ''
  if (keyTypeOf(publicPart) !== type || type === '') return undefined
  return {
    version: Number(version),
    type,
    encryption: headers.get('Encryption') ?? '',
    comment: headers.get('Comment') ?? '',
    publicPart,
    privatePart: Buffer.from(parts.get('Private-Lines') ?? '', 'base64'),
    mac: Buffer.from(headers.get('Private-MAC') ?? '', 'hex'),
    headers,
  }
}

interface Keys {
  readonly cipher?: { readonly key: Buffer; readonly iv: Buffer }
  readonly mac: Buffer
}

const sha1 = (...parts: readonly (string | Buffer)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest()

function keysOf2(passphrase: string, isEncrypted: boolean): Keys {
  const secret = isEncrypted ? encodeName(passphrase) : Buffer.alloc(0)
  const key = Buffer.concat([sha1('\0\0\0\0', secret), sha1('\0\0\0\x01', secret)]).subarray(0, 32)
  return { cipher: { key, iv: Buffer.alloc(16) }, mac: sha1('putty-private-key-file-mac-key', secret) }
}

/** puttygen takes 8 MiB; more than this is no key that a person has made. */
const memoryKibMax = 1024 * 1024
const passesMax = 1000
const parallelismMax = 64
/** RFC 9106 §3.1: less is no Argon2. */
const saltBytesMin = 8
const memoryKibMinPerLane = 8

async function keysOf3({ headers }: PuttyFile, passphrase: string, isEncrypted: boolean): Promise<Keys | undefined> {
  if (!isEncrypted) return { mac: Buffer.alloc(0) }
  const number = (name: string): number => Number(headers.get(`Argon2-${name}`) ?? '')
  const [memory, passes, parallelism] = [number('Memory'), number('Passes'), number('Parallelism')]
  const within = (value: number, most: number): boolean => Number.isInteger(value) && value >= 1 && value <= most
  if (!within(memory, memoryKibMax) || !within(passes, passesMax) || !within(parallelism, parallelismMax))
    return undefined
  const salt = Buffer.from(headers.get('Argon2-Salt') ?? '', 'hex')
  if (salt.length < saltBytesMin || memory < memoryKibMinPerLane * parallelism) return undefined
  const { argon2dAsync, argon2iAsync, argon2idAsync } = await import('@noble/hashes/argon2.js')
  const derive = { Argon2d: argon2dAsync, Argon2i: argon2iAsync, Argon2id: argon2idAsync }
  const flavour = headers.get('Key-Derivation') ?? ''
  if (flavour !== 'Argon2d' && flavour !== 'Argon2i' && flavour !== 'Argon2id') return undefined
  const options = { t: passes, m: memory, p: parallelism, dkLen: 80, maxmem: 2 ** 31 - 1 }
  const derived = Buffer.from(await derive[flavour](encodeName(passphrase), salt, options))
  return { cipher: { key: derived.subarray(0, 32), iv: derived.subarray(32, 48) }, mac: derived.subarray(48) }
}

function open(
  { version, type, encryption, comment, publicPart, privatePart, mac }: PuttyFile,
  keys: Keys,
): PrivateKey | undefined {
  try {
    const plain = keys.cipher === undefined ? privatePart : decrypted(privatePart, keys.cipher)
    const signed = fields(type, encryption, encodeName(comment), publicPart, plain)
    const expected = createHmac(version === 2 ? 'sha1' : 'sha256', keys.mac)
      .update(signed)
      .digest()
    if (expected.length !== mac.length || !timingSafeEqual(expected, mac)) return undefined
    return signingKey(createPrivateKey({ key: jwkOf(type, publicPart, plain), format: 'jwk' }))
  } catch {
    return undefined
  }
}

function decrypted(bytes: Buffer, { key, iv }: NonNullable<Keys['cipher']>): Buffer {
  const cipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
  return Buffer.concat([cipher.update(bytes), cipher.final()])
}

/** Both parts in the words of RFC 7517, which Node takes. */
function jwkOf(type: string, publicPart: Buffer, plain: Buffer): JsonWebKey {
  if (type === 'ssh-rsa') return rsaJwk(publicPart, plain)
  const [secret = Buffer.alloc(0)] = readFields(plain, 1)
  if (type === 'ssh-ed25519') {
    const [, point = Buffer.alloc(0)] = readFields(publicPart, 2)
    return { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url'), d: secret.toString('base64url') }
  }
  const [, curve, point = Buffer.alloc(0)] = readFields(publicPart, 3)
  const [crv = ''] = Object.entries(curves).find(([, name]) => name === curve?.toString('latin1')) ?? []
  const size = (point.length - 1) / 2
  return {
    kty: 'EC',
    crv,
    x: point.subarray(1, 1 + size).toString('base64url'),
    y: point.subarray(1 + size).toString('base64url'),
    d: padded(secret, size).toString('base64url'),
  }
}

/** JWK also has the exponents for the Chinese remainder theorem, which PuTTY leaves out. */
function rsaJwk(publicPart: Buffer, plain: Buffer): JsonWebKey {
  const [, e, n] = readFields(publicPart, 3)
  const [d, p, q, qi] = readFields(plain, 4)
  const number = (bytes: Buffer | undefined): bigint => BigInt(`0x0${bytes?.toString('hex') ?? ''}`)
  const text = (value: bigint): string => {
    const hex = value.toString(16)
    return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
  }
  return {
    kty: 'RSA',
    n: text(number(n)),
    e: text(number(e)),
    d: text(number(d)),
    p: text(number(p)),
    q: text(number(q)),
    dp: text(number(d) % (number(p) - 1n)),
    dq: text(number(d) % (number(q) - 1n)),
    qi: text(number(qi)),
  }
}

/** A number in exactly so many bytes. */
function padded(bytes: Buffer, size: number): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const digits = first < 0 ? Buffer.alloc(0) : bytes.subarray(first)
  return Buffer.concat([Buffer.alloc(Math.max(size - digits.length, 0)), digits])
}
