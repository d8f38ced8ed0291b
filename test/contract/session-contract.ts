import { describe, expect, test } from 'vitest'
import { offers, type SftpSession } from '../../src/sftp/session.ts'
import { sessionFileContract } from './session-file-contract.ts'
import { sessionNameContract } from './session-name-contract.ts'
import { expectUnsupported, writeFile } from './session-steps.ts'
import { sessionTreeContract } from './session-tree-contract.ts'

/**
 * What every SftpSession promises, one test for each sentence of its interface. `open` gives a session whose relative paths start
 * in an empty directory of its own; the suite disposes of it.
 */
export function sessionContract(name: string, open: () => Promise<SftpSession>): void {
  describe(`SftpSession contract: ${name}`, () => {
    sessionFileContract(open)
    sessionTreeContract(open)
    sessionNameContract(open)

    describe('extensions', () => {
      test('statvfs tells size and room of the file system', async () => {
        await using session = await open()
        const name = 'statvfs@openssh.com'
        if (!offers(session, name)) return expectUnsupported(session.statvfs('.'), name)
        const statistics = await session.statvfs('.')
        expect(statistics.fragmentSize).toBeGreaterThan(0)
        expect(statistics.blocks).toBeGreaterThanOrEqual(statistics.blocksFree)
        expect(statistics.blocksFree).toBeGreaterThanOrEqual(statistics.blocksAvailable)
        expect(statistics.nameLengthMax).toBeGreaterThanOrEqual(255)
        expect(statistics.readOnly).toBe(false)
        await expect(session.statvfs('nowhere')).rejects.toMatchObject({ code: 'not_found' })
      })

      test('fsync settles once the file is stored', async () => {
        await using session = await open()
        const file = await writeFile(session, 'file', Buffer.from('x'))
        const name = 'fsync@openssh.com'
        if (!offers(session, name)) return expectUnsupported(session.fsync(file), name)
        await expect(session.fsync(file)).resolves.toBeUndefined()
      })

      test('copyData copies a range, and with length 0 all that follows', async () => {
        await using session = await open()
        const from = await writeFile(session, 'from', Buffer.from('0123456789'))
        const to = await session.open('to', { read: true, write: true, create: true })
        if (!offers(session, 'copy-data')) return expectUnsupported(session.copyData(from, 0, 0, to, 0), 'copy-data')
        await session.copyData(from, 2, 3, to, 0)
        expect(await session.read(to, 0, 100)).toEqual(Buffer.from('234'))
        await session.copyData(from, 5, 0, to, 1)
        expect(await session.read(to, 0, 100)).toEqual(Buffer.from('256789'))
      })

      test('expandPath knows the home directory', async () => {
        await using session = await open()
        const name = 'expand-path@openssh.com'
        if (!offers(session, name)) return expectUnsupported(session.expandPath('~'), name)
        const home = await session.expandPath('~')
        expect(home).toMatch(/^\//)
        expect(await session.expandPath('~/x')).toBe(`${home.replace(/\/$/, '')}/x`)
      })

      test('usersGroupsById gives names in the order of the ids, and "" for unknown ones', async () => {
        await using session = await open()
        const name = 'users-groups-by-id@openssh.com'
        if (!offers(session, name)) return expectUnsupported(session.usersGroupsById([0], []), name)
        expect(await session.usersGroupsById([4_000_000_000, 0], [0, 4_000_000_000, 0])).toEqual({
          users: ['', 'root'],
          groups: ['root', '', 'root'],
        })
        expect(await session.usersGroupsById([], [])).toEqual({ users: [], groups: [] })
      })
    })

    describe('the end', () => {
      test('disposing settles what is in flight, and everything later is connection_lost', async () => {
        const session = await open()
        const inFlight = Array.from({ length: 50 }, () => session.lstat('.'))
        const settled = Promise.allSettled(inFlight)
        await session[Symbol.asyncDispose]()
        for (const result of await settled) {
          if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'connection_lost' })
        }
        await expect(session.lstat('.')).rejects.toMatchObject({
          code: 'connection_lost',
          message: 'stat .: the session was closed',
        })
      })

      test('disposing twice is as good as once', async () => {
        const session = await open()
        await session[Symbol.asyncDispose]()
        await expect(session[Symbol.asyncDispose]()).resolves.toBeUndefined()
      })
    })
  })
}
