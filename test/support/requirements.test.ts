import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { startVitest } from 'vitest/node'
import { MissingReporter } from './missing-reporter.ts'
import { needs } from './needs.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const project = resolve(import.meta.dirname, '../..')

interface Run {
  readonly passed: readonly string[]
  readonly failed: readonly string[]
  readonly skipped: readonly string[]
  readonly said: string
}

/** Runs a test file that needs sshd, and has none, in a vitest of its own. */
async function runWithoutSshd(ci: string): Promise<Run> {
  await using directory = await temporaryDirectory()
  await symlink(join(project, 'node_modules'), join(directory.path, 'node_modules'))
  await mkdir(join(directory.path, 'parts'))
  await writeFile(
    join(directory.path, 'parts/some.test.ts'),
    `import { beforeAll, describe, test } from 'vitest'
     import { describeWithSshd } from '${project}/test/support/requirements.ts'
     test('needs nothing', () => {})
     test.skip('is skipped for another reason', () => {})
     describeWithSshd('with a server', () => {
       beforeAll(() => { throw new Error('set-up must not run') })
       describe('that is good', () => { test('logs in', () => {}) })
     })`,
  )
  let said = ''
  const env = { [needs.sshd.variable]: 'no sshd today', CI: ci }
  const vitest = await startVitest('test', [], {
    root: directory.path,
    config: false,
    watch: false,
    env,
    reporters: [new MissingReporter((text) => (said += text))],
  })
  const exitCode = process.exitCode
  try {
    const cases = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()])
    const named = (state: string): string[] =>
      cases.filter((one) => one.result().state === state).map((one) => one.fullName)
    return { passed: named('passed'), failed: named('failed'), skipped: named('skipped'), said }
  } finally {
    await vitest.close()
    process.exitCode = exitCode
  }
}

test('without sshd, tests that need it are skipped by name, and the last lines say why', async () => {
  expect(await runWithoutSshd('')).toEqual({
    passed: ['needs nothing'],
    failed: [],
    skipped: ['is skipped for another reason', 'with a server > that is good > logs in'],
    said: '1 skipped: no sshd today\n  parts/some.test.ts > with a server > that is good > logs in\n',
  })
})

test('without sshd in CI, tests that need it fail', async () => {
  expect(await runWithoutSshd('true')).toEqual({
    passed: ['needs nothing'],
    failed: ['with a server > has what it needs'],
    skipped: ['is skipped for another reason'],
    said: '',
  })
})
