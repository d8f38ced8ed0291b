import { describe, expect, test } from 'vitest'
import { fileType } from '../../src/model/attributes.ts'
import { offers, type SftpSession } from '../../src/sftp/session.ts'
import { expectUnsupported, permissions, writeFile } from './session-steps.ts'

/** What a session promises about attributes and directories. */
export function sessionTreeContract(open: () => Promise<SftpSession>): void {
  describe('attributes', () => {
    test('stat follows a link, lstat does not', async () => {
      await using session = await open()
      await session.mkdir('directory')
      await session.symlink('directory', 'link')
      expect(fileType(await session.stat('link'))).toBe('directory')
      expect(fileType(await session.lstat('link'))).toBe('symlink')
      expect(fileType(await session.lstat('directory'))).toBe('directory')
    })

    test('stat of a missing path is not_found with act, path and reason', async () => {
      await using session = await open()
      const missing = { code: 'not_found', message: 'stat a/b: no such file or directory', details: { path: 'a/b' } }
      await expect(session.stat('a/b')).rejects.toMatchObject(missing)
      await expect(session.lstat('a/b')).rejects.toMatchObject(missing)
    })

    test('setstat changes what it is given and nothing else', async () => {
      await using session = await open()
      await session.close(await writeFile(session, 'file', Buffer.from('hello')))
      await session.setstat('file', { permissions: 0o640 })
      await session.setstat('file', { times: { atime: 1_000_000_000, mtime: 1_234_567_890 } })
      await session.setstat('file', { size: 2 })
      await session.setstat('file', { times: { atime: 1_000_000_000, mtime: 1_234_567_890 } })
      const attributes = await session.stat('file')
      expect(permissions(attributes)).toBe(0o640)
      expect(attributes.size).toBe(2)
      expect(attributes.times).toEqual({ atime: 1_000_000_000, mtime: 1_234_567_890 })
    })

    test('setstat takes the owner that the file has already', async () => {
      await using session = await open()
      await session.close(await writeFile(session, 'file', Buffer.from('x')))
      const { owner } = await session.stat('file')
      expect(owner).toBeDefined()
      await session.setstat('file', owner === undefined ? {} : { owner })
      expect((await session.stat('file')).owner).toEqual(owner)
    })

    test('setstat follows a link, lsetstat does not', async () => {
      await using session = await open()
      await session.close(await writeFile(session, 'file', Buffer.from('x')))
      await session.symlink('file', 'link')
      const old = { atime: 1_000_000_000, mtime: 1_000_000_000 }
      await session.setstat('link', { times: old })
      expect((await session.stat('file')).times).toEqual(old)
      expect((await session.lstat('link')).times).not.toEqual(old)
      if (!offers(session, 'lsetstat@openssh.com')) {
        await expectUnsupported(session.lsetstat('link', {}), 'lsetstat@openssh.com')
        return
      }
      const older = { atime: 500_000_000, mtime: 500_000_000 }
      await session.lsetstat('link', { times: older })
      expect((await session.lstat('link')).times).toEqual(older)
      expect((await session.stat('file')).times).toEqual(old)
    })

    test('fstat and fsetstat are of the open file, whatever its name is now', async () => {
      await using session = await open()
      const file = await writeFile(session, 'file', Buffer.from('hello'))
      await session.rename('file', 'renamed')
      await session.fsetstat(file, { permissions: 0o604 })
      expect((await session.fstat(file)).size).toBe(5)
      expect(permissions(await session.stat('renamed'))).toBe(0o604)
    })
  })

  describe('directories', () => {
    test('a listing gives every entry once, with its attributes, then null', async () => {
      await using session = await open()
      const names = Array.from({ length: 250 }, (_, index) => `file ${index}`)
      await Promise.all(names.map(async (name) => session.close(await writeFile(session, name, Buffer.from(name)))))
      await session.mkdir('directory')
      const handle = await session.opendir('.')
      const entries = []
      for (let batch = await session.readdir(handle); batch !== null; batch = await session.readdir(handle)) {
        entries.push(...batch)
      }
      expect(await session.readdir(handle)).toBeNull()
      await session.close(handle)
      const listed = entries.filter((entry) => entry.name !== '.' && entry.name !== '..')
      expect(listed.map((entry) => entry.name).sort()).toEqual([...names, 'directory'].sort())
      for (const { name, attributes } of listed) {
        expect(fileType(attributes)).toBe(name === 'directory' ? 'directory' : 'file')
        if (name !== 'directory') expect(attributes.size).toBe(name.length)
      }
    })

    test('several readdirs in flight give every entry once, and null after the end', async () => {
      await using session = await open()
      const names = Array.from({ length: 250 }, (_, index) => `file ${index}`)
      await Promise.all(names.map(async (name) => session.close(await writeFile(session, name, Buffer.from(name)))))
      const handle = await session.opendir('.')
      const batches = await Promise.all(Array.from({ length: 300 }, () => session.readdir(handle)))
      expect(batches.at(-1)).toBeNull()
      const listed = batches.flatMap((batch) => batch ?? []).map((entry) => entry.name)
      expect(listed.filter((name) => name.startsWith('file')).sort()).toEqual(names.sort())
    })

    test('opendir of a missing path is not_found', async () => {
      await using session = await open()
      const message = 'list nowhere: no such file or directory'
      await expect(session.opendir('nowhere')).rejects.toMatchObject({ code: 'not_found', message })
    })

    test('mkdir makes a directory with its mode, and refuses one that exists', async () => {
      await using session = await open()
      await session.mkdir('directory', { permissions: 0o700 })
      const attributes = await session.lstat('directory')
      expect(fileType(attributes)).toBe('directory')
      expect(permissions(attributes)).toBe(0o700)
      await expect(session.mkdir('directory')).rejects.toMatchObject({ name: 'FerryError' })
      await expect(session.mkdir('missing/directory')).rejects.toMatchObject({ code: 'not_found' })
    })

    test('rmdir removes an empty directory and refuses a full one', async () => {
      await using session = await open()
      await session.mkdir('empty')
      await session.mkdir('full')
      await session.mkdir('full/inner')
      await session.rmdir('empty')
      await expect(session.lstat('empty')).rejects.toMatchObject({ code: 'not_found' })
      await expect(session.rmdir('full')).rejects.toMatchObject({ name: 'FerryError' })
      await expect(session.lstat('full/inner')).resolves.toBeDefined()
    })
  })
}
