import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** One run of a whole process. */
export interface Run {
  readonly ms: number
  /** Of the process and all that it started together; 0 where it was not asked for. */
  readonly peakMiB: number
  readonly output: string
}

export interface MeasureOptions {
  readonly environment: NodeJS.ProcessEnv
  /** Looking costs a little time, so that runs which are timed are not looked at. */
  readonly peak?: boolean
  /** A run that takes longer is given up. */
  readonly limitMs?: number
}

const lookEveryMs = 10

/** Runs a program with its output in pipes; rejects where it fails, so that no failed run is ever timed. */
export async function measure(
  [program = '', ...args]: readonly string[],
  { environment, peak = false, limitMs = 300_000 }: MeasureOptions,
): Promise<Run> {
  const startedAt = performance.now()
  const child = spawn(program, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  const outputs: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => outputs.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
  const limit = setTimeout(() => child.kill('SIGKILL'), limitMs)
  let hasEnded = false
  const ended = new Promise<Run>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const ms = performance.now() - startedAt
      if (code === 0) resolve({ ms, output: Buffer.concat(outputs).toString(), peakMiB: 0 })
      else reject(new Error(`${[program, ...args].join(' ')} ended with ${code ?? signal}: ${Buffer.concat(errors)}`))
    })
  }).finally(() => {
    hasEnded = true
    clearTimeout(limit)
  })
  if (!peak || child.pid === undefined) return ended
  const peaks = new Map<number, number>()
  ended.catch(() => undefined) // told below
  while (!hasEnded) {
    for (const pid of family(child.pid)) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, highWaterKiB(pid)))
    await delay(lookEveryMs)
  }
  return { ...(await ended), peakMiB: [...peaks.values()].reduce((sum, kib) => sum + kib, 0) / 1024 }
}

/** A process and its descendants (proc(5), `task/…/children`). */
function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return [pid, ...children.flatMap(family)]
}

const highWaterKiB = (pid: number): number => Number(/^VmHWM:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0)

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return '' // it has ended meanwhile
  }
}

export interface Spread {
  readonly medianMs: number
  readonly minMs: number
  readonly maxMs: number
  readonly peakMiB: number
  readonly rounds: number
}

export function spread(runs: readonly Run[]): Spread {
  const sorted = runs.map(({ ms }) => ms).sort((a, b) => a - b)
  const [low = Number.NaN, high = low] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return {
    medianMs: (low + high) / 2,
    minMs: sorted[0] ?? Number.NaN,
    maxMs: sorted.at(-1) ?? Number.NaN,
    peakMiB: Math.max(0, ...runs.map(({ peakMiB }) => peakMiB)),
    rounds: runs.length,
  }
}
