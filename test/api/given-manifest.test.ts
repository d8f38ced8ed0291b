import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openState } from '../../src/api/index.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const manifest = 'include: [more.yml]\nconnections:\n  - { name: shop, host: shop.example, identity_file: keys/shop }\n'

test('a manifest that is given as text is read as if it were in its file, which need not be there', async () => {
  await using folder = await temporaryDirectory()
  await writeFile(join(folder.path, 'more.yml'), 'connections:\n  - { name: bank, host: bank.example }\n')
  const state = openState({ location: join(folder.path, 'state.json'), environment: { HOME: folder.path } })
  const file = join(folder.path, 'deploy.yml')
  const plan = await state.plan({ file, text: manifest })
  expect(plan.steps.map(({ name }) => name).sort()).toEqual(['bank', 'shop'])
  await state.import([{ file, text: manifest }])
  const { connections } = await state.read()
  expect(connections.get('shop')).toMatchObject({
    value: { identity_file: join(folder.path, 'keys/shop') },
    origin: { place: { file, line: 3 } },
  })
})

test('what is wrong in the text is told with its place', async () => {
  await using folder = await temporaryDirectory()
  const state = openState({ location: join(folder.path, 'state.json'), environment: { HOME: folder.path } })
  await expect(
    state.plan({ file: 'pasted.yml', text: 'connections:\n  - { name: a, hots: b }\n' }),
  ).rejects.toMatchObject({
    code: 'manifest_invalid',
    details: { errors: expect.arrayContaining([expect.objectContaining({ file: 'pasted.yml', line: 2 })]) },
  })
})

test('a connection is created, edited, renamed, disabled and deleted; a secret in clear is sealed', async () => {
  await using folder = await temporaryDirectory()
  const state = openState({ location: join(folder.path, 'state.json'), environment: { HOME: folder.path } })
  await state.createConnection('bank', { host: 'bank.example', password: { literal: 'correct horse' } })
  await expect(state.createConnection('bank', { host: 'x' })).rejects.toMatchObject({ code: 'already_exists' })
  await state.editConnection('bank', (connection) => ({ ...connection, port: 2222 }))
  await state.renameConnection('bank', 'shore')
  const { connections } = await state.setActive('shore', false)
  const { value } = connections.get('shore') ?? {}
  expect(value).toMatchObject({ host: 'bank.example', port: 2222, active: false })
  expect(JSON.stringify(value)).not.toContain('correct horse')
  expect((await state.deleteConnection('shore')).connections.size).toBe(0)
})
