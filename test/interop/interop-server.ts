import type { needs } from '../support/needs.ts'

/** An SFTP server of the wild, as its Debian package has it. */
export interface InteropServer {
  /** As docs/interop.md calls it. */
  readonly name: string
  readonly need: keyof typeof needs
  /** Only root can give it what it needs. */
  readonly asRoot?: true
  readonly lacks?: readonly Lack[]
  start(): Promise<RunningServer>
}

/** What a server cannot do; the suite holds what users see then. */
export type Lack =
  | 'symlinks'
  /** A relative target is stored as it is written. */
  | 'storing link targets'
  /** A relative target is told as it is stored; else it is told absolute. */
  | 'reading link targets'
  | 'modes'
  | 'names that are not UTF-8'
  | 'appending'
  | 'resuming uploads'
  | 'df'

export interface RunningServer extends AsyncDisposable {
  readonly port: number
  readonly username: string
  readonly identityFile: string
  readonly knownHostsFile: string
  /** Where relative remote paths start, on this machine's disk. */
  readonly directory: string
  /** What it wrote on its streams so far. */
  log(): string
}
