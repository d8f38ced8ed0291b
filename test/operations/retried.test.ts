import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { remotePath } from '../../src/model/remote-path.ts'
import { download } from '../../src/operations/download.ts'
import { readFile } from '../../src/operations/read-file.ts'
import { remove } from '../../src/operations/remove.ts'
import { sync } from '../../src/operations/sync.ts'
import { upload } from '../../src/operations/upload.ts'
import { writeFile } from '../../src/operations/write-file.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { reconnecting } from '../sftp/reconnecting.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { testSeed } from '../support/test-seed.ts'
import { counted, harvest, plant, signal } from './rig.ts'

const big = counted(300_000)
const tree = { 'a.txt': 'new', 'sub/big': big, 'sub/deep/c': counted(40_000), 'empty/': '' }
const old = { 'a.txt': 'before', 'sub/big': 'before' }
/** A session needs so much to begin; all of these need no more than that. */
const [leastBytes, mostBytes] = [1200, 400_000]

interface Sides {
  readonly session: SftpSession
  /** This side, and the server's, as directories here. */
  readonly here: string
  readonly there: string
}

const site = remotePath('/site')

/** What is moved where; the old files of the other side; and what has to be there in the end. */
const movements: Readonly<Record<string, (sides: Sides) => Promise<unknown>>> = {
  upload: ({ session, here }) => upload(session, [`${here}/.`], site, { signal }),
  'upload --resume': ({ session, here }) => upload(session, [`${here}/.`], site, { resume: true, signal }),
  download: ({ session, here }) => download(session, [remotePath('/site/.')], here, { signal }),
  sync: ({ session, here }) => sync(session, here, site, { signal }),
  'sync --pull': ({ session, here }) => sync(session, here, site, { pull: true, signal }),
}

async function sides(cuts: readonly number[], retries: number) {
  const folder = await temporaryDirectory()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const [here, root] = [`${folder.path}/here`, `${folder.path}/root`]
  plant(folder.path, { 'here/': '', 'root/site/': '' })
  const connected = await reconnecting({ root, cuts, retries })
  return { ...connected, here, there: `${root}/site` }
}

const contents = (directory: string): Map<string, string | undefined> =>
  new Map([...harvest(directory)].map(([name, { content }]) => [name, content]))

const cutsAnywhere = fc.array(fc.integer({ min: leastBytes, max: mostBytes }), { minLength: 1, maxLength: 4 })

// promise: retry-any-byte
describe.each(Object.keys(movements))('%s that is over a line that is cut at any byte', (name) => {
  const pulls = name === 'download' || name === 'sync --pull'

  test('goes on over another connection: all is there, as it should be, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(cutsAnywhere, async (cuts) => {
        const { session, here, there } = await sides(cuts, cuts.length)
        const [source, target] = pulls ? [there, here] : [here, there]
        plant(source, tree)
        plant(target, old)
        await movements[name]?.({ session, here, there })
        expect(contents(target)).toEqual(contents(source))
      }),
      { seed: testSeed, numRuns: 40 },
    )
  })

  // promise: all-or-nothing
  test('and has no other connection leaves the old file or the whole new one under every name', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: leastBytes, max: mostBytes }), async (cut) => {
        const { session, here, there } = await sides([cut], 0)
        const [source, target] = pulls ? [there, here] : [here, there]
        plant(source, tree)
        plant(target, old)
        await movements[name]?.({ session, here, there }).catch(() => undefined)
        const [before, after, now] = [new Map(Object.entries(old)), contents(source), contents(target)]
        for (const [path, content] of now) {
          if (content === undefined || /\.ferry-[0-9a-f]{12}$/.test(path)) continue
          expect([before.get(path), after.get(path)]).toContain(content)
        }
      }),
      { seed: testSeed, numRuns: 40 },
    )
  })
})

// promise: retry-any-byte
describe('bytes that pass through', () => {
  test('are read once each, wherever the line is cut', async () => {
    await fc.assert(
      fc.asyncProperty(cutsAnywhere, async (cuts) => {
        const { session, there } = await sides(cuts, cuts.length)
        writeFileSync(`${there}/big`, big)
        const pieces: Buffer[] = []
        for await (const piece of readFile(session, remotePath('/site/big'), { signal })) pieces.push(piece)
        expect(Buffer.concat(pieces).equals(big)).toBe(true)
      }),
      { seed: testSeed, numRuns: 40 },
    )
  })

  test('are written once each, though they cannot be had again', async () => {
    async function* stream(): AsyncGenerator<Buffer> {
      for (let at = 0; at < big.length; at += 7000) yield big.subarray(at, at + 7000)
    }
    await fc.assert(
      fc.asyncProperty(cutsAnywhere, async (cuts) => {
        const { session, there } = await sides(cuts, cuts.length)
        await writeFile(session, remotePath('/site/big'), stream(), { signal })
        expect(readFileSync(`${there}/big`).equals(big)).toBe(true)
        expect([...contents(there).keys()]).toEqual(['big'])
      }),
      { seed: testSeed, numRuns: 40 },
    )
  })
})

// promise: retry-any-byte
test('a tree that is deleted is gone, wherever the line is cut', async () => {
  const cuts = fc.array(fc.integer({ min: leastBytes, max: 6000 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(cuts, async (positions) => {
      const { session, there } = await sides(positions, positions.length)
      plant(there, { ...tree, 'kept/': '' })
      const { deleted, failures } = await remove(session, remotePath('/site/sub'), { recursive: true, signal })
      expect({ deleted, failures }).toEqual({ deleted: 4, failures: [] })
      expect([...contents(there).keys()].sort()).toEqual(['a.txt', 'empty', 'kept'])
    }),
    { seed: testSeed, numRuns: 60 },
  )
})
