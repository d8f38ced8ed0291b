import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { openSecret } from '../../src/secrets/open-secret.ts'
import { parseSecret } from '../../src/secrets/parse-secret.ts'
import { expandReferences } from '../../src/secrets/references.ts'
import { seal } from '../../src/secrets/seal.ts'
import { sealingKeys } from '../../src/secrets/sealing-keys.ts'
import { splitWords } from '../../src/secrets/split-words.ts'
import { aMegabyteOf, madeOf, readOrRefused, spoiled } from '../support/hostile-text.ts'

const identity = 'AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX'
const keysOf = (text: string) => sealingKeys({ environment: { FERRY_KEY: text }, mayCreate: false })
const { signal } = new AbortController()

// promise: any-text
test('a sealed secret that was spoiled is refused by name, or gives what was sealed', async () => {
  const { sealed } = await seal({ literal: 's3cret' }, keysOf(identity))
  await fc.assert(
    fc.asyncProperty(fc.oneof(spoiled(sealed), fc.string()), fc.boolean(), async (text, template) => {
      const secret = { sealed: text, ...(template && { template: true as const }) }
      const context = { environment: {}, keys: keysOf(identity), signal }
      const opened = await readOrRefused(() => openSecret(secret, 'password of bank', context))
      if (!(opened instanceof FerryError)) {
        expect(opened).toBe('s3cret')
        return
      }
      expect(opened).toMatchObject({
        code: 'authentication_failed',
        message: expect.stringMatching(/^password of bank: /),
      })
    }),
  )
})

// promise: any-text
test('any text in FERRY_KEY is a key or is refused, and is never repeated', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(spoiled(identity), fc.string({ minLength: 1 })), async (text) => {
      const sealed = await readOrRefused(() => seal({ literal: 'x' }, keysOf(text)))
      if (sealed instanceof FerryError && text.length > 40) expect(sealed.message).not.toContain(text.slice(20, 40))
    }),
  )
})

// promise: any-text
test('any value is a secret or none, and a text with references is read once', () => {
  const text = madeOf('${', '}', '$', 'env:', 'A', ':-', '$$', '{', 'file:', 'command:')
  fc.assert(
    fc.property(fc.oneof(text, fc.jsonValue()), text, (value, template) => {
      const secret = parseSecret(value)
      if (secret !== undefined) expect(typeof secret).toBe('object')
      const { text: expanded, missing } = expandReferences(template, { A: '${A}' })
      expect(typeof expanded).toBe('string')
      expect(missing).not.toContain('A')
    }),
  )
})

// promise: any-text
test.each(['${', '$', '$${', '${A', '${A:-', '"', "'", '\\', ' ', 'a '])('a megabyte of %j is read', (piece) => {
  expect(typeof expandReferences(aMegabyteOf(piece), {}).text).toBe('string')
  splitWords(aMegabyteOf(piece))
})
