import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { localReason } from '../errors/local-error.ts'
import { decodeName, fsPath } from '../model/name-bytes.ts'
import { isAbout, type KnownHost, knownHostsLine, parseKnownHosts } from './known-hosts.ts'
import { withKnownHostsLock } from './known-hosts-lock.ts'
import { readFileIfAny } from './read-file.ts'
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
        const bytes = await readFileIfAny(path)
        return { path, entries: bytes === undefined ? [] : parseKnownHosts(decodeName(bytes)) }
      } catch (error) {
        events.note(0, `cannot read ${path}: ${localReason(error)}`)
        return { path, entries: [] }
      }
    }),
  )
}

/**
 * Adds a key to a file, which is made where it is missing; one that has it stays as it is. Several programs may do so at once, ssh among
 * them: each line is one write at the end of the file, wherever that is by then (O_APPEND), so that none is lost and none is mixed with
 * another. The lock is for ferry's own processes, so that each sees what the other has added.
 */
export async function rememberKey(
  path: string,
  name: string,
  key: Buffer,
  hashName: boolean,
  events: TransportEvents,
): Promise<void> {
  try {
    await mkdir(fsPath(dirname(path)), { recursive: true, mode: 0o700 })
    await withKnownHostsLock(path, () => addKey(path, name, key, hashName))
  } catch (error) {
    events.note(0, `cannot add the key of ${name} to ${path}: ${localReason(error)}`)
  }
}

async function addKey(path: string, name: string, key: Buffer, hashName: boolean): Promise<void> {
  const file = await open(fsPath(path), 'a+', 0o600)
  try {
    const text = decodeName(await file.readFile())
    const isThere = (entry: KnownHost): boolean =>
      entry.marker === undefined && entry.key.equals(key) && isAbout(entry, name)
    if (parseKnownHosts(text).some(isThere)) return
    const isOpenLine = text !== '' && !text.endsWith('\n')
    await file.write(`${isOpenLine ? '\n' : ''}${knownHostsLine(name, key, hashName)}`)
  } finally {
    await file.close()
  }
}
