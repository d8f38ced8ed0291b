import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { decodeName, fsPath } from '../model/name-bytes.ts'

/** The text of a key file, and whether others than its owner can read it. */
export interface KeyFile {
  readonly text: string
  readonly mode: number
  /** Ours, and readable by others: ssh ignores such a private key. */
  readonly isOpen: boolean
}

const largestBytes = 1024 * 1024

/** Reads a key file. Rejects with what the operating system says. */
export async function readKeyFile(path: string): Promise<KeyFile> {
  // Without O_NONBLOCK, opening a FIFO would wait for its writer in a thread that nothing can end.
  const file = await open(fsPath(path), constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const { uid, mode, size } = await file.stat()
    if ((mode & constants.S_IFMT) !== constants.S_IFREG || size > largestBytes) throw new Error('not a key file')
    const isMine = uid === process.getuid?.()
    return { text: decodeName(await file.readFile()), mode: mode & 0o777, isOpen: isMine && (mode & 0o077) !== 0 }
  } finally {
    await file.close()
  }
}
