import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { Audit } from '../../src/audit/audit.ts'
import { AuditLog } from '../../src/audit/audit-log.ts'
import { AuditedSession, asOneChange } from '../../src/sftp/audited-session.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { expectAlive, extensions, file, methods } from './every-request.ts'
import { answer, openRaw } from './raw-peer.ts'

let folder = ''
beforeEach(async () => {
  const directory = await temporaryDirectory()
  folder = directory.path
  return () => directory[Symbol.asyncDispose]()
})

/** What each method that changes something is recorded as. What is written to an open file was recorded when it was opened. */
const changes: Readonly<Record<string, string>> = {
  setstat: 'chmod /a',
  lsetstat: 'chmod /a',
  fsetstat: 'chmod /file',
  remove: 'delete /a',
  mkdir: 'mkdir /a',
  rmdir: 'delete /a',
  rename: 'rename /b',
  posixRename: 'rename /b',
  symlink: 'symlink /b',
  hardlink: 'hardlink /b',
  opening: 'write /a',
}
const opening = {
  method: 'opening',
  title: 'open /a',
  ask: (session: SftpSession) => session.open('/a', { write: true, create: true }),
}
const changing = [...methods, opening].filter(({ method }) => changes[method] !== undefined)
const looking = methods.filter(({ method }) => changes[method] === undefined)

const logFile = (): string => join(folder, 'audit.log')
async function audited(log = logFile()) {
  const { session, peer } = await openRaw({ extensions })
  const audit = new Audit(new AuditLog(log), { user: 'u', command: 'test' })
  return { session: new AuditedSession(session, audit), peer }
}
const lines = (): string[] =>
  existsSync(logFile())
    ? readFileSync(logFile(), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .map(({ phase, operation, path, result = '' }) => `${phase} ${operation} ${path} ${result}`.trim())
    : []

test('every method either changes something or does not', () => {
  expect(looking.map(({ method }) => method).sort()).toEqual(
    ['open', 'read', 'write', 'close', 'lstat', 'stat', 'fstat', 'opendir', 'readdir', 'realpath', 'readlink']
      .concat(['statvfs', 'fsync', 'copyData', 'sha256', 'expandPath', 'usersGroupsById'])
      .sort(),
  )
})

test.each(changing)(
  '$method: its intent is there when the request is sent, and its outcome after the answer',
  async ({ method, ask }) => {
    const { session, peer } = await audited()
    const asked = ask(session).catch((error: unknown) => error)
    const { id } = await peer.next()
    expect(lines()).toEqual([`intent ${changes[method]}`])
    peer.send(answer.status(id, 3, 'Permission denied'))
    expect(await asked).toMatchObject({ code: 'permission_denied' })
    expect(lines()).toEqual([`intent ${changes[method]}`, `outcome ${changes[method]} permission_denied`])
    await expectAlive(session, peer)
  },
)

// promise: audit-intent
test.each(changing)('$method: where the intent cannot be written, no request is sent', async ({ ask }) => {
  const { session, peer } = await audited(folder)
  await expect(ask(session)).rejects.toMatchObject({ code: 'audit_failed' })
  // The next request that comes is that of another method.
  await expectAlive(session, peer)
})

test.each(looking)('$method: is not recorded', async ({ ask }) => {
  const { session, peer } = await audited()
  const asked = ask(session).catch((error: unknown) => error)
  peer.send(answer.status((await peer.next()).id, 3, 'Permission denied'))
  await asked
  expect(lines()).toEqual([])
})

test('what is one change takes any requests, and only where it is recorded is there something to tell', async () => {
  const { session, peer } = await audited()
  const change = { operation: 'upload', path: '/b' } as const
  const work = asOneChange(session, change, async (inner, made) => {
    await inner.rename('/a', '/b')
    await inner.fsetstat(file, { permissions: 0o600 })
    Object.assign(made ?? {}, { size: 3 })
  })
  for (let count = 0; count < 2; count += 1) peer.send(answer.status((await peer.next()).id, 0, 'Success'))
  await work
  expect(lines()).toEqual(['intent upload /b', 'outcome upload /b ok'])
  expect(await asOneChange(session.inner, change, async (inner, made) => [inner === session.inner, made])).toEqual([
    true,
    undefined,
  ])
})
