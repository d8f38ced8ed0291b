import { describe, expect, test } from 'vitest'
import { fileType } from '../../src/model/attributes.ts'
import { offers, type SftpSession } from '../../src/sftp/session.ts'
import { expectUnsupported, writeFile } from './session-steps.ts'

/** What a session promises about names, links and paths. */
export function sessionNameContract(open: () => Promise<SftpSession>): void {
  describe('names', () => {
    test('remove removes a file, and a link without what it points at', async () => {
      await using session = await open()
      await session.close(await writeFile(session, 'file', Buffer.from('x')))
      await session.symlink('file', 'link')
      await session.remove('link')
      await expect(session.lstat('link')).rejects.toMatchObject({ code: 'not_found' })
      await session.remove('file')
      const message = 'remove file: no such file or directory'
      await expect(session.remove('file')).rejects.toMatchObject({ code: 'not_found', message })
    })

    test('realpath gives an absolute path, and resolves what is in between', async () => {
      await using session = await open()
      const here = await session.realpath('.')
      expect(here).toMatch(/^\//)
      await session.mkdir('directory')
      expect(await session.realpath('directory/../directory')).toBe(`${here.replace(/\/$/, '')}/directory`)
    })

    test('rename moves a name and refuses an existing target', async () => {
      await using session = await open()
      await session.close(await writeFile(session, 'one', Buffer.from('1')))
      await session.rename('one', 'two')
      await expect(session.lstat('one')).rejects.toMatchObject({ code: 'not_found' })
      await session.close(await writeFile(session, 'three', Buffer.from('333')))
      const refused = session.rename('two', 'three')
      await expect(refused).rejects.toMatchObject({ message: expect.stringMatching(/^rename two three: /) })
      expect((await session.stat('three')).size).toBe(3)
      expect((await session.stat('two')).size).toBe(1)
    })

    test('posixRename replaces an existing target', async () => {
      await using session = await open()
      await session.close(await writeFile(session, 'new', Buffer.from('new!')))
      await session.close(await writeFile(session, 'old', Buffer.from('old')))
      const name = 'posix-rename@openssh.com'
      if (!offers(session, name)) {
        await expect(session.posixRename('new', 'old')).rejects.toMatchObject({ code: 'unsupported' })
        return
      }
      await session.posixRename('new', 'old')
      expect((await session.stat('old')).size).toBe(4)
      await expect(session.lstat('new')).rejects.toMatchObject({ code: 'not_found' })
      await expect(session.posixRename('new', 'old')).rejects.toMatchObject({ code: 'not_found' })
    })

    test('a symlink holds its target as it was written, whether it exists or not', async () => {
      await using session = await open()
      await session.symlink('../some where/./else', 'link')
      expect(await session.readlink('link')).toBe('../some where/./else')
      await expect(session.stat('link')).rejects.toMatchObject({ code: 'not_found' })
      await expect(session.symlink('other', 'link')).rejects.toMatchObject({ name: 'FerryError' })
      await expect(session.readlink('nowhere')).rejects.toMatchObject({ code: 'not_found' })
    })

    test('a hard link is the same file under another name', async () => {
      await using session = await open()
      await session.close(await writeFile(session, 'one', Buffer.from('1')))
      const name = 'hardlink@openssh.com'
      if (!offers(session, name)) return expectUnsupported(session.hardlink('one', 'two'), name)
      await session.hardlink('one', 'two')
      await session.setstat('one', { size: 0 })
      expect((await session.lstat('two')).size).toBe(0)
      expect(fileType(await session.lstat('two'))).toBe('file')
      await expect(session.hardlink('nowhere', 'three')).rejects.toMatchObject({ code: 'not_found' })
    })

    test.each([
      ['a newline', 'two\nlines'],
      ['quotes and blanks', ` "it's" \t`],
      ['a leading dash', '-rf'],
      ['globs and shell words', '*?[a]{b};$(x)`y`|&'],
      ['a backslash', 'a\\b'],
      ['characters of many scripts', 'Zürich – 東京 – 🚢'],
      ['bytes that are not UTF-8', 'caf\udce9 \udcff\udc80'],
    ])('a name with %s is just a name', async (_what, name) => {
      await using session = await open()
      await session.close(await writeFile(session, name, Buffer.from('x')))
      const handle = await session.opendir('.')
      const batch = await session.readdir(handle)
      expect(batch?.map((entry) => entry.name)).toContain(name)
      await session.symlink(name, 'link')
      expect(await session.readlink('link')).toBe(name)
      expect((await session.realpath(name)).endsWith(`/${name}`)).toBe(true)
      await session.remove(name)
      await expect(session.lstat(name)).rejects.toMatchObject({ code: 'not_found' })
    })

    test('a name with a NUL byte is refused, and the session lives on', async () => {
      await using session = await open()
      await expect(session.lstat('a\0b')).rejects.toMatchObject({ code: 'usage' })
      await expect(session.lstat('.')).resolves.toBeDefined()
    })

    test('a name that is longer than a packet is refused, and the session lives on', async () => {
      await using session = await open()
      await expect(session.lstat('x'.repeat(300_000))).rejects.toMatchObject({ code: 'usage' })
      await expect(session.lstat('.')).resolves.toBeDefined()
    })
  })
}
