import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { keyFingerprint } from './key-fingerprint.ts'
import { programPath } from './openssh.ts'

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa'

export interface KeyPair {
  /** Of the private key, in OpenSSH's format; the public key is beside it, with `.pub`. */
  readonly file: string
  /** `ssh-ed25519 AAAA…`, without comment. */
  readonly publicKey: string
  /** `SHA256:…`, as ssh-keygen -l prints it. */
  readonly fingerprint: string
}

/** Makes a key pair with ssh-keygen. */
export async function makeKeyPair(file: string, type: KeyType = 'ed25519', passphrase = ''): Promise<KeyPair> {
  const comment = 'ferry-test'
  await promisify(execFile)(programPath('ssh-keygen'), ['-q', '-t', type, '-N', passphrase, '-C', comment, '-f', file])
  const [algorithm = '', blob = ''] = (await readFile(`${file}.pub`, 'utf8')).split(' ')
  return { file, publicKey: `${algorithm} ${blob}`, fingerprint: keyFingerprint(Buffer.from(blob, 'base64')) }
}
