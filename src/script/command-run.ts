import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { FerryError, type Place } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import { isDirectory } from '../model/attributes.ts'
import { decodeName, fsPath } from '../model/name-bytes.ts'
import type { SftpSession } from '../sftp/session.ts'
import type { TransferEvent } from '../transfer/progress.ts'
import { TransferReport } from '../transfer/transfer-report.ts'
import { failed } from './failures.ts'
import { type GlobOptions, glob, type Matches } from './glob.ts'
import type { PathPattern } from './match.ts'
import { joinPath } from './paths.ts'
import { remoteTree } from './remote-tree.ts'
import type { RunLocal } from './run-program.ts'
import type { ScriptState } from './script-state.ts'
import { oneLine } from './shown-name.ts'

/** What a script runs on; an open connection is one. */
export interface ScriptRemote {
  readonly session: SftpSession
  readonly preferences: ScriptPreferences
}

export interface ScriptPreferences {
  /** Where relative paths and the script start; the login directory where it is left out. */
  readonly directory?: string
  /** Whether `!` and `lls` may run. */
  readonly localCommands: boolean
  /** As `-p` on every transfer. */
  readonly preserveMetadata?: boolean
  /** As `-f` on every transfer. */
  readonly fsync: boolean
  readonly bufferSize?: number
  readonly requests?: number
}

export interface SessionOptions {
  /** For the local shell. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Where local paths start; the process's own directory is left alone. */
  readonly localDirectory: string
  /** What the commands print, as it comes; waited for. */
  readonly onOutput?: (text: string) => void | Promise<void>
  /** What local programs print on stderr, and remarks that are no failure, such as links that a transfer skips. */
  readonly onErrorOutput?: (text: string) => void | Promise<void>
  /** Whether results hold the output as well; true unless said otherwise. */
  readonly keepOutput?: boolean
  /** Width of the listing's columns, asked at each; 80 unless said otherwise. */
  readonly columns?: () => number
  /** Whether transfers go by a temporary name that becomes the final one in one step. */
  readonly atomic?: boolean
  /** As sftp without -b: commands go on after a match that failed, and no failure is the last. */
  readonly goesOn?: boolean
  /** Told of transfers (`found`, `moved`, `done`) while the progress meter is on. */
  readonly onTransfer?: (event: TransferEvent, verb: TransferVerb) => void
  /** Runs a local program instead of a child whose output is the script's; gives what went wrong in words. */
  readonly runLocal?: RunLocal
  /** For places in messages; `-` unless said otherwise. */
  readonly file?: string
  /** Whether the progress meter is on at the start; false unless said otherwise. */
  readonly showsProgress?: boolean
}

export type TransferVerb = 'upload' | 'download'

/** What one command is run with. */
interface RunContext {
  readonly remote: ScriptRemote
  readonly options: SessionOptions
  readonly state: ScriptState
  readonly place: Place
  /** Whether it goes on where it can, as nobody minds its failure. */
  readonly goesOn: boolean
  readonly signal: AbortSignal
}

/** One command of a script under way. After its signal's abort it prints and changes nothing more. */
export class CommandRun {
  readonly session: SftpSession
  readonly preferences: ScriptPreferences
  readonly options: SessionOptions
  readonly state: ScriptState
  readonly place: Place
  readonly goesOn: boolean
  readonly signal: AbortSignal
  #output: string[] = []

  constructor({ remote, options, state, place, goesOn, signal }: RunContext) {
    this.session = remote.session
    this.preferences = remote.preferences
    this.options = options
    this.state = state
    this.place = place
    this.goesOn = goesOn
    this.signal = signal
  }

  /** The remote directory. */
  get directory(): string {
    return this.state.directory
  }

  get localDirectory(): string {
    return this.state.localDirectory
  }

  get umask(): number | undefined {
    return this.state.umask
  }

  /** Where a remote path is, seen from the remote directory. */
  remote(path: string): string {
    return joinPath(this.directory, path)
  }

  /** Where a local path is, seen from the local directory. */
  readonly local = (path: string): string => (path === '' ? '' : joinPath(this.localDirectory, path))

  globRemote(patterns: readonly PathPattern[], options: GlobOptions): Promise<Matches> {
    return glob(remoteTree(this.session, this.signal), patterns, options)
  }

  async changeDirectory(path: string, act: string): Promise<void> {
    const directory = await remoteDirectory(this.session, path, act)
    this.signal.throwIfAborted()
    this.state.directory = directory
  }

  changeLocalDirectory(path: string): void {
    this.state.localDirectory = enterable(this.localDirectory, path)
  }

  /** The answer of a command. */
  async print(text: string): Promise<void> {
    this.signal.throwIfAborted()
    if (this.options.keepOutput !== false) this.#output.push(text)
    await this.options.onOutput?.(text)
  }

  /** What is no answer and no failure, one line of raw text: who prints it escapes the rest. */
  async remark(text: string): Promise<void> {
    await this.options.onErrorOutput?.(`${oneLine(text)}\n`)
  }

  takeOutput(): string {
    return this.#output.splice(0).join('')
  }

  /** Tells of one command's transfers, while that is wanted. */
  report(verb: TransferVerb): TransferReport | undefined {
    const { onTransfer } = this.options
    return onTransfer === undefined || !this.state.showsProgress
      ? undefined
      : new TransferReport((event) => onTransfer(event, verb))
  }
}

/** The real path of a remote directory. Links are resolved, so that `..` is the parent of where they lead. */
export async function remoteDirectory(session: SftpSession, path: string, act: string): Promise<string> {
  try {
    const real = await session.realpath(path)
    const attributes = await session.stat(real)
    if (attributes.permissions === undefined) {
      throw new FerryError('wrong_kind', `${path}: the server does not say whether it is a directory`, { path })
    }
    if (!isDirectory(attributes)) throw new FerryError('wrong_kind', `${path}: not a directory`, { path })
    return real
  } catch (error) {
    throw failed(act, error, path)
  }
}

/** A local directory that could be changed to, as getcwd(3) would then tell it. */
export function enterable(from: string, path: string): string {
  const there = joinPath(from, path)
  try {
    if (!statSync(fsPath(there)).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' })
    accessSync(fsPath(there), constants.X_OK)
    return decodeName(realpathSync.native(fsPath(there), { encoding: 'buffer' }))
  } catch (error) {
    throw localError('change to the local directory', path, error)
  }
}
