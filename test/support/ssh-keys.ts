import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll } from 'vitest'
import { keyFingerprint } from './key-fingerprint.ts'
import { programPath } from './openssh.ts'
import { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts'

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

/** A key pair of each type for the tests of a suite; they are there in tests and hooks only. */
export function useKeyPairs(): Readonly<Record<KeyType, KeyPair>> & { readonly folder: string } {
  let folder: TemporaryDirectory | undefined
  const pairs = new Map<KeyType, KeyPair>()
  beforeAll(async () => {
    folder = await temporaryDirectory()
    const { path } = folder
    const make = async (type: KeyType): Promise<void> => void pairs.set(type, await makeKeyPair(join(path, type), type))
    await Promise.all((['ed25519', 'ecdsa', 'rsa'] as const).map(make))
  })
  afterAll(() => folder?.[Symbol.asyncDispose]())
  const there = <T>(one: T | undefined): T => {
    if (one === undefined) throw new Error('the keys are there in tests and hooks only')
    return one
  }
  return {
    get folder() {
      return there(folder).path
    },
    get ed25519() {
      return there(pairs.get('ed25519'))
    },
    get ecdsa() {
      return there(pairs.get('ecdsa'))
    },
    get rsa() {
      return there(pairs.get('rsa'))
    },
  }
}
