import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openState } from '../../src/api/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('a manifest is planned, imported and exported', async () => {
  await using folder = await temporaryDirectory()
  const file = join(folder.path, 'deploy.yml')
  await writeFile(file, 'name: billing\nconnections:\n  - name: bank\n    host: bank.example\n')
  const state = openState({ location: join(folder.path, 'state.json'), environment: { HOME: folder.path } })
  expect((await state.plan(file)).summary).toEqual({ create: 1, update: 0, delete: 0, unchanged: 0 })
  const { plan, state: stored } = await state.import(file)
  expect(plan.steps).toMatchObject([{ action: 'create', kind: 'connection', name: 'bank' }])
  expect(stored.serial).toBe(1)
  expect((await state.read()).connections.get('bank')?.value).toEqual({ name: 'bank', host: 'bank.example' })
  expect(await state.export('billing')).toBe(
    'name: billing\nconnections:\n  - name: bank\n    host: bank.example\nscripts: []\n',
  )
})

test('several invalid manifests are told together', async () => {
  await using folder = await temporaryDirectory()
  const files = ['a.yml', 'b.yml'].map((name) => join(folder.path, name))
  for (const file of files) await writeFile(file, 'nonsense: 1\n')
  const state = openState({ location: join(folder.path, 'state.json'), environment: { HOME: folder.path } })
  await expect(state.plan(files)).rejects.toMatchObject({
    code: 'manifest_invalid',
    details: { errors: [{ file: files[0] }, { file: files[1] }] },
  })
})
