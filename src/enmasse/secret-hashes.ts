import { secretFields } from '../model/connection.ts'
import type { Manifest } from '../model/manifest.ts'
import type { LiteralSecret } from '../model/secret.ts'
import { secretHash } from '../secrets/seal.ts'
import type { SealingKeys } from '../secrets/sealing-keys.ts'
import type { SecretHash } from './differences.ts'

/** The hashes of all texts that these manifests want sealed, made before a plan, which waits for nothing. */
export async function secretHashes(manifests: readonly Manifest[], keys: SealingKeys): Promise<SecretHash> {
  const hashes = new Map<LiteralSecret, string | undefined>()
  for (const { value } of manifests.flatMap(({ connections }) => connections)) {
    for (const field of secretFields) {
      const secret = value[field]
      if (secret !== undefined && 'literal' in secret) hashes.set(secret, await secretHash(secret, keys))
    }
  }
  return (secret) => hashes.get(secret)
}
