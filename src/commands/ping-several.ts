import type { PingResult } from '../api/ping.ts'
import type { Overrides } from '../model/connection-input.ts'
import { elapsedText } from '../model/duration.ts'
import { atOnce, parallelDefault } from './at-once.ts'
import type { CommandContext } from './context.ts'

/** One ping for each connection, several at once; the results in the order of the names. */
export async function pingAll(
  context: CommandContext,
  names: readonly string[],
  overrides: Overrides,
): Promise<PingResult[]> {
  const results = new Map<string, PingResult>()
  await waitingForPings(context, names.length, () =>
    atOnce(names, parallelDefault, async (address) => {
      results.set(address, await context.ping({ address, overrides }, context.signal))
    }),
  )
  return names.flatMap((name) => results.get(name) ?? [])
}

/** Shows that several connections are being pinged. */
export async function waitingForPings({ io }: CommandContext, count: number, work: () => Promise<void>): Promise<void> {
  const done = io.waiting(`pinging ${count} connections`)
  try {
    await work()
  } finally {
    done()
  }
}

/** One of several pings as a row of a table. */
export function pingRow(style: CommandContext['io']['style'], result: PingResult): string[] {
  const { connection, error, responseTimeMs = 0 } = result
  return error === undefined
    ? [connection, style.green('ok'), elapsedText(responseTimeMs)]
    : [connection, style.red('failed'), error.message]
}
