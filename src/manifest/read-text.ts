import { errnoOf, localReason } from '../errors/local-error.ts'
import type { ConnectionFields } from '../model/connection.ts'
import { decodeName } from '../model/name-bytes.ts'
import { orAbort } from '../model/or-abort.ts'
import { fileChunks } from '../secrets/file-chunks.ts'
import type { Environment, Fault } from './expand-text.ts'
import type { ProblemList } from './problem-list.ts'

/** What is wrong with options of ssh_config(5), each fault under its keyword. */
export type CheckOptions = (
  options: NonNullable<ConnectionFields['ssh_options']>,
) => readonly (Fault & { readonly keyword: string })[]

/** What reading a manifest needs from outside, and where it tells what is wrong. */
export interface Reading {
  readonly problems: ProblemList
  readonly checkOptions: CheckOptions
  readonly environment: Environment
  readonly signal: AbortSignal
}

/** Far more than a manifest or a script has, and little enough to hold. */
const maxBytes = 16 * 1024 * 1024

/** Thrown for a file that is longer than anything sensible. */
class TooLong extends Error {
  override readonly message = `longer than ${maxBytes / 1024 / 1024} MiB`
}

/** A whole text file; bytes that are not UTF-8 are kept, as in names (model/name-bytes.ts). */
export async function readText(path: string, signal: AbortSignal): Promise<string> {
  return decodeName(await orAbort(readBytes(path), signal))
}

/** Read to its end and not by its size, since the file may be a pipe, as in `ferry enmasse plan <(generate)`. */
async function readBytes(path: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of fileChunks(path)) {
    size += chunk.length
    if (size > maxBytes) throw new TooLong()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Why a file that a manifest names could not be read. */
export function fileFault(file: string, error: unknown): Fault {
  if (errnoOf(error) === 'ENOENT') return { message: `no such file: ${file}` }
  return { message: `cannot read ${file}: ${localReason(error)}` }
}
