import { setTimeout as wait } from 'node:timers/promises'
import type { Command } from 'commander'
import type { PingResult } from '../api/ping.ts'
import { FerryError } from '../errors/ferry-error.ts'
import type { Overrides } from '../model/connection-input.ts'
import { elapsedText, longestTimerMs, parseDuration } from '../model/duration.ts'
import { forAct } from './act-error.ts'
import { atOnce, parallelOption } from './at-once.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides, parseCount } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { pingDocument } from './ping-document.ts'
import { pingRow, waitingForPings } from './ping-several.ts'
import {
  type Choice,
  type ChoiceFlags,
  choiceOf,
  choiceOptions,
  chosenConnections,
  isChoice,
} from './select-connections.ts'

export interface PingInput extends Choice {
  readonly overrides: Overrides
  /** Pings for each connection. */
  readonly count: number
  readonly intervalMs: number
  /** Connections at once. */
  readonly parallel: number
}

type Flags = ConnectionFlags &
  ChoiceFlags & { readonly count: number; readonly interval: number; readonly parallel: number }

export function pingCommand(context: CommandContext): Command {
  return choiceOptions(connectionCommand('ping', '[connection...]'))
    .description('open a new connection, run its ping command, print the response time')
    .usage('<connection>…')
    .option('--count <n>', 'pings for each (default 1)', parseCount('--count'), 1)
    .option(
      '--interval <t>',
      'time between pings of a connection (default 1s)',
      (text) => parseDuration(text, '--interval'),
      1000,
    )
    .addOption(parallelOption())
    .addHelpText(
      'after',
      helpNotes("ferry ping bank; ferry ping 'eu-*' --json | jq -c 'select(.ok | not)'", '3 some failed'),
    )
    .action((connections: readonly string[], flags: Flags) =>
      runPing(context, {
        ...choiceOf(connections, flags),
        overrides: overrides(flags),
        count: flags.count,
        intervalMs: flags.interval,
        parallel: flags.parallel,
      }),
    )
}

export async function runPing(context: CommandContext, input: PingInput): Promise<void> {
  if (!isChoice(input)) {
    throw new FerryError('usage', 'missing <connection>', { hint: 'ferry ping <connection>… or ferry ping --all' })
  }
  const names = await chosenConnections(context, input)
  const [only] = names
  if (only === undefined) return context.io.summary('no active connections')
  if (names.length === 1) return pingOne(context, input, only)
  return pingSeveral(context, input, names)
}

/** One connection alone fails with its own code. */
async function pingOne(context: CommandContext, input: PingInput, name: string): Promise<void> {
  const { io } = context
  const failures: FerryError[] = []
  for await (const result of pings(context, input, name)) {
    const { error, responseTimeMs = 0, connectedInMs = 0 } = result
    if (error !== undefined) failures.push(error)
    const connected = `(connected in ${elapsedText(connectedInMs)})`
    const lines =
      error === undefined
        ? [`${name}: ${io.style.green('ok')}, ${elapsedText(responseTimeMs)} ${connected}`]
        : input.count === 1
          ? []
          : [`${name}: ${io.style.red('failed')}, ${error.message}`]
    await io.record(pingDocument(result), lines)
  }
  const last = failures.at(-1)
  if (last === undefined) return
  const told =
    input.count === 1
      ? last
      : last.with({ message: `${failures.length} of ${input.count} pings failed: ${last.message}` })
  throw forAct(told, `ping ${name}`)
}

async function pingSeveral(context: CommandContext, input: PingInput, names: readonly string[]): Promise<void> {
  const { io } = context
  const rows = names.map((): string[][] => [])
  const failed = new Set<string>()
  await waitingForPings(context, names.length, () =>
    atOnce(names, input.parallel, async (name, index) => {
      for await (const result of pings(context, input, name)) {
        if (!result.ok) failed.add(name)
        if (io.json) await io.record(pingDocument(result))
        else rows[index]?.push(pingRow(io.style, result))
      }
    }),
  )
  await io.table([], rows.flat())
  if (failed.size > 0) throw new FerryError('partial', `ping: ${failed.size} of ${names.length} connections failed`)
}

async function* pings(context: CommandContext, input: PingInput, address: string): AsyncGenerator<PingResult> {
  const { signal } = context
  for (let sent = 0; sent < input.count; sent += 1) {
    if (sent > 0) {
      await wait(Math.min(input.intervalMs, longestTimerMs), undefined, { signal }).catch(() => undefined)
      signal.throwIfAborted()
    }
    yield await context.ping({ address, overrides: input.overrides }, signal)
  }
}
