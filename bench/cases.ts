import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { compareFiles, compareTrees, makeFile, makeNames, makeTree, removeAll } from './files.ts'
import type { Act } from './peers.ts'

/** How ferry's median is to compare with other runs of the same case. */
export interface Target {
  /** With the best peer, or with one of them by name. */
  readonly against?: string
  readonly must: number
  readonly goal: number
}

export interface Case {
  readonly name: string
  readonly roundTripMs: number
  readonly rounds: number
  /** Of ferry's time to the peers'. */
  readonly targets: readonly Target[]
  /** MiB that ferry may take; then runs are looked at for memory instead of time. */
  readonly memory?: { readonly must: number; readonly goal: number }
  /** Makes what is needed, and gives what to run. */
  prepare(): void
  readonly act: Act
  /** Before each run, untimed. */
  reset(): void
  /** Throws where a run did not do all of it. */
  verify(output: string): void
}

const mib = 1 << 20

/** All cases, over files below `folder`; `scale` 1 is the real size. */
export function allCases(folder: string, scale: number): Case[] {
  const scaled = (count: number): number => Math.max(1, Math.round(count * scale))
  const at = (name: string): string => join(folder, name)
  const cases = new Cases(at)
  return [
    cases.list('ls of 20 names', 20, { rounds: 21, targets: [{ must: 1, goal: 0.9 }] }),
    cases.file('get', 512 * mib * scale, {
      rounds: 7,
      targets: [
        { must: 1, goal: 0.9 },
        { against: 'sftp', must: 0.8, goal: 0.8 },
      ],
    }),
    cases.file('put', 512 * mib * scale, {
      rounds: 7,
      targets: [
        { must: 1, goal: 0.9 },
        { against: 'sftp', must: 0.8, goal: 0.8 },
      ],
    }),
    cases.tree('get', scaled(5000), { rounds: 5, targets: [{ must: 0.35, goal: 0.25 }] }),
    cases.tree('put', scaled(5000), { rounds: 5, targets: [{ must: 0.45, goal: 0.35 }] }),
    cases.list(`ls of ${scaled(100_000)} names`, scaled(100_000), { rounds: 7, targets: [{ must: 0.75, goal: 0.6 }] }),
    cases.delete(scaled(5000), { rounds: 7, targets: [{ must: 0.7, goal: 0.6 }] }),
    cases.ping(50, { rounds: 7, targets: [{ must: 1, goal: 0.8 }] }),
    cases.file('get', 64 * mib * scale, { roundTripMs: 20, rounds: 5, targets: [{ must: 0.95, goal: 0.8 }] }),
    cases.file('put', 64 * mib * scale, { roundTripMs: 20, rounds: 5, targets: [{ must: 0.95, goal: 0.8 }] }),
    cases.file('get', 32 * mib * scale, { roundTripMs: 100, rounds: 5, targets: [{ must: 0.7, goal: 0.5 }] }),
    cases.file('put', 32 * mib * scale, { roundTripMs: 100, rounds: 5, targets: [{ must: 0.8, goal: 0.5 }] }),
    cases.tree('get', scaled(1000), { roundTripMs: 20, rounds: 5, targets: [{ must: 0.25, goal: 0.2 }] }),
    cases.tree('put', scaled(1000), { roundTripMs: 20, rounds: 5, targets: [{ must: 0.25, goal: 0.2 }] }),
    cases.file('get', 2048 * mib * scale, { rounds: 2, memory: { must: 110, goal: 80 } }),
    cases.list(`ls of ${scaled(100_000)} names`, scaled(100_000), { rounds: 2, memory: { must: 90, goal: 70 } }),
  ]
}

type Shape = Pick<Case, 'rounds'> & Partial<Pick<Case, 'roundTripMs' | 'targets' | 'memory'>>

/** The kinds of cases; sources are made when the first case that needs them comes. */
class Cases {
  readonly #at: (name: string) => string
  readonly #made = new Set<string>()

  constructor(at: (name: string) => string) {
    this.#at = at
  }

  list(title: string, count: number, shape: Shape): Case {
    const path = this.#at(`names-${count}`)
    return this.#case(title, shape, {
      act: { kind: 'list', path },
      prepare: () => this.#make(path, () => makeNames(path, count)),
      reset: () => undefined,
      verify: (output) => {
        const found = new Set(output.match(/name-\d{6}\.txt/g)).size
        if (found !== count) throw new Error(`${found} of ${count} names were listed`)
      },
    })
  }

  file(kind: 'get' | 'put', sizeBytes: number, shape: Shape): Case {
    const [from, to] = [this.#at(`file-${sizeBytes}`), this.#at('copy')]
    const size = sizeBytes >= 1024 * mib ? `${sizeBytes / mib / 1024} GiB` : `${sizeBytes / mib} MiB`
    return this.#case(`${kind} ${size}`, shape, {
      act: { kind, from, to },
      prepare: () => this.#make(from, () => makeFile(from, sizeBytes)),
      reset: () => removeAll(to),
      verify: () => compareFiles(from, to),
    })
  }

  tree(kind: 'get' | 'put', files: number, shape: Shape): Case {
    const [from, to] = [this.#at(`tree-${files}`), this.#at('copy')]
    return this.#case(`${kind} -r ${files} files of 4 KiB`, shape, {
      act: { kind: `${kind}-tree`, from, to },
      prepare: () => this.#make(from, () => makeTree(from, files)),
      reset: () => removeAll(to),
      verify: () => compareTrees(from, to),
    })
  }

  delete(files: number, shape: Shape): Case {
    const path = this.#at('doomed')
    return this.#case(`delete -r ${files} files`, shape, {
      act: { kind: 'delete', path, files },
      prepare: () => undefined,
      reset: () => {
        removeAll(path)
        makeTree(path, files)
      },
      // The folder above is there before and after.
      verify: () => mkdirSync(path),
    })
  }

  ping(connections: number, shape: Shape): Case {
    return this.#case(`${connections} connections pinged`, shape, {
      act: { kind: 'ping', connections },
      prepare: () => undefined,
      reset: () => undefined,
      verify: () => undefined,
    })
  }

  #make(path: string, make: () => void): void {
    if (this.#made.has(path)) return
    this.#made.add(path)
    make()
  }

  #case(title: string, shape: Shape, what: Pick<Case, 'act' | 'prepare' | 'reset' | 'verify'>): Case {
    const { roundTripMs = 0, memory } = shape
    const name = `${roundTripMs > 0 ? `${roundTripMs} ms: ` : ''}${title}${memory ? ', memory' : ''}`
    return { targets: [], ...shape, name, roundTripMs, ...what }
  }
}
