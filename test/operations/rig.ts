import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, onTestFinished } from 'vitest'
import { decodeName, fsPath } from '../../src/model/name-bytes.ts'
import { type RemotePath, remotePath } from '../../src/model/remote-path.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import type { TransferEvent, TransferSummary } from '../../src/transfer/progress.ts'
import { programChannel } from '../sftp/program-channel.ts'
import { findProgram } from '../support/openssh.ts'
import { type ServedPair, servePair } from '../support/sftp-server/serve-pair.ts'
import type { SftpServerOptions } from '../support/sftp-server/sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A session with a directory of its own on the server, and one on this side. */
export interface Rig {
  readonly session: SftpSession
  /** A path in the server's directory, as the session is given it. */
  remote(name?: string): RemotePath
  /** The same file, seen from here. */
  there(name?: string): string
  /** A path in the directory on this side. */
  here(name?: string): string
}

export const signal = new AbortController().signal
const sessionOptions = { timeoutMs: 30_000, signal }

async function freshDirectory(): Promise<string> {
  const directory = await temporaryDirectory()
  onTestFinished(() => directory[Symbol.asyncDispose]())
  return directory.path
}

const within = (directory: string, name = ''): string => (name === '' ? directory : `${directory}/${name}`)

/** Over the scriptable server, whose root is the server's directory: a fresh one, unless another rig's is given. */
export async function servedRig(options: Partial<SftpServerOptions> = {}): Promise<Rig & { pair: ServedPair }> {
  const [root, local] = [options.root ?? (await freshDirectory()), await freshDirectory()]
  const pair = servePair({ ...options, root })
  const session = await openSession(pair.channel, sessionOptions)
  onTestFinished(() => session[Symbol.asyncDispose]())
  return {
    pair,
    session,
    remote: (name) => remotePath(within('', name) || '/'),
    there: (name) => within(root, name),
    here: (name) => within(local, name),
  }
}

/** Over OpenSSH's own sftp-server. */
async function realRig(): Promise<Rig> {
  const [root, local] = [await freshDirectory(), await freshDirectory()]
  const session = await openSession(programChannel(findProgram('sftp-server') ?? '', [], root), sessionOptions)
  onTestFinished(() => session[Symbol.asyncDispose]())
  return {
    session,
    remote: (name) => remotePath(within(root, name)),
    there: (name) => within(root, name),
    here: (name) => within(local, name),
  }
}

/** The same tests over both servers. */
export function overBoth(name: string, suite: (rig: () => Promise<Rig>) => void): void {
  describe(`${name}, over the scriptable server`, () => suite(servedRig))
  describe.skipIf(findProgram('sftp-server') === undefined)(
    `${name}, over OpenSSH's sftp-server (skipped where it is not installed)`,
    () => suite(realRig),
  )
}

/** Writes files below a directory; a name that ends in a slash is a directory. */
export function plant(directory: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name)
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true })
    if (!name.endsWith('/')) writeFileSync(path, content)
  }
}

export interface Seen {
  readonly kind: 'file' | 'directory' | 'link' | 'other'
  readonly mode: number
  readonly mtime: number
  readonly content?: string
}

/** All below a directory: path to what is there; contents as latin1, link targets as their bytes. */
export function harvest(directory: string, below = ''): Map<string, Seen> {
  const found = new Map<string, Seen>()
  for (const bytes of readdirSync(fsPath(directory), { encoding: 'buffer' })) {
    const name = decodeName(bytes)
    const path = fsPath(`${directory}/${name}`)
    const stats = lstatSync(path)
    const common = { mode: stats.mode & 0o7777, mtime: Math.floor(stats.mtimeMs / 1000) }
    const key = below + name
    if (stats.isDirectory()) {
      found.set(key, { kind: 'directory', ...common })
      for (const [deeper, what] of harvest(`${directory}/${name}`, `${key}/`)) found.set(deeper, what)
    } else if (stats.isSymbolicLink()) {
      found.set(key, { kind: 'link', mode: 0, mtime: 0, content: readlinkSync(path, { encoding: 'latin1' }) })
    } else if (stats.isFile()) {
      found.set(key, { kind: 'file', ...common, content: readFileSync(path, { encoding: 'latin1' }) })
    } else {
      found.set(key, { kind: 'other', ...common })
    }
  }
  return found
}

export const namesIn = (directory: string): string[] => [...harvest(directory).keys()].sort()

/** A listener that remembers. */
export function remembered(): { events: TransferEvent[]; listener: (event: TransferEvent) => void } {
  const events: TransferEvent[] = []
  return { events, listener: (event) => void events.push(event) }
}

/** Bytes that tell their place, so that a swapped or missing piece shows. */
export function counted(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32BE(at, at)
  return bytes
}

/** What came of a transfer. */
export async function outcomeOf(
  transfer: Promise<TransferSummary>,
): Promise<{ summary?: TransferSummary; error?: unknown }> {
  try {
    return { summary: await transfer }
  } catch (error) {
    return { error }
  }
}
