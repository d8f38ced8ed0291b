import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf, localReason } from '../errors/local-error.ts'
import { decodeName, fsPath } from '../model/name-bytes.ts'
import { type KnownHost, knownHostsLine, parseKnownHosts } from './known-hosts.ts'
import type { TransportEvents } from './transport.ts'

export interface KnownHostsFile {
  readonly path: string
  readonly entries: readonly KnownHost[]
}

/** Reads known_hosts files; one that is not there is empty, one that cannot be read is a warning. */
export async function loadKnownHosts(paths: readonly string[], events: TransportEvents): Promise<KnownHostsFile[]> {
  return Promise.all(
    paths.map(async (path) => {
      try {
        return { path, entries: parseKnownHosts(decodeName(await readFile(fsPath(path)))) }
      } catch (error) {
        const errno = errnoOf(error)
        if (errno !== 'ENOENT' && errno !== 'ENOTDIR') events.note(0, `cannot read ${path}: ${localReason(error)}`)
        return { path, entries: [] }
      }
    }),
  )
}

/** Adds a key to a file, which is made where it is missing. Several may do so at once: each line is one write at the end. */
export async function rememberKey(
  path: string,
  name: string,
  key: Buffer,
  hashName: boolean,
  events: TransportEvents,
): Promise<void> {
  try {
    await mkdir(fsPath(dirname(path)), { recursive: true, mode: 0o700 })
    const file = await open(fsPath(path), 'a+', 0o600)
    try {
      const { size } = await file.stat()
      const last = Buffer.alloc(1)
      if (size > 0) await file.read(last, 0, 1, size - 1)
      const isOpenLine = size > 0 && last.toString('latin1') !== '\n'
      await file.write(`${isOpenLine ? '\n' : ''}${knownHostsLine(name, key, hashName)}`)
    } finally {
      await file.close()
    }
  } catch (error) {
    events.note(0, `cannot add the key of ${name} to ${path}: ${localReason(error)}`)
  }
}
