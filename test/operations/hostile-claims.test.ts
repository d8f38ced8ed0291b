import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { remotePath } from '../../src/model/remote-path.ts'
import { download } from '../../src/operations/download.ts'
import { listEntries } from '../../src/operations/list-entries.ts'
import { attributes, listing } from '../support/sftp-server/acts.ts'
import { namesIn, plant, servedRig, signal } from './rig.ts'

const file = (name: string) => ({ name, attributes: { permissions: 0o100644, size: 5 } })

// promise: claims-checked
test('a name of a mebibyte ends the session, before it is there', async () => {
  const { session, there } = await servedRig({ faults: [{ on: 'readdir', act: listing(file('n'.repeat(2 ** 20))) }] })
  plant(there(), { 'd/good': 'g' })
  await expect(listEntries(session, remotePath('/d'), { signal })).rejects.toMatchObject({ code: 'protocol_error' })
})

// promise: one-name
test('a name that is longer than names can be here is one failure among the rest', async () => {
  const { session, there, here } = await servedRig({
    faults: [{ on: 'readdir', path: '/d', times: 1, act: listing(file('n'.repeat(5000))) }],
  })
  plant(there(), { 'd/good': 'g' })
  const { failures } = await download(session, [remotePath('/d')], here('d'), { signal })
  expect(failures).toHaveLength(1)
  expect(namesIn(here())).toEqual(['d', 'd/good'])
})

// promise: bytes-stay-bytes
test('a name that is listed again is refused, and the first one is whole', async () => {
  const { session, there, here } = await servedRig({
    faults: [{ on: 'readdir', path: '/d', times: 1, act: listing(file('a'), file('a'), file('a')) }],
  })
  plant(there(), { 'd/a': 'aaaaa' })
  const { failures, files } = await download(session, [remotePath('/d')], here('d'), { signal })
  // The honest listing that follows has it once more.
  expect([failures.length, files]).toEqual([3, 1])
  expect(readFileSync(here('d/a'), 'utf8')).toBe('aaaaa')
})

// promise: claims-checked
test('a file that claims a pebibyte takes no room, and keeps the old one', async () => {
  const { session, there, here } = await servedRig({
    faults: [{ on: ['lstat', 'stat', 'fstat'], act: attributes((honest) => ({ ...honest, size: 2 ** 50 })) }],
  })
  plant(there(), { f: 'aaaaa' })
  writeFileSync(here('f'), 'old')
  await expect(download(session, [remotePath('/f')], here('f'), { signal })).rejects.toMatchObject({
    message: expect.stringMatching(/: it ended after 5 of 1125899906842624 bytes/),
  })
  expect(namesIn(here())).toEqual(['f'])
  expect(readFileSync(here('f'), 'utf8')).toBe('old')
})
