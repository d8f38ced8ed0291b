import { constants } from 'node:fs'
import { access, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TemporaryDirectory extends AsyncDisposable {
  /** Absolute, without links. */
  readonly path: string
}

/** A fresh directory that is removed, with all that is in it, when it is disposed of. */
export async function temporaryDirectory(parent = tmpdir()): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(await realpath(parent), 'ferry-test-'))
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  }
}

/** The same in memory where there is such a place: many small files are made sooner there. */
export async function memoryDirectory(): Promise<TemporaryDirectory> {
  const memory = '/dev/shm'
  const isThere = await access(memory, constants.W_OK).then(
    () => true,
    () => false,
  )
  return temporaryDirectory(isThere ? memory : tmpdir())
}
