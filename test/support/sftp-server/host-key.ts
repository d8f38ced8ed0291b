import { generateKeyPairSync, randomBytes } from 'node:crypto'
import ssh2 from 'ssh2'
import { keyFingerprint } from '../key-fingerprint.ts'
import { string, uint32 } from './wire.ts'

export interface HostKey {
  /** In OpenSSH's format, not encrypted. */
  readonly privateKey: string
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string
  /** `SHA256:…`, as ssh-keygen -l prints it. */
  readonly fingerprint: string
}

/** What is told of a private key in any format that ssh2 reads. */
export function hostKey(privateKey: string): HostKey {
  const key = ssh2.utils.parseKey(privateKey)
  if (key instanceof Error) throw key
  const blob = key.getPublicSSH()
  return {
    privateKey,
    publicKey: `${key.type} ${blob.toString('base64')}`,
    fingerprint: keyFingerprint(blob),
  }
}

/**
 * A new ed25519 key as OpenSSH writes one (its PROTOCOL.key). ssh2's own generator drops a leading zero byte: one of its keys in a few
 * hundred cannot be read.
 */
export function generateHostKey(): HostKey {
  const { d: seed = '', x: point = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const algorithm = 'ssh-ed25519'
  const publicBytes = Buffer.from(point, 'base64url')
  const check = randomBytes(4)
  const secret = Buffer.concat([
    check,
    check,
    string(algorithm),
    string(publicBytes),
    string(Buffer.concat([Buffer.from(seed, 'base64url'), publicBytes])),
    string(''),
  ])
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, (8 - (secret.length % 8)) % 8)
  const key = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    string('none'),
    string('none'),
    string(''),
    uint32(1),
    string(Buffer.concat([string(algorithm), string(publicBytes)])),
    string(Buffer.concat([secret, padding])),
  ])
  const lines = key.toString('base64').replace(/.{70}/g, '$&\n').trim()
  return hostKey(`-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`)
}
