import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readKeyText } from '../../src/ssh/private-key.ts'
import { puttyKey } from './putty-key.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const data = Buffer.from('to be signed')

describe("PuTTY's format 2", () => {
  test.each(['', 'open sesame'])('is read with the passphrase %j', (passphrase) => {
    const read = readKeyText(puttyKey(rsa.privateKey, passphrase), passphrase)
    if (read.kind !== 'private') throw new Error(`it is ${read.kind}`)
    const signature = read.key.sign(data, 'rsa-sha2-256')
    expect(verify('sha256', data, createPublicKey(rsa.privateKey), signature)).toBe(true)
  })

  test('tells its public half without a passphrase, and with a wrong one', () => {
    const plain = readKeyText(puttyKey(rsa.privateKey))
    if (plain.kind !== 'private') throw new Error(`it is ${plain.kind}`)
    const expected = { kind: 'encrypted', blob: plain.key.blob }
    expect(readKeyText(puttyKey(rsa.privateKey, 'right'))).toEqual(expected)
    expect(readKeyText(puttyKey(rsa.privateKey, 'right'), 'wrong')).toEqual(expected)
  })

  test('of a later kind says how to convert it', () => {
    expect(readKeyText('PuTTY-User-Key-File-3: ssh-ed25519\n')).toEqual({
      kind: 'unusable',
      reason: expect.stringContaining('puttygen'),
    })
  })
})

test.each([
  ['dsa', generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).privateKey],
  ['ed448', generateKeyPairSync('ed448').privateKey],
  ['ec', generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey],
])('a key of type %s is not supported', (type, key) => {
  const text = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  expect(readKeyText(text)).toEqual({ kind: 'unusable', reason: `keys of type ${type} are not supported` })
})

test('a PEM that is encrypted wants its passphrase', () => {
  const text = rsa.privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' })
    .toString()
  expect(readKeyText(text)).toEqual({ kind: 'encrypted' })
  expect(readKeyText(text, 'wrong')).toEqual({ kind: 'encrypted' })
  expect(readKeyText(text, 'right')).toMatchObject({ kind: 'private' })
})

test('text around a key does not hide it', () => {
  const text = `Bag Attributes\n${rsa.privateKey.export({ type: 'pkcs1', format: 'pem' })}\n\n`
  expect(readKeyText(text)).toMatchObject({ kind: 'private' })
})

test('whatever a file holds, reading it says what it is', () => {
  const begin = fc.constantFrom(
    '',
    '-----BEGIN OPENSSH PRIVATE KEY-----\n',
    '-----BEGIN PRIVATE KEY-----\n',
    'ssh-rsa ',
  )
  const body = fc.oneof(
    fc.string(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('base64')),
    fc.uint8Array().map((bytes) => Buffer.concat([Buffer.from('openssh-key-v1\0'), bytes]).toString('base64')),
  )
  const end = fc.constantFrom('', '\n-----END OPENSSH PRIVATE KEY-----\n', '\n-----END PRIVATE KEY-----\n')
  fc.assert(
    fc.property(begin, body, end, (...parts) => {
      expect(['public', 'encrypted', 'unusable']).toContain(readKeyText(parts.join('')).kind)
    }),
  )
})
