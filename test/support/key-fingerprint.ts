import { createHash } from 'node:crypto'

/** `SHA256:…` of a public key's blob, as ssh-keygen -l prints it. */
export function keyFingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}
