import { isNone } from './asked-options.ts'
import type { Options } from './config-options.ts'
import type { OptionExpansion } from './option-expansion.ts'
import { choiceOf, listOf, switchOf } from './option-values.ts'
import type { HostKeySettings } from './settings.ts'

const checkings = {
  yes: 'yes',
  true: 'yes',
  no: 'no',
  false: 'no',
  off: 'no',
  ask: 'ask',
  'accept-new': 'accept-new',
} as const

const usualUserFiles = ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']
const usualGlobalFiles = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']

const updates = { yes: 'yes', true: 'yes', no: 'no', false: 'no', ask: 'ask' } as const

/** Only what ssh itself keeps is kept up to date by itself, and only where keys are trusted for themselves (readconf.c). */
const usualUpdate = (options: Options): 'yes' | 'no' =>
  options.get('UserKnownHostsFile') === undefined &&
  ['no', 'false'].includes(options.word('VerifyHostKeyDNS')?.toLowerCase() ?? 'no')
    ? 'yes'
    : 'no'

/** `UpdateHostKeys ask` is no, where the log level says that nobody wants to hear of it (ssh.c). */
export const asksUnheard = (options: Options): boolean =>
  options.word('UpdateHostKeys')?.toLowerCase() === 'ask' &&
  ['quiet', 'silent', 'fatal', 'error'].includes(options.word('LogLevel')?.toLowerCase() ?? 'info')

/** How the host's key is checked. `userFiles` stand in where the options name none. */
export function hostKeysOf(
  options: Options,
  expansion: OptionExpansion,
  more: { pins: readonly string[]; rsaBitsMin: number; userFiles?: readonly string[] | undefined },
): HostKeySettings {
  const { host, port, account } = expansion
  const name = host.toLowerCase()
  const checking = choiceOf(options, 'StrictHostKeyChecking', checkings)
  const tilde = (paths: readonly string[]): string[] => paths.map((path) => path.replace(/^~/, account.home))
  return {
    lookupName: options.word('HostKeyAlias')?.toLowerCase() ?? (port === 22 ? name : `[${name}]:${port}`),
    pins: more.pins,
    ...(checking !== undefined && { checking }),
    userFiles: filesOf(options, 'UserKnownHostsFile', expansion) ?? more.userFiles ?? tilde(usualUserFiles),
    globalFiles: filesOf(options, 'GlobalKnownHostsFile', expansion) ?? usualGlobalFiles,
    hashNames: switchOf(options, 'HashKnownHosts', false),
    checkIp: switchOf(options, 'CheckHostIP', false),
    update: asksUnheard(options) ? 'no' : (choiceOf(options, 'UpdateHostKeys', updates) ?? usualUpdate(options)),
    rsaBitsMin: more.rsaBitsMin,
    fixedOrder: ['replace', 'prepend'].includes(listOf(options, 'HostKeyAlgorithms')?.how ?? ''),
    home: account.home,
  }
}

function filesOf(options: Options, name: string, expansion: OptionExpansion): string[] | undefined {
  const directive = options.get(name)
  if (directive === undefined) return undefined
  return isNone(directive.words) ? [] : expansion.paths(directive)
}

/** The files that a flag or the connection named, and not ssh_config. */
export function askedUserFiles(options: Options, { userFiles }: HostKeySettings): readonly string[] | undefined {
  const source = options.get('UserKnownHostsFile')?.origin.source
  return source === 'flag' || source === 'stored' ? userFiles : undefined
}
