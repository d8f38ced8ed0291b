import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf } from '../errors/local-error.ts'
import { type Attributes, isDirectory, isFile } from '../model/attributes.ts'
import { setLocalAttributes } from '../operations/set-local-attributes.ts'
import type { CommandRun } from './command-run.ts'
import type { Failures } from './failures.ts'
import { fetchAct, fetchWhole, keep } from './fetch-whole.ts'
import { makeLocalDirectory } from './local-files.ts'
import { appendPath } from './paths.ts'
import { listRemote } from './remote-tree.ts'
import { shownName } from './shown-name.ts'
import { mostLevels, type TransferFlags } from './transfer-flags.ts'

interface Directory {
  readonly from: string
  readonly to: string
  readonly attributes: Attributes
  readonly depth: number
}

/** Downloads a directory with all that is in it, but for links and special files (OpenSSH sftp-client.c, download_dir). */
export class TreeFetch {
  readonly #run: CommandRun
  readonly #flags: TransferFlags
  /** For messages. */
  readonly #command: string
  readonly #failures: Failures

  constructor(run: CommandRun, flags: TransferFlags, command: string, failures: Failures) {
    this.#run = run
    this.#flags = flags
    this.#command = command
    this.#failures = failures
  }

  /** Rejects where the directory itself cannot be had; what fails below it is kept with the failures. */
  async fetch(from: string, to: string, attributes: Attributes): Promise<void> {
    await this.#directory({ from: await this.#run.session.realpath(from), to, attributes, depth: 0 })
  }

  async #directory(directory: Directory): Promise<void> {
    const { session, signal } = this.#run
    const { from, to, attributes, depth } = directory
    if (depth >= mostLevels) {
      throw new FerryError('operation_failed', `${from}: more than ${mostLevels} levels deep`, { path: from })
    }
    await this.#run.print(shownName(`Retrieving ${from}\n`))
    const mode = (attributes.permissions ?? 0o777) & 0o1777
    try {
      makeLocalDirectory(this.#run, to, mode | 0o300)
    } catch (error) {
      if (!(error instanceof FerryError) || errnoOf(error.details.cause) !== 'EEXIST') throw error
    }
    const { entries, refused } = await listRemote(session, from, { complete: true, signal })
    for (const refusal of refused) this.#failures.keep(refusal)
    for (const { name, attributes: found } of entries) {
      signal.throwIfAborted()
      await this.#entry({ from: appendPath(from, name), to: appendPath(to, name), attributes: found, depth: depth + 1 })
    }
    await this.#seal(directory, mode)
  }

  async #entry(entry: Directory): Promise<void> {
    const { from, to, attributes } = entry
    try {
      if (isDirectory(attributes)) await this.#directory(entry)
      else if (isFile(attributes)) await fetchWhole(this.#run, from, to, attributes, this.#flags)
      else await this.#run.remark(`${this.#command} ${from}: skipped, not a regular file`)
    } catch (error) {
      this.#failures.add(fetchAct(this.#command, from, to, error), error, from)
    }
  }

  /** sftp keeps a directory's times with -p, and its mode only where the owner could not have filled it. */
  async #seal({ to, attributes: { times } }: Directory, mode: number): Promise<void> {
    const set = (attributes: Attributes): Promise<void> =>
      keep(this.#run, to, () => setLocalAttributes(this.#run.session, this.#run.local(to), attributes))
    if (this.#flags.preserve && times !== undefined) await set({ times })
    if ((mode & 0o300) !== 0o300) await set({ permissions: mode })
  }
}
