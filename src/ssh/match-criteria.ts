import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { localReason } from '../errors/local-error.ts'
import { orAbort } from '../model/or-abort.ts'
import { type Directive, type Options, wrong } from './config-options.ts'
import { splitCriteria } from './config-words.ts'
import { connectionTokens, expandTokens, isShellSafe, type Tokens } from './expand-tokens.ts'
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

/** What depends on the machine or on the ssh that is asked; the system's knows it. */
const foreignCriteria = ['localnetwork', 'version']

/**
 * Whether all criteria of a Match line hold, whether one of them asks for a final pass, and those that would have to be asked of the
 * system's ssh: a line with such a one does not match.
 */
export async function matchesCriteria(
  { text, origin }: Directive,
  facts: MatchFacts,
): Promise<{ matched: boolean; asksFinal: boolean; foreign: readonly string[] }> {
  const words = splitCriteria(text)
  if (words === undefined) throw wrong('Match: a quote is not closed', origin)
  let matched = true
  let asksFinal = false
  let others = 0
  const foreign: string[] = []
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    const negated = word.startsWith('!')
    const criterion = (negated ? word.slice(1) : word).toLowerCase()
    if (criterion === 'all') {
      if (others > 1 || at + 1 < words.length) throw wrong('Match: "all" stands alone', origin)
      return { matched: matched && !negated, asksFinal, foreign }
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
    if (value === undefined || (value === '' && criterion !== 'tagged' && criterion !== 'command')) {
      throw wrong(`Match: "${word}" needs a value`, origin)
    }
    if (foreignCriteria.includes(criterion)) {
      if (matched && !facts.skipCommands) foreign.push(`Match ${criterion}`)
      matched = false
      continue
    }
    const held = criterion === 'exec' ? matched && (await runs(value, origin, facts)) : holds(criterion, value, facts)
    if (held === undefined) throw wrong(`Match: unknown criterion "${word}"`, origin)
    if (held === negated) matched = false
  }
  if (others === 0) throw wrong('Match needs a criterion', origin)
  return { matched, asksFinal, foreign }
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
      return matchesTag(options.word('Tag') ?? '', value)
    case 'sessiontype':
      return matchesPatternList('subsystem', value)
    case 'command':
      return matchesPatternList('sftp', value)
    default:
      return undefined
  }
}

/** Only an empty value matches where there is no tag. */
const matchesTag = (tag: string, value: string): boolean => (tag === '' ? value === '' : matchesPatternList(tag, value))

/** The tokens of Match exec and Include, as far as the values are known when the line is read. */
export function tokensSoFar({
  account,
  host,
  originalHost,
  options,
}: Pick<MatchFacts, 'account' | 'host' | 'originalHost' | 'options'>): Tokens {
  const alias = options.word('HostKeyAlias')
  return connectionTokens({
    account,
    host,
    originalHost,
    port: Number(options.word('Port') ?? 22),
    username: options.word('User') ?? account.name,
    ...(alias !== undefined && { hostKeyAlias: alias }),
  })
}

/** Whether the command exits with 0, run by the user's shell as ssh does. */
async function runs(command: string, origin: Directive['origin'], facts: MatchFacts): Promise<boolean> {
  const { environment, signal } = facts
  const tokens = tokensSoFar(facts)
  for (const [, letter = ''] of command.matchAll(/%([hnkr])/g)) {
    const name = tokens.get(letter) ?? ''
    if (!isShellSafe(name)) throw wrong(`Match exec: "${name}" holds characters that a shell would act on`, origin)
  }
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
