import { expect, onTestFinished, test } from 'vitest'
import { remotePath } from '../../src/model/remote-path.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { readDirectory } from '../../src/transfer/read-directory.ts'
import { plant, servedRig, signal } from '../operations/rig.ts'
import { reconnecting } from '../sftp/reconnecting.ts'
import { meanwhile, status } from '../support/sftp-server/acts.ts'
import type { Fault } from '../support/sftp-server/faults.ts'
import { servePair } from '../support/sftp-server/serve-pair.ts'

/** A directory of so many files, in batches of ten. */
async function listed(files: number): Promise<string> {
  const rig = await servedRig()
  plant(rig.there(), Object.fromEntries(Array.from({ length: files }, (_, index) => [`d/${index}`, ''])))
  return rig.there()
}

async function namesOf(session: SftpSession): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of readDirectory(session, remotePath('/d'), { signal })) names.push(name)
  return names
}

// promise: retry-any-byte
test('wherever the connection is cut, a listing that goes on has every name once', async () => {
  const root = await listed(150)
  for (let cut = 300; cut <= 14_000; cut += 211) {
    const { session } = await reconnecting({ root, batch: 10, cuts: [cut] })
    const names = await namesOf(session)
    expect([names.length, new Set(names).size], `cut after ${cut} bytes`).toEqual([150, 150])
  }
})

test('a READDIR that is refused beside others and repeated alone comes to the end before them, and no name is lost', async () => {
  const root = await listed(40)
  for (let before = 1; before <= 6; before += 1) {
    const faults: Fault[] = [
      { on: 'readdir', times: before, act: meanwhile(() => undefined) },
      { on: 'readdir', times: 1, act: status(4) },
    ]
    const { channel } = servePair({ root, extensions: {}, batch: 10, faults })
    const session = await openSession(channel, { timeoutMs: 30_000, signal })
    onTestFinished(() => session[Symbol.asyncDispose]())
    expect(await namesOf(session), `after ${before}`).toHaveLength(40)
  }
})

test('a server that refuses what is asked beyond the end has listed all', async () => {
  const root = await listed(40)
  let ended = false
  const end = meanwhile(() => {
    ended = true
  })
  // Five batches of names, as . and .. are among them, and the end.
  const faults: Fault[] = [
    { on: 'readdir', times: 6, act: end },
    { on: 'readdir', act: status(4) },
  ]
  const { channel } = servePair({ root, batch: 10, faults })
  const session = await openSession(channel, { timeoutMs: 30_000, signal })
  onTestFinished(() => session[Symbol.asyncDispose]())
  expect(await namesOf(session)).toHaveLength(40)
  expect(ended).toBe(true)
})
