import { describe, expect, test } from 'vitest'
import type { SftpSession } from '../../src/sftp/session.ts'
import { permissions, writeFile } from './session-steps.ts'

/** What a session promises about files and their bytes. */
export function sessionFileContract(open: () => Promise<SftpSession>): void {
  describe('files', () => {
    test('what was written is read back, at any offset', async () => {
      await using session = await open()
      const file = await session.open('file', { read: true, write: true, create: true })
      await session.write(file, 0, Buffer.from('hello world'))
      await session.write(file, 6, Buffer.from('there'))
      expect(await session.read(file, 0, 100)).toEqual(Buffer.from('hello there'))
      expect(await session.read(file, 6, 3)).toEqual(Buffer.from('the'))
      await session.close(file)
    })

    test('a read never gives more than was asked for, and null only at the end of the file', async () => {
      await using session = await open()
      const content = Buffer.alloc(100_000, 'abcdefghij')
      const file = await writeFile(session, 'file', content)
      const parts: Buffer[] = []
      for (let offset = 0; ; ) {
        const part = await session.read(file, offset, 30_000)
        if (part === null) break
        expect(part.length).toBeGreaterThan(0)
        expect(part.length).toBeLessThanOrEqual(30_000)
        parts.push(part)
        offset += part.length
      }
      expect(Buffer.concat(parts).equals(content)).toBe(true)
      expect(await session.read(file, 200_000, 10)).toBeNull()
    })

    test('a read of an empty file is null', async () => {
      await using session = await open()
      const file = await session.open('empty', { read: true, write: true, create: true })
      expect(await session.read(file, 0, 10)).toBeNull()
    })

    test('a request of the largest size that the limits allow is taken', async () => {
      await using session = await open()
      const { read, write } = session.limits
      expect(read).toBeGreaterThan(0)
      expect(write).toBeGreaterThan(0)
      expect(Math.max(read, write)).toBeLessThanOrEqual(261_120)
      expect(session.limits.packet).toBeLessThanOrEqual(256 * 1024)
      const file = await session.open('big', { read: true, write: true, create: true })
      await session.write(file, 0, Buffer.alloc(write, 'x'))
      expect((await session.fstat(file)).size).toBe(write)
      expect((await session.read(file, 0, read))?.length).toBeGreaterThan(0)
    })

    test('offsets and sizes beyond 4 GiB are exact', async () => {
      await using session = await open()
      const file = await session.open('sparse', { read: true, write: true, create: true })
      const offset = 5 * 2 ** 30 + 3
      await session.write(file, offset, Buffer.from('far'))
      expect((await session.fstat(file)).size).toBe(offset + 3)
      expect(await session.read(file, offset, 10)).toEqual(Buffer.from('far'))
    })

    test('without "create" a missing file is not_found, and the session lives on', async () => {
      await using session = await open()
      await expect(session.open('nowhere', { read: true })).rejects.toMatchObject({ code: 'not_found' })
      await expect(session.lstat('.')).resolves.toBeDefined()
    })

    test('"exclusive" fails where the name exists and leaves the file alone', async () => {
      await using session = await open()
      await session.close(await session.open('new', { write: true, create: true, exclusive: true }))
      await session.close(await writeFile(session, 'old', Buffer.from('old')))
      const again = session.open('old', { write: true, create: true, exclusive: true })
      await expect(again).rejects.toMatchObject({ name: 'FerryError', message: expect.stringMatching(/^open old: /) })
      expect((await session.stat('old')).size).toBe(3)
    })

    test('"truncate" empties a file, and without it the rest stays', async () => {
      await using session = await open()
      await session.close(await writeFile(session, 'file', Buffer.from('hello')))
      const kept = await session.open('file', { write: true })
      await session.write(kept, 0, Buffer.from('J'))
      await session.close(kept)
      expect((await session.stat('file')).size).toBe(5)
      await session.close(await session.open('file', { write: true, truncate: true }))
      expect((await session.stat('file')).size).toBe(0)
    })

    test('"append" writes at the end, whatever the offset', async () => {
      await using session = await open()
      await session.close(await writeFile(session, 'log', Buffer.from('one ')))
      const file = await session.open('log', { write: true, append: true })
      await session.write(file, 0, Buffer.from('two'))
      await session.close(file)
      const read = await session.open('log', { read: true })
      expect(await session.read(read, 0, 100)).toEqual(Buffer.from('one two'))
    })

    test('a file is made with the mode that was asked for', async () => {
      await using session = await open()
      await session.close(await session.open('private', { write: true, create: true }, { permissions: 0o600 }))
      expect(permissions(await session.stat('private'))).toBe(0o600)
    })

    test('a closed handle is refused, and the session lives on', async () => {
      await using session = await open()
      const file = await writeFile(session, 'file', Buffer.from('x'))
      await session.close(file)
      await expect(session.read(file, 0, 1)).rejects.toMatchObject({ name: 'FerryError' })
      await expect(session.close(file)).rejects.toMatchObject({ name: 'FerryError' })
      await expect(session.lstat('file')).resolves.toBeDefined()
    })

    test('hundreds of requests at once are each given their own answer', async () => {
      await using session = await open()
      const file = await session.open('file', { read: true, write: true, create: true })
      const blocks = Array.from({ length: 300 }, (_, index) => Buffer.alloc(1000, String(index).padStart(4, '0')))
      await Promise.all(blocks.map((block, index) => session.write(file, index * 1000, block)))
      const read = await Promise.all(blocks.map((_, index) => session.read(file, index * 1000, 1000)))
      expect(read.every((block, index) => block?.equals(blocks[index] ?? Buffer.alloc(0)))).toBe(true)
    })
  })
}
