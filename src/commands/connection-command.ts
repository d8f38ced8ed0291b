import { Command, Option } from 'commander'
import { FerryError } from '../errors/ferry-error.ts'
import type { Overrides } from '../model/connection-input.ts'

/** ssh's own flags, and the global ones that say how to connect, as commander gives them. */
export interface ConnectionFlags {
  readonly identity?: readonly string[]
  readonly option?: readonly string[]
  readonly sshConfig?: string
  readonly jump?: string
  readonly port?: number
  readonly '4'?: true
  readonly '6'?: true
  readonly C?: true
  /** MB/s. */
  readonly limit?: number
  /** New tries, in all. */
  readonly retry?: number
  /** Milliseconds. */
  readonly timeout?: number
  /** Times that -v was given. */
  readonly verbose?: number
}

/** What changes the settings of a connection for this run. */
export function settingOptions(): Option[] {
  return [
    new Option('-i, --identity <file>', 'private key to try first (repeatable)').argParser(collected),
    new Option('-o, --option <Key=Value>', 'any option of ssh_config(5) (repeatable)').argParser(collected),
    new Option('-F, --ssh-config <file>', "configuration file instead of the user's (none for no file)"),
    new Option('-J, --jump <host>', 'go through a jump host (comma-separated for several)'),
    new Option('-P, --port <n>', 'port of the server').argParser(parsePort),
    new Option('-4', 'use IPv4 only').conflicts('6'),
    new Option('-6', 'use IPv6 only'),
    new Option('-C', 'compress'),
    new Option('--limit <MB/s>', 'bandwidth each way, 1 MB is 1,000,000 bytes').argParser(parseLimit),
  ]
}

/** How often a connection is tried again. */
export const retryOption = (connect = 'connect'): Option =>
  new Option('--retry <n>', `${connect} again, up to n times, and go on where it was`).argParser(
    parseCount('--retry', 0),
  )

/** Every command that connects takes these; their help is `ferry help flags`. */
export const connectionOptions = (): Option[] => [...settingOptions(), retryOption()]

/** A command on one connection, or on several where `connections` says so, with the connection flags. */
export function connectionCommand(name: string, connections = '<connection>'): Command {
  const command = new Command(name).argument(connections)
  for (const option of connectionOptions()) command.addOption(option.hideHelp())
  return command
}

/** What the flags say for this run. */
export function overrides(flags: ConnectionFlags): Overrides {
  const level = flags.verbose
  return {
    ...(flags.identity !== undefined && { identities: flags.identity }),
    ...(flags.option !== undefined && { options: flags.option }),
    ...(flags.sshConfig !== undefined && { sshConfigFile: flags.sshConfig }),
    ...(flags.jump !== undefined && { jump: flags.jump }),
    ...(flags.port !== undefined && { port: flags.port }),
    ...(flags[4] === true && { addressFamily: 'ipv4' }),
    ...(flags[6] === true && { addressFamily: 'ipv6' }),
    ...(flags.C === true && { compression: true }),
    ...(flags.limit !== undefined && { bandwidthLimit: flags.limit }),
    ...(flags.retry !== undefined && { retry: flags.retry }),
    ...(flags.timeout !== undefined && { timeoutMs: flags.timeout }),
    ...(level !== undefined && level > 0 && { logLevel: level === 1 ? 1 : level === 2 ? 2 : level === 3 ? 3 : 4 }),
  }
}

/** Gathers the values of a flag that may be repeated. */
export function collected(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}

/** A whole number of at least `least`, as a flag's value. */
export function parseCount(flag: string, least = 1): (text: string) => number {
  return (text) => {
    const count = Number(text)
    if (/^\d{1,9}$/.test(text) && count >= least) return count
    throw new FerryError('usage', `${flag}: "${text}" is not a whole number of at least ${least}`)
  }
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (/^\d{1,9}(\.\d{1,6})?$/.test(text) && limit > 0) return limit
  throw new FerryError('usage', `--limit: "${text}" is not a number of MB/s`, {
    hint: '10 is 10,000,000 bytes a second',
  })
}

function parsePort(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new FerryError('usage', `--port: "${text}" is not a port`, { hint: 'a number from 1 to 65535' })
}

/** The last lines of the help of a command that connects; `exits` is what its other exit codes mean. */
export function helpNotes(examples: string, exits?: string): string {
  const connecting = '20 could not connect, 21 host key rejected, 22 authentication failed, 23 timed out'
  return `Examples: ${examples}\nExit codes: ${exits === undefined ? '' : `${exits}, `}${connecting}`
}
