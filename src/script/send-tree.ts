import { lstatSync, type Stats, statSync } from 'node:fs'
import { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import { isDirectory } from '../model/attributes.ts'
import { fsPath } from '../model/name-bytes.ts'
import { glance } from '../operations/glance.ts'
import { endsAll, reasonOf } from '../transfer/transfer-error.ts'
import { timesOf } from '../transfer/upload-file.ts'
import type { CommandRun } from './command-run.ts'
import type { Failures } from './failures.ts'
import { listLocal } from './local-tree.ts'
import { appendPath } from './paths.ts'
import { sendAct, sendWhole } from './send-whole.ts'
import { shownName } from './shown-name.ts'
import { mostLevels, type TransferFlags } from './transfer-flags.ts'

interface Directory {
  readonly from: string
  readonly to: string
  readonly stats: Stats
  readonly depth: number
}

/** Uploads a directory with all that is in it, but for links and special files (OpenSSH sftp-client.c, upload_dir). */
export class TreeSend {
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

  /** Rejects where the directory itself cannot be sent; what fails below it is kept with the failures. */
  async send(from: string, to: string): Promise<void> {
    const stats = lookAt(this.#run, from, statSync)
    await this.#directory({ from, to: await this.#run.session.realpath(to), stats, depth: 0 })
  }

  async #directory(directory: Directory): Promise<void> {
    const { from, to, stats, depth } = directory
    if (depth >= mostLevels) {
      throw new FerryError('operation_failed', `${from}: more than ${mostLevels} levels deep`, { path: from })
    }
    await this.#run.print(shownName(`Entering ${from}\n`))
    const isNew = await this.#make(to, stats)
    for (const name of listLocal(this.#run.local, from)) {
      this.#run.signal.throwIfAborted()
      await this.#entry(appendPath(from, name), appendPath(to, name), depth + 1)
    }
    if (isNew || this.#flags.preserve) await this.#seal(directory)
  }

  async #entry(from: string, to: string, depth: number): Promise<void> {
    try {
      const stats = lookAt(this.#run, from, lstatSync)
      if (stats.isDirectory()) await this.#directory({ from, to, stats, depth })
      else if (stats.isFile()) await sendWhole(this.#run, from, to, this.#flags)
      else await this.#run.remark(`${this.#command} ${from}: skipped, not a regular file`)
    } catch (error) {
      this.#failures.add(sendAct(this.#command, from, to, error), error, from)
    }
  }

  /** Gives whether the directory is new. Until the end its owner can fill it. */
  async #make(path: string, { mode }: Stats): Promise<boolean> {
    const { session, signal } = this.#run
    try {
      await session.mkdir(path, { permissions: (mode & 0o1777) | 0o300 })
      return true
    } catch (error) {
      if (endsAll(error)) throw error
      const existing = await glance(session, path, signal, 'stat')
      if (existing === undefined) throw error
      if (isDirectory(existing)) return false
      throw new FerryError('wrong_kind', `${path}: exists and is not a directory`, { path, cause: error })
    }
  }

  /** The exact mode, whatever the server's mask; with -p the times too. */
  async #seal({ to, stats }: Directory): Promise<void> {
    const times = this.#flags.preserve ? { times: timesOf(stats) } : {}
    try {
      await this.#run.session.setstat(to, { permissions: stats.mode & 0o1777, ...times })
    } catch (error) {
      if (endsAll(error) || !(error instanceof FerryError)) throw error
      await this.#run.remark(`${to}: attributes not kept: ${reasonOf(error)}`)
    }
  }
}

function lookAt(run: CommandRun, path: string, look: (path: string | Buffer) => Stats): Stats {
  try {
    return look(fsPath(run.local(path)))
  } catch (error) {
    throw localError('stat', path, error)
  }
}
