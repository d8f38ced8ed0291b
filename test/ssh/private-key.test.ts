import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readKeyText } from '../../src/ssh/private-key.ts'
import { puttyKey } from './putty-key.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const data = Buffer.from('to be signed')
const passphrase = 'open sesame'
const puttyFile = (name: string): Promise<string> =>
  readFile(new URL(`putty-keys/${name}.ppk`, import.meta.url), 'utf8')

describe("PuTTY's format 2", () => {
  test.each(['', passphrase])('is read with the passphrase %j', async (phrase) => {
    const read = await readKeyText(puttyKey(rsa.privateKey, phrase), phrase)
    if (read.kind !== 'private') throw new Error(`it is ${read.kind}`)
    const signature = read.key.sign(data, 'rsa-sha2-256')
    expect(verify('sha256', data, createPublicKey(rsa.privateKey), signature)).toBe(true)
  })

  test('tells its public half without a passphrase, and with a wrong one', async () => {
    const plain = await readKeyText(puttyKey(rsa.privateKey))
    if (plain.kind !== 'private') throw new Error(`it is ${plain.kind}`)
    const expected = { kind: 'encrypted', blob: plain.key.blob }
    expect(await readKeyText(puttyKey(rsa.privateKey, 'right'))).toEqual(expected)
    expect(await readKeyText(puttyKey(rsa.privateKey, 'right'), 'wrong')).toEqual(expected)
  })
})

describe('a key made by puttygen', () => {
  test.each([
    ['ed25519-3-argon2id', 'ssh-ed25519'],
    ['ecdsa256-3-argon2i', 'ecdsa-sha2-nistp256'],
    ['ecdsa384-3-argon2d', 'ecdsa-sha2-nistp384'],
    ['rsa-3-argon2id', 'ssh-rsa'],
    ['ecdsa521-2', 'ecdsa-sha2-nistp521'],
    ['ed25519-2-plain', 'ssh-ed25519'],
    ['rsa-3-plain', 'ssh-rsa'],
    ['ecdsa256-3-plain', 'ecdsa-sha2-nistp256'],
  ])('%s gives the private half of what it says is its public one', async (name, type) => {
    const text = await puttyFile(name)
    const [, base64 = ''] = /^Public-Lines: \d+\r?\n([^:]*\n)[A-Z]/m.exec(text) ?? []
    const blob = Buffer.from(base64, 'base64')
    expect(blob.toString('latin1')).toContain(type)
    if (!name.endsWith('plain')) {
      expect(await readKeyText(text)).toEqual({ kind: 'encrypted', blob })
      expect(await readKeyText(text, 'wrong')).toEqual({ kind: 'encrypted', blob })
    }
    // Its own public half is computed from the private one by OpenSSL.
    expect(await readKeyText(text, passphrase)).toMatchObject({ kind: 'private', key: { blob } })
  })

  test('that somebody has changed is damaged', async () => {
    const text = await puttyFile('ed25519-2-plain')
    expect(await readKeyText(text.replace('Comment: ', 'Comment: not '))).toEqual({
      kind: 'unusable',
      reason: 'it is damaged',
    })
  })

  test.each([
    ['too much memory', /Argon2-Memory: \d+/, 'Argon2-Memory: 4294967295'],
    ['less memory than its lanes need', /Argon2-Memory: \d+/, 'Argon2-Memory: 1'],
    ['a salt that is too short', /Argon2-Salt: [0-9a-f]+/, 'Argon2-Salt: 0123'],
  ])('whose derivation has %s is refused before it is tried', async (_what, header, instead) => {
    const text = (await puttyFile('rsa-3-argon2id')).replace(header, instead)
    expect(await readKeyText(text, passphrase)).toEqual({
      kind: 'unusable',
      reason: 'its key derivation is out of bounds',
    })
  })

  test('of a later format is not taken for an older one', async () => {
    const text = (await puttyFile('ed25519-2-plain')).replace('File-2', 'File-4')
    expect(await readKeyText(text)).toEqual({ kind: 'unusable', reason: "PuTTY's format 4 is not known" })
  })
})

test.each([
  [
    'dsa',
    generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey,
    'DSA keys are too weak, and no longer supported by ssh either',
  ],
  ['ed448', generateKeyPairSync('ed448').privateKey, 'keys of type ed448 are not supported'],
  ['ec', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey, 'keys of type ec are not supported'],
])('a key of type %s is refused, and why is said', async (_type, key, reason) => {
  const text = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  expect(await readKeyText(text)).toEqual({ kind: 'unusable', reason })
})

test('a key on a security key says which transport can use it', async () => {
  const type = 'sk-ssh-ed25519@openssh.com'
  const field = (text: string): Buffer => Buffer.concat([Buffer.of(0, 0, 0, text.length), Buffer.from(text)])
  const body = [field('none'), field('none'), field(''), Buffer.of(0, 0, 0, 1)]
  const blob = field(type)
  const container = Buffer.concat([Buffer.from('openssh-key-v1\0'), ...body, Buffer.of(0, 0, 0, blob.length), blob])
  const text = `-----BEGIN OPENSSH PRIVATE KEY-----\n${container.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`
  expect(await readKeyText(text)).toEqual({
    kind: 'unusable',
    reason: 'it is on a security key (FIDO), which needs the transport "openssh"',
  })
})

test('a PEM that is encrypted wants its passphrase', async () => {
  const text = rsa.privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' })
    .toString()
  expect(await readKeyText(text)).toEqual({ kind: 'encrypted' })
  expect(await readKeyText(text, 'wrong')).toEqual({ kind: 'encrypted' })
  expect(await readKeyText(text, 'right')).toMatchObject({ kind: 'private' })
})

test('text around a key does not hide it', async () => {
  const text = `Bag Attributes\n${rsa.privateKey.export({ type: 'pkcs1', format: 'pem' })}\n\n`
  expect(await readKeyText(text)).toMatchObject({ kind: 'private' })
})

test('whatever a file holds, reading it says what it is', async () => {
  const begin = fc.constantFrom(
    '',
    '-----BEGIN OPENSSH PRIVATE KEY-----\n',
    '-----BEGIN PRIVATE KEY-----\n',
    'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nPublic-Lines: 1\n',
    'ssh-rsa ',
  )
  const body = fc.oneof(
    fc.string(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
    fc.uint8Array().map((bytes) => Buffer.concat([Buffer.from('openssh-key-v1\0'), bytes]).toString('base64')),
  )
  const end = fc.constantFrom('', '\n-----END OPENSSH PRIVATE KEY-----\n', '\n-----END PRIVATE KEY-----\n')
  await fc.assert(
    fc.asyncProperty(begin, body, end, async (...parts) => {
      expect(['public', 'encrypted', 'unusable']).toContain((await readKeyText(parts.join(''))).kind)
    }),
  )
})
