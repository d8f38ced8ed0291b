import { expect, onTestFinished, test } from 'vitest'
import { openSession } from '../../src/sftp/open-session.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { ConnectionPool, type FurtherLanes } from '../../src/transfer/connection-pool.ts'
import { Lanes } from '../../src/transfer/lanes.ts'
import { TransferWindow } from '../../src/transfer/transfer-window.ts'
import { plant, servedRig, signal } from '../operations/rig.ts'
import { type ServedPair, servePair } from '../support/sftp-server/serve-pair.ts'

test('a further connection that was lost after one file is made again for the next one', async () => {
  const rig = await servedRig()
  plant(rig.there(), { a: 'content' })
  const pairs: ServedPair[] = []
  const connection = async (): Promise<SftpSession> => {
    const pair = servePair({ root: rig.there() })
    pairs.push(pair)
    return openSession(pair.channel, { timeoutMs: 30_000, signal })
  }
  const notes: string[] = []
  const more = { connection, note: (text: string) => void notes.push(text) }
  const pool = new ConnectionPool(rig.session, 'read', { connections: 2, more, signal })
  onTestFinished(() => pool[Symbol.asyncDispose]())
  const window = new TransferWindow(rig.session, 'read', {})
  /** Settles when the file is open in a session beside the first one. */
  const widened = async (further: FurtherLanes): Promise<void> => {
    const handle = await rig.session.open('/a', { read: true })
    const lanes = new Lanes({ session: rig.session, handle, window })
    await new Promise<void>((resolve) => {
      further.widen(lanes, async (session) => {
        const other = await session.open('/a', { read: true })
        resolve()
        return other
      })
    })
    while (!lanes.isSplit) await new Promise(setImmediate)
    await lanes.end()
    await rig.session.close(handle)
  }
  await widened(pool.begin(8 << 20))
  expect(pairs).toHaveLength(1)
  await widened(pool.begin(8 << 20))
  expect(pairs).toHaveLength(1)
  pairs[0]?.hangUp()
  await pairs[0]?.closed
  await widened(pool.begin(8 << 20))
  expect(pairs).toHaveLength(2)
  expect(notes).toEqual([expect.stringMatching(/^another connection could not be used: .*closed the channel/)])
})
