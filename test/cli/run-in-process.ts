import { Readable, Writable } from 'node:stream'
import type { EndingSignal } from '../../src/cli/interruption.ts'
import type { Environment } from '../../src/cli/output.ts'
import { runProgram } from '../../src/cli/program.ts'

export interface Outcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

interface RunOptions {
  readonly environment?: Environment
  readonly stdin?: Readable
  /** Called with what sends a signal, as soon as ferry listens. */
  readonly signals?: (send: (name: EndingSignal) => void) => void
  readonly exit?: (code: number) => void
}

/** A whole command line, run in this process over streams in memory. */
export async function runInProcess(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' }
  const collector = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        texts[name] += chunk.toString('utf8')
        done()
      },
    })
  const status = await runProgram(args, {
    streams: { stdin: options.stdin ?? Readable.from([]), stdout: collector('stdout'), stderr: collector('stderr') },
    environment: options.environment ?? {},
    now: () => new Date('2026-11-23T20:49:00Z'),
    onSignal: (listener) => options.signals?.(listener),
    onUncaught: () => {},
    onAct: () => {},
    sparesMemory: () => {},
    exit: options.exit ?? (() => {}),
  })
  return { status, ...texts }
}
