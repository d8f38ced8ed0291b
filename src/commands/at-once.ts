import { Option } from 'commander'
import { parseCount } from './connection-command.ts'

/** Connections that are used at once, unless the user says how many. */
export const parallelDefault = 8

/** The flag that says how many. */
export const parallelOption = (): Option =>
  new Option('--parallel <n>', `connections at once (default ${parallelDefault})`)
    .argParser(parseCount('--parallel'))
    .default(parallelDefault)

/** Does a task for each of several connections, some of them at once. Settles when none is under way any more, and rejects if one did. */
export async function atOnce(
  names: readonly string[],
  parallel: number,
  task: (name: string, index: number) => Promise<void>,
): Promise<void> {
  const queue = names.entries()
  const work = async (): Promise<void> => {
    for (const [index, name] of queue) await task(name, index)
  }
  const workers = await Promise.allSettled(Array.from({ length: Math.min(parallel, names.length) }, work))
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason
}
