import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateIdentity } from 'age-encryption'
import { expect, test } from 'vitest'
import { type Outcome, runInProcess } from '../cli/run-in-process.ts'
import { usePostgres } from '../support/postgres.ts'
import { describeWith } from '../support/requirements.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

describeWith('postgres', 'the commands over a state in PostgreSQL', () => {
  const server = usePostgres()

  async function scene() {
    const directory = await temporaryDirectory()
    const url = await server.newDatabase()
    const manifest = join(directory.path, 'deploy.yml')
    await writeFile(manifest, 'connections:\n  - { name: bank, host: h, password: in-clear }\n')
    const ferry = (args: readonly string[], environment: Record<string, string> = {}): Promise<Outcome> =>
      runInProcess(args, { environment: { HOME: directory.path, FERRY_STATE: url, ...environment } })
    return {
      ferry,
      manifest,
      file: join(directory.path, 'copy.json'),
      [Symbol.asyncDispose]: directory[Symbol.asyncDispose],
    }
  }

  test('a secret in clear needs FERRY_KEY, since a key made here would die with the machine', async () => {
    await using here = await scene()
    const refused = await here.ferry(['enmasse', 'import', here.manifest])
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('set FERRY_KEY') })
    expect((await here.ferry(['connections', 'list', '--json'])).stdout).toBe('[]\n')
    const key = { FERRY_KEY: await generateIdentity() }
    expect((await here.ferry(['enmasse', 'import', here.manifest], key)).status).toBe(0)
    const plan = await here.ferry(['enmasse', 'plan', here.manifest, '--detailed-exitcode'], key)
    expect(plan).toMatchObject({ status: 0, stdout: expect.stringContaining('nothing to do') })
  })

  test('a state goes from the database to a file and back', async () => {
    await using here = await scene()
    const created = await here.ferry(['connections', 'create', 'bank', '--host', 'h'])
    expect(created.status).toBe(0)
    expect((await here.ferry(['state', 'backup', here.file])).status).toBe(0)
    expect((await here.ferry(['connections', 'delete', 'bank'])).status).toBe(0)
    expect((await here.ferry(['state', 'push', here.file])).status).toBe(0)
    expect((await here.ferry(['connections', 'list', '--json', '--state', here.file])).stdout).toBe('[]\n')
    const shown = await here.ferry(['state', 'show', '--json'])
    expect(JSON.parse(shown.stdout)).toMatchObject({ serial: 2, location: expect.not.stringContaining('secret-word') })
  })

  test('a database that is away is 11, without its password', async () => {
    await using here = await scene()
    const away = { FERRY_STATE: 'postgres://ferry:hunter2@127.0.0.1:1/x' }
    const { status, stderr } = await here.ferry(['connections', 'list'], away)
    expect({ status, stderr }).toEqual({
      status: 11,
      stderr: 'ferry: read the state postgres://ferry@127.0.0.1:1/x: connection refused\n',
    })
  })
})
