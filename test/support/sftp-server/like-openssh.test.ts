import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { programPath } from '../openssh.ts'
import { describeWithSshd } from '../requirements.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { type RawAnswer, RawClient } from './raw-client.ts'
import { servePair } from './serve-pair.ts'
import { attributes, packetType, string, uint32, uint64, type WireAttributes } from './wire.ts'

/** Asks something of a server, and tells what came, without what differs between any two runs. */
type Dialogue = (client: RawClient, seen: (answer: RawAnswer) => RawAnswer) => Promise<void>

const flags = { read: 1, write: 2, append: 4, create: 8, truncate: 16, exclusive: 32 }
const paths = (...list: readonly string[]): Buffer[] => list.map((path) => string(path))
const none: WireAttributes = {}

const dialogues: Readonly<Record<string, Dialogue>> = {
  'a file that is written and read': async (client, seen) => {
    const { handle = Buffer.of() } = seen(await client.open('a', flags.write | flags.create, { permissions: 0o640 }))
    seen(await client.write(handle, 0, 'hello'))
    seen(await client.write(handle, 8, 'world'))
    seen(await client.ask(packetType.fstat, string(handle)))
    seen(await client.read(handle, 0, 5))
    seen(await client.extended('fsync@openssh.com', string(handle)))
    seen(await client.ask(packetType.close, string(handle)))
    seen(await client.ask(packetType.close, string(handle)))
    const again = seen(await client.open('a', flags.read))
    seen(await client.read(again.handle ?? Buffer.of(), 0, 100))
    seen(await client.read(again.handle ?? Buffer.of(), 3, 7))
    seen(await client.read(again.handle ?? Buffer.of(), 13, 1))
    seen(await client.write(again.handle ?? Buffer.of(), 0, 'x'))
  },
  'the flags of OPEN': async (client, seen) => {
    seen(await client.open('a', flags.read))
    seen(await client.open('a', flags.write))
    const made = seen(await client.open('a', flags.write | flags.create | flags.exclusive))
    seen(await client.write(made.handle ?? Buffer.of(), 0, 'hello'))
    seen(await client.open('a', flags.write | flags.create | flags.exclusive))
    const appending = seen(await client.open('a', flags.write | flags.append))
    seen(await client.write(appending.handle ?? Buffer.of(), 0, ' world'))
    seen(await client.ask(packetType.stat, ...paths('a')))
    seen(await client.open('a', flags.write | flags.truncate))
    seen(await client.ask(packetType.stat, ...paths('a')))
    seen(await client.open('missing/a', flags.write | flags.create))
    seen(await client.open('a/b', flags.write | flags.create))
    seen(await client.open('made/', flags.write | flags.create))
    seen(await client.open('', flags.read))
  },
  directories: async (client, seen) => {
    seen(await client.ask(packetType.mkdir, ...paths('d'), attributes({ permissions: 0o750 })))
    seen(await client.ask(packetType.mkdir, ...paths('d'), attributes(none)))
    seen(await client.ask(packetType.mkdir, ...paths('e/'), attributes(none)))
    seen(await client.ask(packetType.mkdir, ...paths('missing/d'), attributes(none)))
    seen(await client.ask(packetType.stat, ...paths('d')))
    seen(await client.open('d', flags.read))
    seen(await client.open('d', flags.write))
    seen(await client.open('d/a', flags.write | flags.create))
    seen(await client.ask(packetType.rmdir, ...paths('d')))
    seen(await client.ask(packetType.remove, ...paths('d')))
    seen(await client.ask(packetType.rmdir, ...paths('d/a')))
    seen(await client.ask(packetType.remove, ...paths('d/a')))
    seen(await client.ask(packetType.rmdir, ...paths('d')))
    seen(await client.ask(packetType.rmdir, ...paths('d')))
  },
  listings: async (client, seen) => {
    seen(await client.ask(packetType.opendir, ...paths('missing')))
    const { handle = Buffer.of() } = seen(await client.ask(packetType.opendir, ...paths('.')))
    seen(await client.ask(packetType.readdir, string(handle)))
    seen(await client.ask(packetType.readdir, string(handle)))
    seen(await client.ask(packetType.readdir, string(handle)))
    seen(await client.read(handle, 0, 1))
    seen(await client.ask(packetType.close, string(handle)))
    seen(await client.ask(packetType.readdir, string(handle)))
    await client.open('a', flags.write | flags.create)
    seen(await client.ask(packetType.opendir, ...paths('a')))
    seen(await client.ask(packetType.opendir, ...paths('a/')))
  },
  'long listings come a hundred names at a time': async (client, seen) => {
    for (let index = 0; index < 150; index += 1)
      await client.ask(packetType.mkdir, ...paths(`d${index}`), attributes(none))
    const { handle = Buffer.of() } = seen(await client.ask(packetType.opendir, ...paths('.')))
    for (let batch = 0; batch < 3; batch += 1) {
      const answer = await client.ask(packetType.readdir, string(handle))
      // Their order is the file system's.
      seen({ ...answer, ...(answer.names && { names: [], code: answer.names.length }) })
    }
  },
  renaming: async (client, seen) => {
    await client.open('a', flags.write | flags.create)
    await client.open('b', flags.write | flags.create)
    await client.ask(packetType.mkdir, ...paths('d'), attributes(none))
    seen(await client.ask(packetType.rename, ...paths('a', 'b')))
    seen(await client.ask(packetType.rename, ...paths('a', 'c')))
    seen(await client.ask(packetType.rename, ...paths('a', 'c')))
    seen(await client.ask(packetType.rename, ...paths('d', 'e')))
    seen(await client.ask(packetType.rename, ...paths('e', 'b')))
    seen(await client.extended('posix-rename@openssh.com', ...paths('c', 'b')))
    seen(await client.extended('posix-rename@openssh.com', ...paths('c', 'b')))
    seen(await client.extended('posix-rename@openssh.com', ...paths('b', 'e')))
    seen(await client.extended('posix-rename@openssh.com', ...paths('b', 'missing/b')))
    seen(await client.extended('hardlink@openssh.com', ...paths('b', 'h')))
    seen(await client.extended('hardlink@openssh.com', ...paths('b', 'h')))
    seen(await client.extended('hardlink@openssh.com', ...paths('missing', 'i')))
  },
  links: async (client, seen) => {
    seen(await client.ask(packetType.symlink, ...paths('missing', 'l')))
    seen(await client.ask(packetType.symlink, ...paths('missing', 'l')))
    seen(await client.ask(packetType.readlink, ...paths('l')))
    seen(await client.ask(packetType.lstat, ...paths('l')))
    seen(await client.ask(packetType.stat, ...paths('l')))
    seen(await client.open('l', flags.read))
    seen(await client.open('l', flags.write | flags.create | flags.exclusive))
    seen(await client.open('l', flags.write | flags.create))
    seen(await client.ask(packetType.stat, ...paths('missing')))
    seen(await client.ask(packetType.readlink, ...paths('missing')))
    seen(await client.ask(packetType.readlink, ...paths('nowhere')))
    seen(await client.ask(packetType.symlink, ...paths('.', 'here')))
    seen(await client.ask(packetType.lstat, ...paths('here/missing')))
    seen(await client.ask(packetType.lstat, ...paths('here/')))
    seen(await client.ask(packetType.lstat, ...paths('here')))
    seen(await client.ask(packetType.symlink, ...paths('loop', 'loop')))
    seen(await client.ask(packetType.stat, ...paths('loop')))
    seen(await client.ask(packetType.remove, ...paths('here')))
    seen(await client.ask(packetType.rmdir, ...paths('l')))
    seen(await client.ask(packetType.remove, ...paths('l')))
    seen(await client.ask(packetType.lstat, ...paths('missing')))
  },
  'paths made whole': async (client, seen) => {
    await client.ask(packetType.mkdir, ...paths('d'), attributes(none))
    await client.open('d/a', flags.write | flags.create)
    await client.ask(packetType.symlink, ...paths('d', 'l'))
    await client.ask(packetType.symlink, ...paths('d/missing', 'dangling'))
    for (const path of ['', '.', 'd', 'd/', 'd/..', 'l/a', 'l/missing', 'missing/a', 'd/a/b', 'dangling', './/d//a']) {
      seen(await client.ask(packetType.realpath, ...paths(path)))
    }
    seen(await client.extended('expand-path@openssh.com', ...paths('l/a')))
    seen(await client.extended('expand-path@openssh.com', ...paths('~no-such-user/a')))
  },
  'attributes that are changed': async (client, seen) => {
    const { handle = Buffer.of() } = await client.open('a', flags.write | flags.create)
    await client.write(handle, 0, 'hello')
    const times = { atime: 1_000_000_000, mtime: 1_100_000_000 }
    seen(await client.ask(packetType.setstat, ...paths('a'), attributes({ size: 3, permissions: 0o4711, times })))
    seen(await client.ask(packetType.stat, ...paths('a')))
    seen(await client.ask(packetType.fsetstat, string(handle), attributes({ size: 9, permissions: 0o600 })))
    seen(await client.ask(packetType.fstat, string(handle)))
    await client.ask(packetType.symlink, ...paths('a', 'l'))
    seen(await client.extended('lsetstat@openssh.com', ...paths('l'), attributes({ times })))
    seen(await client.extended('lsetstat@openssh.com', ...paths('l'), attributes({ permissions: 0o600 })))
    seen(await client.extended('lsetstat@openssh.com', ...paths('l'), attributes({ size: 1 })))
    seen(await client.extended('lsetstat@openssh.com', ...paths('a'), attributes({ permissions: 0o640 })))
    seen(await client.ask(packetType.stat, ...paths('l')))
    seen(await client.ask(packetType.lstat, ...paths('l')))
    seen(await client.ask(packetType.setstat, ...paths('missing'), attributes({ permissions: 0o600 })))
    seen(await client.ask(packetType.setstat, ...paths('missing'), attributes(none)))
    seen(await client.ask(packetType.fsetstat, string('none'), attributes({ permissions: 0o600 })))
  },
  'data that is copied on the server': async (client, seen) => {
    const from = await client.open('a', flags.read | flags.write | flags.create)
    const to = await client.open('b', flags.read | flags.write | flags.create)
    const [source = Buffer.of(), target = Buffer.of()] = [from.handle, to.handle]
    await client.write(source, 0, 'hello world')
    const copy = (...[one, offset, length, other, at]: [Buffer, number, number, Buffer, number]): Promise<RawAnswer> =>
      client.extended('copy-data', string(one), uint64(offset), uint64(length), string(other), uint64(at))
    seen(await copy(source, 6, 3, target, 2))
    seen(await client.read(target, 0, 100))
    seen(await copy(source, 0, 0, target, 0))
    seen(await client.read(target, 0, 100))
    seen(await copy(source, 6, 100, target, 0))
    seen(await client.read(target, 0, 100))
    seen(await copy(source, 0, 5, source, 20))
    seen(await copy(source, 0, 5, Buffer.from('none'), 0))
  },
  'names of users and groups': async (client, seen) => {
    const ids = (...list: readonly number[]): Buffer => string(Buffer.concat(list.map(uint32)))
    seen(await client.extended('users-groups-by-id@openssh.com', ids(0, 4_000_000_000), ids(0)))
    seen(await client.extended('users-groups-by-id@openssh.com', ids(), ids()))
  },
  limits: async (client, seen) => {
    const answer = await client.extended('limits@openssh.com')
    // How many files may be open is the system's.
    seen({ ...answer, ...(answer.payload && { payload: answer.payload.subarray(0, 24) }) })
  },
  'what is not known': async (client, seen) => {
    seen(await client.extended('no-such@openssh.com', string('x')))
    seen(await client.extended('read', string('x')))
    seen(await client.ask(packetType.readdir, string('none')))
    seen(await client.read(Buffer.of(), 0, 1))
  },
  'names that are not UTF-8, or strange': async (client, seen) => {
    for (const name of [Buffer.of(0x61, 0xff), ' ', '-rf', 'a\nb', '*', 'é', '…'.repeat(90)]) {
      seen(await client.open(name, flags.write | flags.create))
      seen(await client.ask(packetType.lstat, string(name)))
      seen(await client.ask(packetType.remove, string(name)))
    }
  },
}

/** What two servers must agree on. Times of what the dialogue did not set are not told. */
function comparable({ id: _id, handle, message, names, attributes: told, ...answer }: RawAnswer): object {
  const stable = ({ size, owner, permissions, times }: WireAttributes): object => ({
    // The size of a directory is the file system's affair.
    ...(permissions !== undefined && (permissions & 0o170000) !== 0o040000 && { size }),
    owner,
    permissions,
    ...(times !== undefined && times.mtime < 1_200_000_000 && { mtime: times.mtime }),
  })
  return {
    ...answer,
    ...(handle && { handle: handle.length }),
    ...(message !== undefined && { message }),
    ...(told && { attributes: stable(told) }),
    ...(names && { names: names.map(({ name, attributes: each }) => ({ name, ...stable(each) })).sort(byName) }),
  }
}

const byName = (one: { name: string }, other: { name: string }): number => (one.name < other.name ? -1 : 1)

/** `root` is what the client of one server sees as `/`, and the other's does not see. */
async function hold(client: RawClient, dialogue: Dialogue, root: string): Promise<object[]> {
  const answers: object[] = []
  await client.start()
  await dialogue(client, (answer) => {
    const names = answer.names?.map((entry) => ({ ...entry, name: entry.name.replace(root, '') }))
    answers.push(comparable({ ...answer, ...(names && { names }) }))
    return answer
  })
  return answers
}

async function holdWithOpenssh(dialogue: Dialogue): Promise<object[]> {
  await using directory = await temporaryDirectory()
  const start = join(directory.path, 'start')
  await mkdir(start)
  const child = spawn(programPath('sftp-server'), ['-d', start], { stdio: ['pipe', 'pipe', 'ignore'] })
  try {
    return await hold(new RawClient(child.stdout, child.stdin), dialogue, directory.path)
  } finally {
    child.kill()
  }
}

async function holdWithOurs(dialogue: Dialogue): Promise<object[]> {
  await using directory = await temporaryDirectory()
  await mkdir(join(directory.path, 'start'))
  await using pair = servePair({ root: directory.path, startDirectory: '/start' })
  const { stream } = pair.channel
  return await hold(new RawClient(stream, stream), dialogue, '')
}

describeWithSshd('the scriptable server answers as sftp-server does', () => {
  test.each(Object.entries(dialogues))('%s', async (_name, dialogue) => {
    const [theirs, ours] = await Promise.all([holdWithOpenssh(dialogue), holdWithOurs(dialogue)])
    expect(ours).toEqual(theirs)
  })
})
