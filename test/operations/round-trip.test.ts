import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeName, fsPath } from '../../src/model/name-bytes.ts'
import { download } from '../../src/operations/download.ts'
import { remove } from '../../src/operations/remove.ts'
import { upload } from '../../src/operations/upload.ts'
import { harvest, overBoth, signal } from './rig.ts'

type Node =
  | { readonly kind: 'file'; readonly content: Uint8Array; readonly mode: number; readonly mtime: number }
  | { readonly kind: 'link'; readonly target: string }
  | {
      readonly kind: 'directory'
      readonly mode: number
      readonly mtime: number
      readonly entries: readonly (readonly [string, Node])[]
    }

const name = fc
  .oneof(
    fc
      .uint8Array({ minLength: 1, maxLength: 12 })
      .map((bytes) => decodeName(bytes.map((byte) => (byte === 0 || byte === 47 ? 95 : byte)))),
    fc.constantFrom('-rf', ' ', '\n', '*', '"', "'", ';', '$x', '...', '.hidden', '\\', '~', 'ü', '💾', '#', '\x1b[2J'),
  )
  .filter((text) => text !== '.' && text !== '..')
const mtime = fc.integer({ min: 0, max: 0x7fff_ffff })
const entries = <T>(node: fc.Arbitrary<T>): fc.Arbitrary<[string, T][]> =>
  fc.uniqueArray(fc.tuple(name, node), { maxLength: 4, selector: ([text]) => text })

const { tree } = fc.letrec<{ tree: Node; node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({
      kind: fc.constant('file' as const),
      content: fc.uint8Array({ maxLength: 300 }),
      mode: fc.integer({ min: 0, max: 0o777 }),
      mtime,
    }),
    fc.record({ kind: fc.constant('link' as const), target: name.filter((text) => !text.includes('..')) }),
    tie('tree'),
  ),
  tree: fc.record({
    kind: fc.constant('directory' as const),
    // Who runs the tests must be able to look into it.
    mode: fc.integer({ min: 0, max: 0o777 }).map((mode) => mode | 0o700),
    mtime,
    entries: entries(tie('node')),
  }),
}))

function make(path: string, node: Node): void {
  if (node.kind === 'link') {
    symlinkSync(fsPath(node.target), fsPath(path))
    return
  }
  if (node.kind === 'file') writeFileSync(fsPath(path), node.content)
  else mkdirSync(fsPath(path))
  if (node.kind === 'directory') for (const [below, child] of node.entries) make(`${path}/${below}`, child)
  // Readable, whoever runs the tests.
  chmodSync(fsPath(path), node.mode | 0o400)
  utimesSync(fsPath(path), node.mtime, node.mtime)
}

overBoth('upload and then download', (open) => {
  test('gives the same tree: names, contents, modes, times, links', { timeout: 60_000 }, async () => {
    const { session, remote, there, here } = await open()
    mkdirSync(here('work'))
    await fc.assert(
      fc.asyncProperty(tree, async (root) => {
        make(here('work/there'), root)
        const before = harvest(here('work'))
        expect((await upload(session, [here('work/there')], remote('tree'), { signal })).failures).toEqual([])
        expect(harvest(there('tree'))).toEqual(harvest(here('work/there')))
        rmSync(here('work/there'), { recursive: true })
        const { failures } = await download(session, [remote('tree')], here('work/there'), { signal })
        expect(failures).toEqual([])
        expect(harvest(here('work'))).toEqual(before)
        expect((await remove(session, remote('tree'), { recursive: true, signal })).failures).toEqual([])
        expect(harvest(there())).toEqual(new Map())
        rmSync(here('work/there'), { recursive: true })
      }),
      { numRuns: 20 },
    )
  })
})
