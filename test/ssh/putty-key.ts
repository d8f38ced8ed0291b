import { createCipheriv, createHash, createHmac, type KeyObject } from 'node:crypto'
import { fields, multiplePrecision } from '../../src/ssh/wire-fields.ts'

const sha1 = (...parts: readonly (string | Buffer)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest()

const lines = (bytes: Buffer): string[] => bytes.toString('base64').match(/.{1,64}/g) ?? []

/** An RSA key as PuTTY's format 2 has it (appendix C of PuTTY's manual). */
export function puttyKey(key: KeyObject, passphrase = ''): string {
  const { n = '', e = '', d = '', p = '', q = '', qi = '' } = key.export({ format: 'jwk' })
  const number = (value: string): Buffer => multiplePrecision(Buffer.from(value, 'base64url'))
  const publicPart = fields('ssh-rsa', number(e), number(n))
  const plain = fields(number(d), number(p), number(q), number(qi))
  const encryption = passphrase === '' ? 'none' : 'aes256-cbc'
  // Padded with the beginning of its own hash.
  const missing = passphrase === '' ? 0 : (16 - (plain.length % 16)) % 16
  const padded = Buffer.concat([plain, sha1(plain).subarray(0, missing)])
  const comment = 'ferry-test'
  const mac = createHmac('sha1', sha1('putty-private-key-file-mac-key', passphrase))
    .update(fields('ssh-rsa', encryption, comment, publicPart, padded))
    .digest('hex')
  const stored = passphrase === '' ? padded : encrypt(padded, passphrase)
  return [
    'PuTTY-User-Key-File-2: ssh-rsa',
    `Encryption: ${encryption}`,
    `Comment: ${comment}`,
    `Public-Lines: ${lines(publicPart).length}`,
    ...lines(publicPart),
    `Private-Lines: ${lines(stored).length}`,
    ...lines(stored),
    `Private-MAC: ${mac}`,
    '',
  ].join('\r\n')
}

function encrypt(bytes: Buffer, passphrase: string): Buffer {
  const key = Buffer.concat([sha1('\0\0\0\0', passphrase), sha1('\0\0\0\x01', passphrase)]).subarray(0, 32)
  const cipher = createCipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false)
  return Buffer.concat([cipher.update(bytes), cipher.final()])
}
