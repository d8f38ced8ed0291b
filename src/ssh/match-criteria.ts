import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { localReason } from '../errors/local-error.ts'
import { orAbort } from '../model/or-abort.ts'
import { type Directive, type Options, wrong } from './config-options.ts'
import { splitCriteria } from './config-words.ts'
import { connectionTokens, expandTokens } from './expand-tokens.ts'
import { childEnvironment, type Environment, type LocalAccount } from './local-account.ts'
import { matchesHostList, matchesPatternList } from './match-pattern.ts'

/** What the criteria of a Match line are held against. */
export interface MatchFacts {
  readonly final: boolean
  /** The line cannot match anyway, so no program is run for it. */
  readonly skipCommands: boolean
  readonly account: LocalAccount
  readonly environment: Environment
  /** By its real name, as far as it is known. */
  readonly host: string
  readonly originalHost: string
  /** What has been set so far. */
  readonly options: Options
  readonly signal: AbortSignal
}

/** Whether all criteria of a Match line hold, and whether one of them asks for a final pass. */
export async function matchesCriteria(
  { text, origin }: Directive,
  facts: MatchFacts,
): Promise<{ matched: boolean; asksFinal: boolean }> {
  const words = splitCriteria(text)
  if (words === undefined) throw wrong('Match: a quote is not closed', origin)
  let matched = true
  let asksFinal = false
  let others = 0
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const negated = word.startsWith('!')
    const criterion = (negated ? word.slice(1) : word).toLowerCase()
    if (criterion === 'all') {
      if (others > 1 || at + 1 < words.length) throw wrong('Match: "all" stands alone', origin)
      return { matched: matched && !negated, asksFinal }
    }
    others += 1
    if (criterion === 'canonical' || criterion === 'final') {
      asksFinal ||= criterion === 'final'
      // Host names are not canonicalized, so both hold in the final pass only.
      if (facts.final === negated) matched = false
      continue
    }
    at += 1
    const value = words[at]
    if (value === undefined || value === '') throw wrong(`Match: "${word}" needs a value`, origin)
    const held = criterion === 'exec' ? matched && (await runs(value, origin, facts)) : holds(criterion, value, facts)
    if (held === undefined) {
      throw wrong(`Match: ${criterion === 'localnetwork' ? 'unsupported' : 'unknown'} criterion "${word}"`, origin)
    }
    if (held === negated) matched = false
  }
  if (others === 0) throw wrong('Match needs a criterion', origin)
  return { matched, asksFinal }
}

/** `undefined` where there is no such criterion. */
function holds(criterion: string, value: string, facts: MatchFacts): boolean | undefined {
  const { account, host, originalHost, options } = facts
  switch (criterion) {
    case 'host':
      return matchesHostList(host, value)
    case 'originalhost':
      return matchesHostList(originalHost, value)
    case 'user':
      return matchesPatternList(options.word('User') ?? account.name, value)
    case 'localuser':
      return matchesPatternList(account.name, value)
    case 'tagged':
      return matchesPatternList(options.word('Tag') ?? '', value)
    case 'sessiontype':
      return matchesPatternList('subsystem', value)
    case 'command':
      return matchesPatternList('sftp', value)
    default:
      return undefined
  }
}

/** Whether the command exits with 0, run by the user's shell as ssh does. */
async function runs(command: string, origin: Directive['origin'], facts: MatchFacts): Promise<boolean> {
  const { account, environment, host, originalHost, options, signal } = facts
  const alias = options.word('HostKeyAlias')
  const tokens = connectionTokens({
    account,
    host,
    originalHost,
    port: Number(options.word('Port') ?? 22),
    username: options.word('User') ?? account.name,
    ...(alias !== undefined && { hostKeyAlias: alias }),
  })
  const { text, unknown } = expandTokens(command, tokens)
  if (unknown !== undefined) throw wrong(`Match exec: unknown token "${unknown}"`, origin)
  if (facts.skipCommands) return false
  const child = spawn(environment['SHELL'] || '/bin/sh', ['-c', text], {
    stdio: 'ignore',
    env: childEnvironment(environment),
  })
  try {
    const [status] = await orAbort(once(child, 'exit'), signal)
    return status === 0
  } catch (error) {
    child.kill('SIGKILL')
    signal.throwIfAborted()
    throw wrong(`Match exec: ${localReason(error)}`, origin)
  }
}
