import { readdir, stat } from 'node:fs/promises'
import { isDirectory, isSymlink } from '../model/attributes.ts'
import { decodeName, fsPath } from '../model/name-bytes.ts'
import { orAbort } from '../model/or-abort.ts'
import type { CommandName } from '../script/grammar.ts'
import { joinPath } from '../script/paths.ts'
import { listRemote } from '../script/remote-tree.ts'
import type { SftpSession } from '../sftp/session.ts'
import { isLocal } from './shell-commands.ts'

/** A name in a directory. */
export interface Name {
  readonly name: string
  readonly kind: 'directory' | 'link' | 'other'
}

/** Where names are looked for; what cannot be looked at has none. Paths are as they are typed: with a slash at the end, or empty. */
export interface Side {
  list(directory: string, signal: AbortSignal): Promise<readonly Name[]>
  leadsToDirectory(path: string, signal: AbortSignal): Promise<boolean>
}

export interface Names {
  readonly remote: Side
  readonly local: Side
}

/** Whether the server's names are what they were behind a command. */
const isHarmless = (command: CommandName): boolean => isLocal(command) || ['df', 'get', 'pwd'].includes(command)

/** How long a listing is believed, as others change the server too. */
const believedMs = 30_000
const mostListings = 64

/** What remote names are looked up with. */
export interface RemotePlace {
  readonly session: SftpSession
  /** Where relative paths start. */
  readonly directory: string
}

/** The server's names, listed once until a command may have changed them. */
export class RemoteNames implements Side {
  readonly #place: () => RemotePlace
  readonly #now: () => number
  readonly #listings = new Map<string, { readonly at: number; readonly names: readonly Name[] }>()

  constructor(place: () => RemotePlace, now: () => number = () => performance.now()) {
    this.#place = place
    this.#now = now
  }

  async list(typed: string, signal: AbortSignal): Promise<readonly Name[]> {
    const { session, directory } = this.#place()
    const path = joinPath(directory, typed)
    const known = this.#listings.get(path)
    if (known !== undefined && this.#now() - known.at < believedMs) return known.names
    const names = await namesIn(session, path === '' ? '.' : path, signal)
    if (this.#listings.size >= mostListings) this.#listings.clear()
    if (names !== undefined) this.#listings.set(path, { at: this.#now(), names })
    return names ?? []
  }

  async leadsToDirectory(typed: string, signal: AbortSignal): Promise<boolean> {
    const { session, directory } = this.#place()
    return orAbort(session.stat(joinPath(directory, typed)), signal).then(isDirectory, () => false)
  }

  /** Forgets what a command may have changed. */
  after(command: CommandName | undefined): void {
    if (command === undefined || !isHarmless(command)) this.#listings.clear()
  }
}

async function namesIn(session: SftpSession, path: string, signal: AbortSignal): Promise<Name[] | undefined> {
  try {
    const { entries } = await listRemote(session, path, { signal })
    return entries.map(({ name, attributes }) => ({
      name,
      kind: isDirectory(attributes) ? 'directory' : isSymlink(attributes) ? 'link' : 'other',
    }))
  } catch {
    return undefined
  }
}

/** Names on this machine. */
export function localNames(directory: () => string): Side {
  const locate = (typed: string): string | Buffer => fsPath(joinPath(directory(), typed))
  return {
    async list(typed) {
      const entries = await readdir(locate(typed), { encoding: 'buffer', withFileTypes: true }).catch(() => [])
      return entries.map((entry) => ({
        name: decodeName(Buffer.from(entry.name)),
        kind: entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : 'other',
      }))
    },
    leadsToDirectory: (typed) =>
      stat(locate(typed)).then(
        (found) => found.isDirectory(),
        () => false,
      ),
  }
}
