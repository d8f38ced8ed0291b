import { createHash } from 'node:crypto'
import { keyTypeOf } from './known-hosts.ts'

/** `SHA256:…` of a public key, as ssh-keygen -l prints it. */
export const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

const names: Readonly<Record<string, string>> = {
  'ssh-ed25519': 'ED25519',
  'ssh-rsa': 'RSA',
  'ssh-dss': 'DSA',
  'ecdsa-sha2-nistp256': 'ECDSA',
  'ecdsa-sha2-nistp384': 'ECDSA',
  'ecdsa-sha2-nistp521': 'ECDSA',
}

/** Type and fingerprint of a public key, for people: `ED25519 SHA256:…`. */
export function describeKey(key: Buffer): string {
  const type = keyTypeOf(key)
  return `${names[type] ?? type} ${fingerprintOf(key)}`
}

/** The bits of an RSA key's modulus (RFC 4253 §6.6: type, e, n); `undefined` for keys of other types. */
export function rsaBitsOf(key: Buffer): number | undefined {
  if (keyTypeOf(key) !== 'ssh-rsa') return undefined
  let at = 4 + 'ssh-rsa'.length
  if (key.length < at + 4) return 0
  at += 4 + key.readUInt32BE(at)
  if (key.length < at + 4) return 0
  const modulus = key.subarray(at + 4, at + 4 + key.readUInt32BE(at))
  const first = modulus.findIndex((byte) => byte !== 0)
  return first < 0 ? 0 : (modulus.length - first) * 8 - Math.clz32(modulus[first] ?? 0) + 24
}
