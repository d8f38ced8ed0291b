import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { PingResult } from '../../src/api/ping.ts'
import { runEnmasseExport } from '../../src/commands/enmasse-export.ts'
import { runEnmasseImport } from '../../src/commands/enmasse-import.ts'
import { runEnmassePlan } from '../../src/commands/enmasse-plan.ts'
import { runEnmasseSchema } from '../../src/commands/enmasse-schema.ts'
import { runEnmasseValidate } from '../../src/commands/enmasse-validate.ts'
import { FerryError, type Problem } from '../../src/errors/ferry-error.ts'
import type { ConnectionInput, Overrides } from '../../src/model/connection-input.ts'
import { openStateStore } from '../../src/state/open-state-store.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { type TestContextOptions, testContext } from '../support/test-io.ts'

const signal = new AbortController().signal
const flags = { prune: false, takeOver: false, detailedExitcode: false, check: false }

const manifest = `name: billing
connections:
  - name: acme-invoices
    host: sftp.acme.example
    directory: /outgoing
  - name: bank
    host: 192.0.2.10
    password: \${env:BANK_PASSWORD}
    timeout: 10s
scripts:
  - name: tidy
    body: |
      -rm *.tmp
`

/** A folder with deploy.yml and a state, and contexts that use them. */
async function work(text = manifest) {
  const folder = await temporaryDirectory()
  const file = join(folder.path, 'deploy.yml')
  await writeFile(file, text)
  const environment = { HOME: folder.path }
  const store = openStateStore(join(folder.path, 'state.json'), { environment, signal })
  return {
    file,
    folder: folder.path,
    store,
    context: (options: TestContextOptions = {}) => testContext({ environment, store, ...options }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

test('validate tells what a valid manifest holds', async () => {
  await using here = await work()
  const run = await here.context()
  await runEnmasseValidate(run.context, [here.file])
  expect(run.stdout()).toBe(`${here.file}: valid (2 connections, 1 script)\n`)
})

test('validate tells options of ssh_config that are none, each where it stands and a default once', async () => {
  await using here = await work(`defaults:
  ssh_options: { Compresion: yes }
connections:
  - { name: a, host: a }
  - { name: b, host: b }
  - name: c
    host: c
    ssh_options:
      Compression: maybe
      Host: x
      IgnoreUnknown: Mine*
      MineOnly: x
      serveraliveinterval: 15
  - name: d
    host: d
    ssh_options: |
      Prot=22
`)
  const run = await here.context({ json: true })
  await expect(runEnmasseValidate(run.context, [here.file])).rejects.toMatchObject({ code: 'manifest_invalid' })
  const { errors }: { errors: Problem[] } = JSON.parse(run.stdout())
  expect(errors.map(({ line, column, path, message, hint }) => [`${line}:${column}`, path, message, hint])).toEqual([
    [
      '2:18',
      '/defaults/ssh_options/Compresion',
      'defaults: ssh_options: unknown ssh option "Compresion"',
      'did you mean "Compression"?',
    ],
    [
      '9:7',
      '/connections/2/ssh_options/Compression',
      'connection "c": ssh_options: Compression: invalid value "maybe"',
      expect.any(String),
    ],
    [
      '10:7',
      '/connections/2/ssh_options/Host',
      'connection "c": ssh_options: Host has no meaning outside of a file',
      undefined,
    ],
    [
      '17:1',
      '/connections/3/ssh_options',
      'connection "d": ssh_options: unknown ssh option "Prot"',
      'did you mean "Port"?',
    ],
  ])
})

test('validate --json answers on stdout though the manifest is invalid, and fails with 10', async () => {
  await using here = await work('connections:\n  - name: a\n    hots: b\n')
  const run = await here.context({ json: true })
  await expect(runEnmasseValidate(run.context, [here.file])).rejects.toMatchObject({ code: 'manifest_invalid' })
  const answer = JSON.parse(run.stdout())
  expect(answer).toMatchObject({ ok: false, warnings: [] })
  expect(answer.errors[0]).toMatchObject({ file: here.file, line: expect.any(Number), column: expect.any(Number) })
})

test('validate tells the warnings of an invalid manifest too, which may say what is wrong', async () => {
  await using here = await work('sftp:\n  - {name: a, adress: h}\n')
  const text = await here.context()
  await expect(runEnmasseValidate(text.context, [here.file])).rejects.toMatchObject({ code: 'manifest_invalid' })
  expect(text.stderr()).toContain('did you mean "address"?')
  const json = await here.context({ json: true })
  await expect(runEnmasseValidate(json.context, [here.file])).rejects.toMatchObject({ code: 'manifest_invalid' })
  expect(JSON.parse(json.stdout())).toMatchObject({ ok: false, warnings: [{ path: '/sftp/0/adress', line: 2 }] })
})

test('a plan shows each new field, the import each step, and a second plan nothing to do', async () => {
  await using here = await work()
  const planned = await here.context()
  await runEnmassePlan(planned.context, [here.file], flags)
  expect(planned.stdout()).toMatch(
    /^\+ connection acme-invoices\n {4}host {7}sftp\.acme\.example\n {4}directory {2}\/outgoing\n\+ connection bank\n {4}host {7}192\.0\.2\.10\n {4}password {3}\(sensitive\)\n {4}timeout {4}10s\n\+ script tidy\n/,
  )
  expect(planned.stdout()).toMatch(/\nPlan: 3 to create, 0 to update, 0 to delete, 0 unchanged\n$/)
  expect((await here.store.read()).serial).toBe(0)

  const imported = await here.context()
  await runEnmasseImport(imported.context, [here.file], flags)
  expect(imported.stdout()).toBe(
    '+ connection acme-invoices\n+ connection bank\n+ script tidy\nImported: 3 created, 0 updated, 0 deleted, 0 unchanged (state serial 1)\n',
  )

  const again = await here.context()
  await runEnmassePlan(again.context, [here.file], { ...flags, detailedExitcode: true })
  expect(again.stdout()).toBe('Plan: nothing to do, 3 unchanged\n')
  expect(again.exitStatus()).toBe(0)
})

test('a field that is left out returns to its default, and prune deletes what is no longer named', async () => {
  await using here = await work()
  await runEnmasseImport((await here.context()).context, [here.file], flags)
  await writeFile(here.file, manifest.replace('    timeout: 10s\n', '').replace(/scripts:[\s\S]*/, ''))
  const run = await here.context()
  await runEnmassePlan(run.context, [here.file], { ...flags, prune: true, detailedExitcode: true })
  expect(run.stdout()).toBe(
    '~ connection bank\n    timeout  10s -> 30s (default)\n- script tidy\nPlan: 0 to create, 1 to update, 1 to delete, 1 unchanged\n',
  )
  expect(run.exitStatus()).toBe(4)
})

// promise: secrets-stay
test('a secret that is written out is sealed, never shown, and known again', async () => {
  await using here = await work(manifest.replace('${env:BANK_PASSWORD}', 'hunter2'))
  for (const json of [false, true]) {
    const run = await here.context({ json })
    await runEnmassePlan(run.context, [here.file], flags)
    expect(run.stdout() + run.stderr()).not.toContain('hunter2')
  }
  await runEnmasseImport((await here.context()).context, [here.file], flags)
  expect(await readFile(join(here.folder, 'state.json'), 'utf8')).not.toContain('hunter2')
  const same = await here.context()
  await runEnmassePlan(same.context, [here.file], flags)
  expect(same.stdout()).toBe('Plan: nothing to do, 3 unchanged\n')
  await writeFile(here.file, manifest.replace('${env:BANK_PASSWORD}', 'hunter3'))
  const other = await here.context()
  await runEnmassePlan(other.context, [here.file], flags)
  expect(other.stdout()).toContain('    password  (sensitive, differs)\n')
})

test('import --check pings what is active, and exits with 3 where one does not answer', async () => {
  await using here = await work(
    `${manifest.replace('scripts:', '  - name: off\n    host: h\n    active: false\nscripts:')}`,
  )
  const asked: string[] = []
  const ping = async ({ address }: { readonly address: string }): Promise<PingResult> => {
    asked.push(address)
    if (address === 'acme-invoices') return { connection: address, ok: true, responseTimeMs: 31 }
    return { connection: address, ok: false, error: new FerryError('connect_failed', 'could not connect') }
  }
  const run = await here.context({ ping })
  await expect(runEnmasseImport(run.context, [here.file], { ...flags, check: true })).rejects.toMatchObject({
    code: 'partial',
  })
  expect(asked.sort()).toEqual(['acme-invoices', 'bank'])
  expect(run.stdout()).toMatch(/\(state serial 1\)\nacme-invoices\tok\t31ms\nbank\tfailed\tcould not connect\n$/)
})

test('import --check connects as --retry, --timeout and -v say, which are for nothing else', async () => {
  await using here = await work()
  const asked: Overrides[] = []
  const ping = async ({ address, overrides }: ConnectionInput): Promise<PingResult> => {
    asked.push(overrides)
    return { connection: address, ok: true, responseTimeMs: 31 }
  }
  const run = await here.context({ ping })
  await runEnmasseImport(run.context, [here.file], { ...flags, check: true, retry: 3, timeout: 2000, verbose: 2 })
  expect(asked).toEqual(Array(2).fill({ retry: 3, timeoutMs: 2000, logLevel: 2 }))
  await expect(runEnmasseImport(run.context, [here.file], { ...flags, retry: 3 })).rejects.toMatchObject({
    code: 'usage',
  })
})

test('another manifest may not take an object without --take-over', async () => {
  await using here = await work()
  await runEnmasseImport((await here.context()).context, [here.file], flags)
  await writeFile(here.file, manifest.replace('name: billing', 'name: other'))
  const run = await here.context()
  await expect(runEnmasseImport(run.context, [here.file], flags)).rejects.toMatchObject({ code: 'manifest_invalid' })
  const planned = await here.context()
  await runEnmassePlan(planned.context, [here.file], { ...flags, takeOver: true })
  expect(planned.stdout()).toBe('Plan: nothing to do, 3 unchanged, of which 3 change owner\n')
  await runEnmasseImport(run.context, [here.file], { ...flags, takeOver: true })
  expect(run.stdout()).toBe('Imported: nothing to do, 3 unchanged, of which 3 changed owner (state serial 2)\n')
  expect((await here.store.read()).connections.get('bank')?.origin.owner).toBe('other')
})

test('an export imports to the same state', async () => {
  await using here = await work()
  await runEnmasseImport((await here.context()).context, [here.file], flags)
  const output = join(here.folder, 'exported.yml')
  const run = await here.context()
  await runEnmasseExport(run.context, { manifest: 'billing', output })
  expect(run.stdout()).toBe('')
  const planned = await here.context()
  await runEnmassePlan(planned.context, [output], { ...flags, prune: true })
  expect(planned.stdout()).toBe('Plan: nothing to do, 3 unchanged\n')
})

test('an export of what nobody owns says what it leaves out', async () => {
  await using here = await work()
  await runEnmasseImport((await here.context()).context, [here.file], flags)
  const run = await here.context()
  await runEnmasseExport(run.context, { output: '-' })
  expect(run.stdout()).toBe('connections: []\nscripts: []\n')
  expect(run.stderr()).toContain('3 objects of the manifest "billing"')
})

test('the printed schema is the one that is used', async () => {
  const run = await testContext()
  await runEnmasseSchema(run.context)
  expect(JSON.parse(run.stdout())).toEqual(JSON.parse(await readFile('schemas/manifest.schema.json', 'utf8')))
})
