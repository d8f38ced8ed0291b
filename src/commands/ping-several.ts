import type { PingResult } from '../api/ping.ts'
import { elapsedText } from '../model/duration.ts'
import type { CommandContext } from './context.ts'

/** Connections that are pinged at once. */
const parallel = 8

/** One ping for each connection, several at once; the results in the order of the names. */
export async function pingAll(context: CommandContext, names: readonly string[]): Promise<PingResult[]> {
  const done = context.io.waiting(`pinging ${names.length} connections`)
  const results = new Map<string, PingResult>()
  const queue = names.values()
  const work = async (): Promise<void> => {
    for (const address of queue) {
      results.set(address, await context.ping({ address, overrides: {} }, context.signal))
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(parallel, names.length) }, work))
  } finally {
    done()
  }
  return names.flatMap((name) => results.get(name) ?? [])
}

/** One of several pings as a row of a table. */
export function pingRow(style: CommandContext['io']['style'], result: PingResult): string[] {
  const { connection, error, responseTimeMs = 0 } = result
  return error === undefined
    ? [connection, style.green('ok'), elapsedText(responseTimeMs)]
    : [connection, style.red('failed'), error.message]
}
