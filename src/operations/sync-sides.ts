import { lstatSync, mkdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { resolve } from 'node:path'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf, localError } from '../errors/local-error.ts'
import { type Attributes, isDirectory } from '../model/attributes.ts'
import { fsPath } from '../model/name-bytes.ts'
import type { RemotePath } from '../model/remote-path.ts'
import { asLocalChange } from '../sftp/audited-session.ts'
import { downloadFile } from '../transfer/download-file.ts'
import { uploadFile } from '../transfer/upload-file.ts'
import { once } from './once.ts'
import { placeLink } from './place-link.ts'
import { placeLocalLink } from './place-local-link.ts'
import { setLocalAttributes } from './set-local-attributes.ts'
import { localPlace, remotePlace } from './sync-listing.ts'
import type { SyncEntry, SyncStep } from './sync-plan.ts'
import type { TransferRun } from './transfer-run.ts'

/** The side that is made like the other. */
export interface SyncSide {
  /** Both places of a path, as the user would type them. */
  places(path: string): { readonly from: string; readonly to: string }
  makeDirectory(entry: SyncEntry): Promise<void>
  /** Gives the number of bytes moved. */
  copy(step: SyncStep): Promise<number>
  link(entry: SyncEntry): Promise<void>
  setAttributes(entry: SyncEntry): Promise<void>
  /** The thing itself, never what a link points to. */
  remove(entry: SyncEntry): Promise<void>
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** Looks once at each directory from the root down to `path`: none of them may have become a link, which would lead out of the tree. */
function stillInTree(isDirectoryAt: (path: string) => Promise<boolean>): (path: string) => Promise<boolean> {
  const looks = new Map<string, () => Promise<boolean>>()
  const look = (path: string): Promise<boolean> => {
    if (path === '') return Promise.resolve(true)
    const known = looks.get(path) ?? once(async () => (await look(parentOf(path))) && (await isDirectoryAt(path)))
    looks.set(path, known)
    return known()
  }
  return look
}

const left = (path: string): FerryError =>
  new FerryError('operation_failed', `${path}: its directory is no directory any more`, { path })

/** The server's side. */
export function remoteSide(run: TransferRun, local: string, remote: RemotePath, fsync: boolean): SyncSide {
  const { session, overwrite, leftovers } = run
  const copying = { ...run.copying(fsync), preserve: true, leftovers }
  const places = (path: string) => ({ from: localPlace(local, path), to: remotePlace(remote, path) })
  const inTree = stillInTree(async (path) => isDirectory(await session.lstat(remotePlace(remote, path))))
  return {
    places,
    makeDirectory: (entry) => session.mkdir(places(entry.path).to, { permissions: (entry.mode ?? 0o777) | 0o300 }),
    copy: ({ entry, fresh }) => {
      const { from, to } = places(entry.path)
      return uploadFile(session, from, to, copying, { fresh })
    },
    link: ({ path, target = '' }) => placeLink(session, target, places(path).to, { overwrite, leftovers }),
    setAttributes: (entry) => session.setstat(places(entry.path).to, attributesOf(entry)),
    remove: async ({ path, kind }) => {
      const { to } = places(path)
      if (!(await inTree(parentOf(path)))) throw left(to)
      await (kind === 'directory' ? session.rmdir(to) : session.remove(to)).catch((error: unknown) => {
        // It is gone, whoever did it.
        if (!(error instanceof FerryError) || error.code !== 'not_found') throw error
      })
    },
  }
}

/** This machine's side. */
export function localSide(run: TransferRun, local: string, remote: RemotePath, fsync: boolean): SyncSide {
  const { session, overwrite, closing } = run
  const copying = { ...run.copying(fsync), preserve: true, closing }
  const places = (path: string) => ({ from: remotePlace(remote, path), to: localPlace(local, path) })
  const inTree = stillInTree(async (path) => lstatSync(fsPath(localPlace(local, path))).isDirectory())
  return {
    places,
    makeDirectory: async (entry) => {
      const { to } = places(entry.path)
      attempt('mkdir', to, () => {
        const change = { operation: 'mkdir', path: resolve(to) } as const
        asLocalChange(session, change, () => mkdirSync(fsPath(to), (entry.mode ?? 0o777) | 0o700))
      })
    },
    copy: ({ entry }) => {
      const { from, to } = places(entry.path)
      return downloadFile(session, from, { ...attributesOf(entry), size: entry.size }, to, copying)
    },
    link: async ({ path, target = '' }) => placeLocalLink(session, target, local, path, overwrite),
    setAttributes: async (entry) => {
      const { to } = places(entry.path)
      attempt('set attributes of', to, () => setLocalAttributes(session, to, attributesOf(entry)))
    },
    remove: async ({ path, kind }) => {
      const { to } = places(path)
      const isInTree = await inTree(parentOf(path)).catch((error: unknown) => {
        throw localError('stat', to, error)
      })
      if (!isInTree) throw left(to)
      const unlink = (): void => (kind === 'directory' ? rmdirSync(fsPath(to)) : unlinkSync(fsPath(to)))
      const change = { operation: 'delete', path: resolve(to) } as const
      attempt('delete', to, () => asLocalChange(session, change, unlink), ['ENOENT'])
    },
  }
}

function attempt(act: string, path: string, work: () => void, fine: readonly string[] = []): void {
  try {
    work()
  } catch (error) {
    if (!fine.includes(errnoOf(error) ?? '')) throw localError(act, path, error)
  }
}

const attributesOf = ({ mode, mtime }: SyncEntry): Attributes => ({
  ...(mode !== undefined && { permissions: mode }),
  ...(mtime !== undefined && { times: { atime: mtime, mtime } }),
})
