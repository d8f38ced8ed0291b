import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SftpSession } from '../../src/sftp/session.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { memoryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts'
import { clear, type FerryOutcome, type Outcome, openLocalSession, runFerry, runSftp, seed } from './twin-trees.ts'

let directory: TemporaryDirectory
let session: SftpSession

/** What sftp and ferry make of a script, each in a tree of its own. */
async function both(
  script: string,
  prepare: (root: string) => void = () => undefined,
): Promise<{ theirs: Outcome; ours: FerryOutcome }> {
  const [theirRoot, ourRoot] = [join(directory.path, 'a'), join(directory.path, 'b')]
  for (const root of [theirRoot, ourRoot]) {
    clear(root)
    mkdirSync(root)
    seed(root)
    prepare(root)
  }
  return { theirs: await runSftp(theirRoot, script), ours: await runFerry(session, ourRoot, script) }
}

const has = ({ tree }: Outcome, start: string): boolean => tree.some((line) => line.startsWith(start))

/** Holds the list of docs/script-language.md; what is not here is no matter of a script's text, and is tested where it is made. */
describeWithSshd('where ferry differs from OpenSSH 9.2 on purpose', () => {
  beforeAll(async () => {
    directory = await memoryDirectory()
    session = await openLocalSession()
  })

  afterAll(async () => {
    await session[Symbol.asyncDispose]()
    for (const side of ['a', 'b']) clear(join(directory.path, side))
    await directory[Symbol.asyncDispose]()
  })

  test('a line has no longest length', async () => {
    const { theirs, ours } = await both(`ls -1 a.txt # ${'x'.repeat(3000)}`)
    expect([theirs.ok, ours.ok]).toEqual([false, true])
    expect(ours.output).toBe('a.txt\n')
  })

  test('braces of which some match nothing list what matches', async () => {
    const { theirs, ours } = await both('ls -1 {a.txt,nosuch}')
    expect([theirs.ok, ours.ok, ours.output]).toEqual([false, true, 'a.txt\n'])
  })

  test('ls -n shows numbers', async () => {
    const { theirs, ours } = await both('ls -ln a.txt')
    const { uid, gid } = statSync(join(directory.path, 'b/remote/a.txt'))
    const numbers = new RegExp(`^-rw-r--r-- +\\? +${uid} +${gid} `)
    expect(ours.output).toMatch(numbers)
    expect(theirs.output).not.toMatch(numbers)
  })

  test('a backslash at the end of a line is an open quote', async () => {
    const { theirs, ours } = await both('mkdir a\\')
    expect([theirs.ok, has(theirs, 'remote/a/')]).toEqual([true, true])
    expect(ours.error).toMatchObject({ code: 'script_invalid' })
    expect(ours.error?.details.errors).toMatchObject([{ message: 'unterminated quoted argument' }])
  })

  test('".." as a source lands in the destination itself', async () => {
    const { theirs, ours } = await both('cd dir/sub\nget -r .. ldir2')
    expect([ours.ok, has(ours, 'local/ldir2/one '), has(ours, 'local/one ')]).toEqual([true, true, false])
    expect(has(theirs, 'local/ldir2/one ')).toBe(false)
  })

  test('put -R leaves the mode of a directory that exists', async () => {
    const { theirs, ours } = await both('put -r ldir', (root) => mkdirSync(join(root, 'remote/ldir'), { mode: 0o711 }))
    expect([has(ours, 'remote/ldir/ 711'), has(theirs, 'remote/ldir/ 711')]).toEqual([true, false])
  })

  test('names that change how a line reads are escaped', async () => {
    const { theirs, ours } = await both('ls -1 rtl*', (root) =>
      writeFileSync(join(root, 'remote/rtl\u202egpj.exe'), ''),
    )
    expect(theirs.output).toContain('\u202e')
    expect(ours.output).toBe('rtl\\342\\200\\256gpj.exe\n')
  })

  test('help is a list of its own', async () => {
    const { theirs, ours } = await both('help')
    expect([theirs.ok, ours.ok]).toEqual([true, true])
    expect(ours.output).not.toBe(theirs.output)
  })

  test('what is the same: links in directories are skipped, and transfers keep times only with -p', async () => {
    const prepare = (root: string): void => symlinkSync('one', join(root, 'remote/dir/another'))
    const { theirs, ours } = await both('get -r dir\nget a.txt\nget -p b.txt', prepare)
    expect(ours.tree).toEqual(theirs.tree)
    expect(has(ours, 'local/dir/another')).toBe(false)
    expect(ours.remarks).toContain('dir/another')
  })
})
