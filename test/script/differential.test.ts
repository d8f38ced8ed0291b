import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CommandResult } from '../../src/script/script-session.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { memoryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts'
import { testSeed } from '../support/test-seed.ts'
import { cases } from './differential-cases.ts'
import { scripts } from './generated-scripts.ts'
import { lateMistakes, oddCases } from './odd-cases.ts'
import { transferCases } from './transfer-cases.ts'
import { clear, openLocalSession, runFerry, runSftp, seed, snapshot } from './twin-trees.ts'

/** Two trees to do the same to, under paths of one length, as sftp's columns depend on it. */
interface Twins {
  readonly theirs: string
  readonly ours: string
}

/** Twins that no script is at work in. */
const free: Twins[] = []
const waiting: ((twins: Twins) => void)[] = []
const atOnce = 4
let pristine: string
let session: SftpSession
let directory: TemporaryDirectory

function fresh({ theirs, ours }: Twins): void {
  for (const root of [theirs, ours]) {
    clear(root)
    mkdirSync(root)
    seed(root)
  }
}

const take = async (): Promise<Twins> => free.pop() ?? new Promise((resolve) => waiting.push(resolve))

function give(twins: Twins, isPristine: boolean): void {
  if (!isPristine) fresh(twins)
  const next = waiting.shift()
  if (next === undefined) free.push(twins)
  else next(twins)
}

/** The order in which a tree is walked is the file system's, and differs. */
const walked = (output: string): string =>
  output.replace(/(?:^(?:Entering|Retrieving) .*\n)+/gm, (lines) => lines.split('\n').sort().join('\n'))

/** Runs a script both ways, and gives what ferry told of each line. */
async function compare(script: string, precheck = true): Promise<readonly CommandResult[]> {
  const twins = await take()
  let isPristine = false
  try {
    const [expected, { ok, output, tree, error, results }] = await Promise.all([
      runSftp(twins.theirs, script),
      runFerry(session, twins.ours, script, { precheck }),
    ])
    isPristine = [expected.tree, tree].every((one) => one.join('\n') === pristine)
    const told = [error, ...results.map((result) => result.error)].map((failure) => failure?.message)
    expect({ ok, output: walked(output), tree, told }).toEqual({ ...expected, output: walked(expected.output), told })
    return results
  } finally {
    give(twins, isPristine)
  }
}

const topics = Object.entries({ ...cases, ...transferCases, ...oddCases })

describeWithSshd('a script does what OpenSSH sftp does with it', () => {
  beforeAll(async () => {
    directory = await memoryDirectory()
    for (let index = 0; index < atOnce; index += 1) {
      const twins = { theirs: join(directory.path, `a${index}`), ours: join(directory.path, `b${index}`) }
      fresh(twins)
      free.push(twins)
    }
    pristine = snapshot(join(directory.path, 'a0')).join('\n')
    session = await openLocalSession()
  })

  afterAll(async () => {
    await session[Symbol.asyncDispose]()
    for (const { theirs, ours } of free) for (const root of [theirs, ours]) clear(root)
    await directory[Symbol.asyncDispose]()
  })

  test('in at least 200 scripts made by hand', () => {
    expect(new Set(topics.flatMap(([, { scripts }]) => scripts)).size).toBeGreaterThanOrEqual(200)
  })

  for (const [topic, { scripts, lines = [], failing = [] }] of topics) {
    describe(topic, () => {
      test.concurrent.each(scripts)('%j', async (script) => {
        await compare(script)
      })

      if (lines.length > 0)
        test('lines that succeed', async () => {
          const results = await compare(lines.join('\n'))
          expect(results.filter(({ ok }) => !ok)).toEqual([])
          expect(results.length).toBe(lines.length)
        })

      if (failing.length > 0)
        test('lines that fail', async () => {
          const results = await compare(failing.map((line) => `-${line}`).join('\n'))
          expect(results.filter(({ ok }) => ok)).toEqual([])
          expect(results.length).toBe(failing.length)
        })
    })
  }

  describe('a mistake in a later line', () => {
    test.each(lateMistakes)('%j does what sftp does without the precheck, and nothing with it', async (script) => {
      await compare(script, false)
      const twins = await take()
      const { tree, results, error } = await runFerry(session, twins.ours, script)
      give(twins, false)
      expect({ results, code: error?.code }).toEqual({ results: [], code: 'script_invalid' })
      expect(tree.join('\n')).toBe(pristine)
    })
  })

  test.concurrent.each(Array.from({ length: atOnce }, (_, index) => index + 1))(
    'generated ones too, %d',
    async (part) => {
      await fc.assert(
        fc.asyncProperty(scripts, async (script) => {
          await compare(script, false)
        }),
        { numRuns: 25, seed: testSeed * atOnce + part },
      )
    },
    120_000,
  )
})
