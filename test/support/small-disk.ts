import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk extends Disposable {
  /** Where it is mounted. */
  readonly path: string
  makeReadOnly(): void
}

/** A file system of so many KiB, in memory. */
export function smallDisk(sizeKib: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'ferry-test-disk-'))
  const mount = (...args: readonly string[]): void => {
    execFileSync('mount', [...args, path], { stdio: 'pipe' })
  }
  try {
    mount('-t', 'tmpfs', '-o', `size=${sizeKib}k,mode=0700`, 'tmpfs')
  } catch (error) {
    rmdirSync(path)
    throw error
  }
  return {
    path,
    makeReadOnly: () => mount('-o', 'remount,ro'),
    [Symbol.dispose]() {
      execFileSync('umount', [path])
      rmdirSync(path)
    },
  }
}

/** Why there can be none here, or nothing where there can. */
export function disksMissing(): string | undefined {
  try {
    smallDisk(64)[Symbol.dispose]()
    return undefined
  } catch {
    return 'only root, outside of most containers, can mount a disk'
  }
}
