import type { WindowOptions } from '../transfer/transfer-window.ts'
import type { Interpreter, ScriptPreferences } from './interpreter.ts'
import type { Command } from './script.ts'

/** How files are moved: the command's flags, and what the connection sets for all of them. */
export interface TransferFlags {
  readonly resume: boolean
  readonly sync: boolean
  readonly preserve: boolean
  readonly recursive: boolean
  readonly window: WindowOptions
}

export function transferFlags({ preferences }: Interpreter, { flags }: Command): TransferFlags {
  return {
    resume: flags.includes('a'),
    sync: flags.includes('f') || preferences.fsync,
    preserve: flags.includes('p') || preferences.preserveMetadata === true,
    recursive: flags.includes('R'),
    window: windowOptions(preferences),
  }
}

const windowOptions = ({ bufferSize, requests }: ScriptPreferences): WindowOptions => ({
  ...(bufferSize !== undefined && { bufferSize }),
  ...(requests !== undefined && { requests }),
})

/** Deeper than this is a cycle, or made up (OpenSSH sftp-client.c, MAX_DIR_DEPTH). */
export const mostLevels = 64
