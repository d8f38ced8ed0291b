import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runFerry, startFerry } from '../support/run-ferry.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const atOnce = 8
const each = 25

/** A manifest of so many connections, all under its name. */
const manifest = (name: string): string =>
  JSON.stringify({
    name,
    connections: Array.from({ length: each }, (_, index) => ({ name: `${name}-${index}`, host: 'h' })),
  })

// promise: no-lost-change, whole-state
test('of manifests that are imported at once each is there as a whole, and of those that are killed each as a whole or not at all', {
  timeout: 180_000,
}, async () => {
  await using home = await temporaryDirectory()
  const options = { home: home.path, cwd: home.path }
  const names = Array.from({ length: atOnce }, (_, index) => `m${index}`)
  for (const name of [...names, 'killed']) await writeFile(join(home.path, `${name}.yml`), manifest(name))
  const imports = names.map((name) => runFerry(['enmasse', 'import', `${name}.yml`, '--lock-timeout', '2m'], options))
  // Each begins when the one before has just been killed: at any moment of it, while the others are under way.
  for (let round = 0; round < atOnce; round += 1) {
    const doomed = await startFerry(['enmasse', 'import', 'killed.yml', '--lock-timeout', '2m'], options)
    await Promise.race([doomed.result, ...imports.slice(round, round + 1)])
    doomed.kill('SIGKILL')
    await doomed.result
  }
  for (const { exitCode, stderr } of await Promise.all(imports))
    expect([exitCode, stderr]).toEqual([0, expect.anything()])
  const { stdout } = await runFerry(['connections', 'list', '--json'], options)
  const found: { name: string }[] = JSON.parse(stdout)
  const counted = (name: string): number => found.filter((one) => one.name.startsWith(`${name}-`)).length
  expect(names.map(counted)).toEqual(names.map(() => each))
  expect([0, each]).toContain(counted('killed'))
  expect((await runFerry(['state', 'check'], options)).exitCode).toBe(0)
})
