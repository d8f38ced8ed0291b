import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { FerryError, type Place } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import { isDirectory } from '../model/attributes.ts'
import { decodeName, fsPath } from '../model/name-bytes.ts'
import type { SftpSession } from '../sftp/session.ts'
import { failed } from './failures.ts'
import { type GlobOptions, glob, type Matches } from './glob.ts'
import type { PathPattern } from './match.ts'
import { joinPath } from './paths.ts'
import { remoteTree } from './remote-tree.ts'

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

export interface RunOptions {
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
  /** Width of the listing's columns; 80 unless said otherwise. */
  readonly columns?: number
  readonly signal: AbortSignal
}

/** The state of a running script: directories, mask, output. Neither the process's directory nor its mask is ever changed. */
export class Interpreter {
  readonly session: SftpSession
  readonly preferences: ScriptPreferences
  readonly options: RunOptions
  /** Where a `cd` without path goes back to. */
  readonly startDirectory: string
  /** The remote directory. */
  directory: string
  /** Absolute, without links. */
  localDirectory: string
  /** The mask that `lumask` set. */
  umask: number | undefined
  showsProgress = false
  /** Nothing runs after this command. */
  isOver = false
  /** Of the command that runs. */
  place: Place
  /** Whether it goes on where it can, as nobody minds its failure. */
  ignoresFailure = false
  #output: string[] = []

  private constructor({ session, preferences }: ScriptRemote, options: RunOptions, place: Place, directory: string) {
    this.session = session
    this.preferences = preferences
    this.options = options
    this.place = place
    this.startDirectory = directory
    this.directory = directory
    this.localDirectory = enterable('/', resolve(options.localDirectory))
  }

  static async start(remote: ScriptRemote, options: RunOptions, place: Place): Promise<Interpreter> {
    const { session, preferences } = remote
    const directory =
      preferences.directory === undefined
        ? await session.realpath('.')
        : await remoteDirectory(session, preferences.directory, `change to the directory ${preferences.directory}`)
    return new Interpreter(remote, options, place, directory)
  }

  get signal(): AbortSignal {
    return this.options.signal
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
    this.directory = await remoteDirectory(this.session, path, act)
  }

  changeLocalDirectory(path: string): void {
    this.localDirectory = enterable(this.localDirectory, path)
  }

  /** The answer of a command. */
  async print(text: string): Promise<void> {
    if (this.options.keepOutput !== false) this.#output.push(text)
    await this.options.onOutput?.(text)
  }

  /** What is no answer and no failure, one line. */
  async remark(text: string): Promise<void> {
    await this.options.onErrorOutput?.(`${text}\n`)
  }

  begin(place: Place, ignoresFailure: boolean): void {
    this.place = place
    this.ignoresFailure = ignoresFailure
  }

  takeOutput(): string {
    return this.#output.splice(0).join('')
  }
}

/** The real path of a remote directory. Links are resolved, so that `..` is the parent of where they lead. */
async function remoteDirectory(session: SftpSession, path: string, act: string): Promise<string> {
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
function enterable(from: string, path: string): string {
  const there = joinPath(from, path)
  try {
    if (!statSync(fsPath(there)).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' })
    accessSync(fsPath(there), constants.X_OK)
    return decodeName(realpathSync.native(fsPath(there), { encoding: 'buffer' }))
  } catch (error) {
    throw localError('change to the local directory', path, error)
  }
}
