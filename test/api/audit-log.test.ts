import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect, openState } from '../../src/api/index.ts'
import type { AuditEntry } from '../../src/audit/audit-entry.ts'
import { servedApi } from './served-api.ts'

const entries = async (file: string): Promise<AuditEntry[]> =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test.each(['auditLog', 'FERRY_AUDIT_LOG'])('what a program changes is recorded where %s says', async (way) => {
  await using api = await servedApi()
  const file = join(api.folder, 'audit.log')
  const environment = way === 'auditLog' ? api.environment : { ...api.environment, FERRY_AUDIT_LOG: file }
  await using connection = await connect('here', { environment, ...(way === 'auditLog' && { auditLog: file }) })
  async function* pieces() {
    yield Buffer.from('hel')
    yield Buffer.from('lo')
  }
  await connection.write('a', pieces())
  await connection.ls()
  await expect(connection.delete('nowhere')).rejects.toMatchObject({ code: 'not_found' })
  await connection.delete('a')
  expect(await entries(file)).toMatchObject([
    { phase: 'intent', command: 'api', connection: 'here', operation: 'write', path: 'a' },
    { phase: 'outcome', size: 5, sha256: createHash('sha256').update('hello').digest('hex') },
    { phase: 'intent', operation: 'delete', path: 'a' },
    { phase: 'outcome', operation: 'delete', result: 'ok' },
  ])
})

test('a state records its own changes and those over its connections, and for whom', async () => {
  await using api = await servedApi()
  const auditLog = join(api.folder, 'audit.log')
  const state = openState({ environment: api.environment, auditLog })
  await state.inSession('alice').setActive('here', true)
  await state.inSession('alice').createConnection('other', { host: 'example.com', password: { literal: 'hunter2' } })
  await using connection = await state.inSession('bob').connect('here')
  await connection.mkdir('new')
  expect(
    (await entries(auditLog)).map(({ phase, session, operation, connection: name }) => [
      phase,
      session,
      operation,
      name,
    ]),
  ).toEqual([
    ['intent', 'alice', 'create_connection', 'other'],
    ['outcome', 'alice', 'create_connection', 'other'],
    ['intent', 'bob', 'mkdir', 'here'],
    ['outcome', 'bob', 'mkdir', 'here'],
  ])
  expect(await readFile(auditLog, 'utf8')).not.toContain('hunter2')
})
