import type { Problem } from '../errors/ferry-error.ts'
import type { ConnectionFields } from './connection.ts'
import type { Script } from './script.ts'
import type { Stored } from './state.ts'

/** One manifest with all that it includes: defaults merged, references outside of secrets resolved, every value checked. */
export interface Manifest {
  /** As it was named on the command line. */
  readonly file: string
  /** Owner label of its objects. */
  readonly name?: string
  readonly includedFiles: readonly string[]
  /** In the order of the text; names are unique. */
  readonly connections: readonly Stored<ConnectionFields>[]
  readonly scripts: readonly Stored<Script>[]
  readonly warnings: readonly Problem[]
}
