import { copyFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { loadIdentities } from '../../src/ssh/identities.ts'
import { KeyMemory } from '../../src/ssh/key-memory.ts'
import type { KeyText } from '../../src/ssh/private-key.ts'
import { resolveSettings } from '../../src/ssh/resolve-settings.ts'
import { useKeyPairs } from '../support/ssh-keys.ts'
import { Bench } from './connecting.ts'

describe('a key that is remembered', () => {
  const keys = useKeyPairs()

  test('is read once, and again where its text or its passphrase is another one', async () => {
    const memory = new KeyMemory()
    const asked: (string | undefined)[][] = []
    const read = async (...words: (string | undefined)[]): Promise<KeyText> => {
      asked.push(words)
      return { kind: 'unusable', reason: words.join() }
    }
    const first = await memory.recall('text', undefined, read)
    expect(await memory.recall('text', undefined, read)).toBe(first)
    await memory.recall('text', 'right', read)
    await memory.recall('text', 'wrong', read)
    await memory.recall('textright', undefined, read)
    expect(asked).toEqual([
      ['text', undefined],
      ['text', 'right'],
      ['text', 'wrong'],
      ['textright', undefined],
    ])
  })

  test('is read again where reading it failed', async () => {
    const memory = new KeyMemory()
    const failing = memory.recall('text', undefined, () => Promise.reject(new Error('gone')))
    await expect(failing).rejects.toThrow('gone')
    const read = async (): Promise<KeyText> => ({ kind: 'unusable', reason: 'read' })
    expect(await memory.recall('text', undefined, read)).toEqual({ kind: 'unusable', reason: 'read' })
  })

  // promise: current-files
  test('is not taken for another one that has come to its path', async () => {
    await using bench = await Bench.open()
    const memory = new KeyMemory()
    const path = await bench.write('.ssh/id_one', '')
    const blobs: string[] = []
    for (const { file } of [keys.ed25519, keys.ed25519, keys.ecdsa]) {
      await copyFile(file, path)
      const settings = await resolveSettings(
        {
          connection: { name: 'bank', host: 'h', ssh_config_file: 'none', identity_file: path },
          overrides: {},
          environment: { HOME: bench.home },
          openSecret: async () => '',
          keys: memory,
        },
        new AbortController().signal,
      )
      if (settings.transport !== 'ssh') throw new Error(settings.transport)
      const [identity] = await loadIdentities(settings, { note: () => undefined }, new AbortController().signal)
      blobs.push(identity?.blob.toString('base64') ?? '')
    }
    const [ed25519, ecdsa] = [keys.ed25519, keys.ecdsa].map(({ publicKey }) => publicKey.split(' ')[1])
    expect(blobs).toEqual([ed25519, ed25519, ecdsa])
  })
})
