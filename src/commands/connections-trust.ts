import { Command } from 'commander'
import { editConnection } from '../api/change-connections.ts'
import type { OfferedHostKey } from '../api/offered-host-keys.ts'
import { storedConnection } from '../api/stored-objects.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { retryOption } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { answerChange } from './hand-made-change.ts'

interface ConnectionsTrustInput {
  readonly name: string
  /** Nobody is asked: the fingerprint says which key is meant. */
  readonly yes: boolean
  readonly fingerprint?: string
  readonly retry: number
}

export function connectionsTrustCommand(context: CommandContext): Command {
  return new Command('trust')
    .description('show the host key of the server, and store it as the pinned one after a yes')
    .argument('<name>')
    .option('--yes', 'do not ask; needs --fingerprint', false)
    .option('--fingerprint <SHA256:…>', 'the key that the server must show')
    .addOption(retryOption())
    .addHelpText(
      'after',
      'Examples: ferry connections trust bank\nExit codes: 12 no such connection, 20 could not connect, 21 another host key, or nobody said yes, 23 timed out',
    )
    .action((name: string, { retry = 0, ...flags }: { yes: boolean; fingerprint?: string; retry?: number }) =>
      runConnectionsTrust(context, { name, ...flags, retry }),
    )
}

async function runConnectionsTrust(context: CommandContext, input: ConnectionsTrustInput): Promise<void> {
  const { name } = input
  const wanted = wantedFingerprint(input)
  const store = await context.store()
  // Whether there is such a connection is known before anybody is called.
  storedConnection(await store.read(), name)
  const offered = await context.offeredHostKeys(name, input.retry, context.signal)
  const key = await chosenKey(context, input, offered, wanted)
  const host_key = [key.fingerprint]
  const state = await editConnection({ store, environment: context.environment }, name, (connection) => ({
    ...connection,
    host_key,
  }))
  const { serial } = state
  context.io.summary(`${name}: ${described(key)} is the pinned host key`)
  await answerChange(
    context.io,
    { ok: true, name, host_key, offered, serial },
    { connections: [storedConnection(state, name)] },
  )
}

function wantedFingerprint({ name, yes, fingerprint }: ConnectionsTrustInput): string | undefined {
  if (fingerprint === undefined) {
    if (!yes) return undefined
    throw new FerryError('usage', `connections trust ${name}: --yes needs --fingerprint`, {
      hint: 'the fingerprint of the key, from whoever runs the server',
    })
  }
  if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(fingerprint)) return fingerprint.replace(/=$/, '')
  throw new FerryError('usage', `--fingerprint: "${fingerprint}" is no fingerprint`, {
    hint: 'as SHA256:…, which ssh-keygen -l prints',
  })
}

async function chosenKey(
  { io, signal }: CommandContext,
  { name, yes }: ConnectionsTrustInput,
  offered: readonly OfferedHostKey[],
  wanted: string | undefined,
): Promise<OfferedHostKey> {
  const [preferred] = offered
  if (preferred === undefined) throw rejected(name, 'the server shows no host key')
  const key = wanted === undefined ? preferred : offered.find(({ fingerprint }) => fingerprint === wanted)
  if (key === undefined) throw rejected(name, `the server has ${offered.map(described).join(', ')}, and not ${wanted}`)
  if (yes) return key
  if (io.ask === undefined) {
    throw rejected(
      name,
      `the server has ${offered.map(described).join(', ')}, and there is no terminal to ask on`,
      `if that is its key: ferry connections trust ${name} --yes --fingerprint ${key.fingerprint}`,
    )
  }
  for (const one of offered) io.summary(`${name}: the server has ${described(one)}`)
  let text = `Store ${described(key)} as the host key of ${name} (yes/no/fingerprint)? `
  for (;;) {
    const answer = (await io.ask({ text, echo: true }, signal)).trim()
    if (answer.toLowerCase() === 'yes') return key
    if (answer.toLowerCase() === 'no') throw rejected(name, 'the key was not accepted')
    const named = offered.find(({ fingerprint }) => fingerprint === answer)
    if (named !== undefined) return named
    text = 'Please type yes, no or the fingerprint: '
  }
}

const described = ({ type, fingerprint }: OfferedHostKey): string => `${type} ${fingerprint}`

const rejected = (name: string, reason: string, hint?: string): FerryError =>
  new FerryError('host_key_rejected', `connections trust ${name}: ${reason}`, {
    connection: name,
    ...(hint !== undefined && { hint }),
  })
