import { spawn } from 'node:child_process'

/** One run of a whole process. */
export interface Run {
  readonly ms: number
  /** 0 where it was not asked for. */
  readonly peakMiB: number
  readonly output: string
}

/** Tells the peak memory on descriptor 3 when the process ends. */
const reporter = `data:text/javascript,import{writeSync}from'node:fs';process.on('exit',()=>{writeSync(3,String(process.resourceUsage().maxRSS))})`

/**
 * Runs a Node program with stdout in a pipe; rejects where it fails, so that no failed run is ever timed. Asking for the peak memory costs a
 * few milliseconds of start-up, so short runs are timed without.
 */
export function measure(
  [program = '', ...args]: readonly string[],
  environment: NodeJS.ProcessEnv,
  { peak = false } = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const child = spawn(program, peak ? ['--import', reporter, ...args] : args, {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    const texts = ['', '', '', '']
    for (const descriptor of [1, 2, 3]) {
      child.stdio[descriptor]?.on('data', (chunk: Buffer) => {
        texts[descriptor] += chunk.toString()
      })
    }
    child.on('error', reject)
    child.on('close', (code) => {
      const ms = performance.now() - startedAt
      const [, output = '', errors = '', peak = ''] = texts
      if (code === 0) resolve({ ms, output, peakMiB: Number(peak) / 1024 })
      else reject(new Error(`${[program, ...args].join(' ')} ended with ${code}: ${errors}`))
    })
  })
}

export function spread(runs: readonly Run[]): { medianMs: number; minMs: number; maxMs: number; peakMiB: number } {
  const sorted = runs.map(({ ms }) => ms).sort((a, b) => a - b)
  return {
    medianMs: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
    minMs: sorted[0] ?? Number.NaN,
    maxMs: sorted.at(-1) ?? Number.NaN,
    peakMiB: Math.max(...runs.map(({ peakMiB }) => peakMiB)),
  }
}
