import { expect } from 'vitest'
import { extensionVersions, type Handle, type SftpSession } from '../../src/sftp/session.ts'
import { answer, openRaw, type RawPeer, str, u32, u64, type WireRequest } from './raw-peer.ts'

export const file: Handle = { id: Buffer.from('h'), path: '/file' }
const { 'limits@openssh.com': _asked, ...announced } = extensionVersions
/** All but limits, so that no request comes before the test's own. */
export const extensions: Readonly<Record<string, string>> = { ...announced, 'check-file': '1' }

/** Every method, with what it says it does. */
export const requests: Readonly<Record<string, [title: string, (session: SftpSession) => Promise<unknown>]>> = {
  open: ['open /a', (session) => session.open('/a', { read: true })],
  read: ['read /file', (session) => session.read(file, 0, 10)],
  write: ['write /file', (session) => session.write(file, 0, Buffer.from('x'))],
  close: ['close /file', (session) => session.close(file)],
  lstat: ['stat /a', (session) => session.lstat('/a')],
  stat: ['stat /a', (session) => session.stat('/a')],
  fstat: ['stat /file', (session) => session.fstat(file)],
  setstat: ['set attributes of /a', (session) => session.setstat('/a', { permissions: 0o644 })],
  lsetstat: ['set attributes of /a', (session) => session.lsetstat('/a', { permissions: 0o644 })],
  fsetstat: ['set attributes of /file', (session) => session.fsetstat(file, { permissions: 0o644 })],
  opendir: ['list /a', (session) => session.opendir('/a')],
  readdir: ['list /file', (session) => session.readdir(file)],
  remove: ['remove /a', (session) => session.remove('/a')],
  mkdir: ['mkdir /a', (session) => session.mkdir('/a')],
  rmdir: ['rmdir /a', (session) => session.rmdir('/a')],
  realpath: ['resolve /a', (session) => session.realpath('/a')],
  rename: ['rename /a /b', (session) => session.rename('/a', '/b')],
  posixRename: ['rename /a /b', (session) => session.posixRename('/a', '/b')],
  readlink: ['read link /a', (session) => session.readlink('/a')],
  symlink: ['symlink /a /b', (session) => session.symlink('/a', '/b')],
  hardlink: ['hardlink /a /b', (session) => session.hardlink('/a', '/b')],
  statvfs: ['statvfs /a', (session) => session.statvfs('/a')],
  fsync: ['fsync /file', (session) => session.fsync(file)],
  copyData: ['copy /file /other', (session) => session.copyData(file, 0, 0, { ...file, path: '/other' }, 0)],
  sha256: ['hash /a', (session) => session.sha256('/a', 10)],
  expandPath: ['resolve ~', (session) => session.expandPath('~')],
  usersGroupsById: ['look up users and groups', (session) => session.usersGroupsById([1], [2])],
}
export const methods = Object.entries(requests).map(([method, [title, ask]]) => ({ method, title, ask }))
/** Which answer each method is due; the others are due a STATUS. */
export const due: Readonly<Record<string, string>> = {
  open: 'handle',
  opendir: 'handle',
  read: 'data',
  lstat: 'attributes',
  stat: 'attributes',
  fstat: 'attributes',
  readdir: 'names',
  realpath: 'names',
  readlink: 'names',
  expandPath: 'names',
  statvfs: 'extended',
  usersGroupsById: 'extended',
  sha256: 'extended',
}
export const replies: Readonly<Record<string, (id: number) => Buffer>> = {
  handle: (id) => answer.handle(id, 'handle'),
  data: (id) => answer.data(id, 'data'),
  attributes: (id) => answer.attributes(id, u32(0)),
  names: (id) => answer.names(id, 'name'),
  extended: (id) => answer.extended(id, ...Array.from({ length: 11 }, () => u64(4)), str('')),
}

/** Asks, answers with these bytes, and gives how the request ended. */
export async function outcomeOf(
  ask: (session: SftpSession) => Promise<unknown>,
  reply: (request: WireRequest, peer: RawPeer) => Buffer,
): Promise<{ outcome: unknown; session: SftpSession; peer: RawPeer }> {
  const { session, peer } = await openRaw({ extensions })
  const outcome = ask(session).catch((error: unknown) => error)
  peer.send(reply(await peer.next(), peer))
  return { outcome: await outcome, session, peer }
}

export async function expectAlive(session: SftpSession, peer: RawPeer): Promise<void> {
  const path = session.realpath('.')
  peer.send(answer.names((await peer.next()).id, '/here'))
  expect(await path).toBe('/here')
  expect(peer.closes).toBe(0)
}

export async function expectDead(session: SftpSession, peer: RawPeer, code: string): Promise<void> {
  for (const { title, ask } of methods) {
    const message = expect.stringMatching(new RegExp(`^${title.replace(/[~.]/g, '\\$&')}: `))
    await expect(ask(session)).rejects.toMatchObject({ name: 'FerryError', code, message })
  }
  expect(peer.closes).toBeGreaterThan(0)
}
