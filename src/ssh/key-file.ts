import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { decodeName, fsPath } from '../model/name-bytes.ts'

/** The text of a key file, and whether others than its owner can read it. */
export interface KeyFile {
  readonly text: string
  readonly mode: number
  /** Ours, and readable by others: ssh ignores such a private key. */
  readonly isOpen: boolean
}

const largestBytes = 1024 * 1024

/** Reads a key file. Throws what the operating system says. */
export function readKeyFile(path: string): KeyFile {
  // Without O_NONBLOCK, opening a FIFO would wait for its writer, and nothing could end that.
  const file = openSync(fsPath(path), constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const { uid, mode, size } = fstatSync(file)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG || size > largestBytes) throw new Error('not a key file')
    const isMine = uid === process.getuid?.()
    return { text: decodeName(readFileSync(file)), mode: mode & 0o777, isOpen: isMine && (mode & 0o077) !== 0 }
  } finally {
    closeSync(file)
  }
}
