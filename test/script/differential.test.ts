import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CommandResult } from '../../src/script/run-script.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'
import { cases } from './differential-cases.ts'
import { transferCases } from './transfer-cases.ts'
import { clear, openLocalSession, runFerry, runSftp, seed, snapshot } from './twin-trees.ts'

/** Trees to do the same to, under paths of one length, as sftp's columns depend on it. */
let theirs: string
let ours: string
let pristine: readonly string[]
let session: SftpSession
let directory: TemporaryDirectory

function fresh(): void {
  for (const root of [theirs, ours]) {
    clear(root)
    mkdirSync(root)
    seed(root)
  }
}

/** The order in which a tree is walked is the file system's, and differs. */
const walked = (output: string): string =>
  output.replace(/(?:^(?:Entering|Retrieving) .*\n)+/gm, (lines) => lines.split('\n').sort().join('\n'))

/** Runs a script both ways, and gives what ferry told of each line. */
async function compare(script: string): Promise<readonly CommandResult[]> {
  const [expected, { ok, output, tree, error, results }] = await Promise.all([
    runSftp(theirs, script),
    runFerry(session, ours, script),
  ])
  const isPristine = [expected.tree, tree].every((one) => one.join('\n') === pristine.join('\n'))
  if (!isPristine) fresh()
  const told = [error, ...results.map((result) => result.error)].map((failure) => failure?.message)
  expect({ ok, output: walked(output), tree, told }).toEqual({ ...expected, output: walked(expected.output), told })
  return results
}

describeWithSshd('a script does what OpenSSH sftp does with it', () => {
  beforeAll(async () => {
    directory = await temporaryDirectory()
    theirs = join(directory.path, '1')
    ours = join(directory.path, '2')
    fresh()
    pristine = snapshot(ours)
    session = await openLocalSession()
  })

  afterAll(async () => {
    await session[Symbol.asyncDispose]()
    for (const root of [theirs, ours]) clear(root)
    await directory[Symbol.asyncDispose]()
  })

  for (const [topic, { scripts, lines = [], failing = [] }] of Object.entries({ ...cases, ...transferCases })) {
    describe(topic, () => {
      test.each(scripts)('%j', async (script) => {
        await compare(script)
      })

      test.runIf(lines.length > 0)('lines that succeed', async () => {
        const results = await compare(lines.join('\n'))
        expect(results.filter(({ ok }) => !ok)).toEqual([])
        expect(results.length).toBe(lines.length)
      })

      test.runIf(failing.length > 0)('lines that fail', async () => {
        const results = await compare(failing.map((line) => `-${line}`).join('\n'))
        expect(results.filter(({ ok }) => ok)).toEqual([])
        expect(results.length).toBe(failing.length)
      })
    })
  }
})
