import { type KeyObject, sign } from 'node:crypto'
import { fields, multiplePrecision } from './wire-fields.ts'

/** A private key, and its public half as SSH sends it. */
export interface PrivateKey {
  readonly blob: Buffer
  /** A signature without the name of its algorithm, as `KeyObject` makes it: ECDSA's in DER. */
  sign(data: Buffer, algorithm: string): Buffer
  /** The key as an agent takes it, without comment (draft-miller-ssh-agent §4.2). */
  agentFields(): Buffer
}

/** The key behind a `KeyObject`, `undefined` where SSH as ferry speaks it has none of its type. */
export function signingKey(key: KeyObject): PrivateKey | undefined {
  if (!['rsa', 'ec', 'ed25519'].includes(key.asymmetricKeyType ?? '')) return undefined
  const halves = halvesOf(key)
  if (halves === undefined) return undefined
  return {
    blob: halves.blob,
    sign: (data, algorithm) => sign(hashes[algorithm] ?? null, data, key),
    agentFields: () => halves.agentFields,
  }
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

/** By their names in JWK, as SSH calls them. */
export const curves: Readonly<Record<string, string>> = {
  'P-256': 'nistp256',
  'P-384': 'nistp384',
  'P-521': 'nistp521',
}

const supportedTypes = new Set([
  'ssh-ed25519',
  'ssh-rsa',
  ...Object.values(curves).map((curve) => `ecdsa-sha2-${curve}`),
])

/** Why a key of this type cannot be used; `undefined` where it can. */
export function unsupportedType(type: string): string | undefined {
  if (supportedTypes.has(type)) return undefined
  if (type.startsWith('sk-')) return 'it is on a security key (FIDO), which needs the transport "openssh"'
  if (type === 'ssh-dss') return 'DSA keys are too weak, and no longer supported by ssh either'
  return `keys of type ${type} are not supported`
}

/** Public half (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4) and what an agent is given. */
function halvesOf(key: KeyObject): { blob: Buffer; agentFields: Buffer } | undefined {
  const {
    kty,
    crv = '',
    n = '',
    e = '',
    d = '',
    p = '',
    q = '',
    qi = '',
    x = '',
    y = '',
  } = key.export({ format: 'jwk' })
  const bytes = (value: string): Buffer => Buffer.from(value, 'base64url')
  const number = (value: string): Buffer => multiplePrecision(bytes(value))
  if (kty === 'RSA') {
    return {
      blob: fields('ssh-rsa', number(e), number(n)),
      agentFields: fields('ssh-rsa', ...[n, e, d, qi, p, q].map(number)),
    }
  }
  if (kty === 'OKP') {
    return {
      blob: fields('ssh-ed25519', bytes(x)),
      agentFields: fields('ssh-ed25519', bytes(x), Buffer.concat([bytes(d), bytes(x)])),
    }
  }
  const curve = curves[crv]
  if (curve === undefined) return undefined
  const point = Buffer.concat([Buffer.of(4), bytes(x), bytes(y)])
  const type = `ecdsa-sha2-${curve}`
  return { blob: fields(type, curve, point), agentFields: fields(type, curve, point, number(d)) }
}
