import { type Directive, type Options, wrong } from './config-options.ts'
import { keywords } from './keywords.ts'
import type { OptionExpansion } from './option-expansion.ts'

/** Of OpenSSH 8.7; an older ssh, whose configuration cannot hold them, would refuse them. */
const recent = new Set(['ForkAfterAuthentication', 'SessionType', 'StdinNull'])

/** What holds where nobody asked for another thing, whatever ssh_config says: as sftp(1). */
const unlessAsked = ['ForwardAgent=no', 'ControlMaster=no']

/**
 * What flags and the connection say, as arguments of ssh(1), where the first wins. Before them what keeps the channel alive whatever
 * ssh_config says: no shell, no terminal, no forwarding.
 */
export function askedArguments(
  preset: readonly Directive[],
  options: Options,
  expansion: OptionExpansion,
  configFile: string | undefined,
): string[] {
  const overrides = keywords.flatMap(({ name, off }) =>
    off === undefined || (recent.has(name) && options.get(name) === undefined) ? [] : [`${name}=${off}`],
  )
  const asked = preset.filter(({ keyword }) => keyword.standing !== 'moot' && keyword.standing !== 'dead')
  return [
    ...(configFile === undefined ? [] : ['-F', configFile.toLowerCase() === 'none' ? 'none' : configFile]),
    ...overrides.flatMap((option) => ['-o', option]),
    ...asked.flatMap((directive) => argumentsOf(directive, expansion)),
    ...unlessAsked.flatMap((option) => ['-o', option]),
  ]
}

function argumentsOf(directive: Directive, expansion: OptionExpansion): string[] {
  const { keyword, words, text, literal } = directive
  if (literal !== true || keyword.name === 'ProxyJump') return ['-o', `${keyword.name}=${text}`]
  // Only the flag takes a name as it is: newer ones expand User.
  if (keyword.name === 'User') return ['-l', words[0] ?? '']
  const isPath = /File$/.test(keyword.name)
  return [
    '-o',
    `${keyword.name}=${words.map((word) => (isPath ? pathWord(word, directive, expansion) : quoted(word))).join(' ')}`,
  ]
}

/** A path that is meant as it is: ssh would expand tokens and variables in it. */
function pathWord(word: string, directive: Directive, expansion: OptionExpansion): string {
  const path = word.toLowerCase() === 'none' ? word : expansion.path(word, directive)
  if (!path.includes('${')) return quoted(path.replaceAll('%', '%%'))
  throw wrong(
    `${directive.keyword.name}: the system's ssh takes no path with "\${" in it`,
    directive.origin,
    directive.label,
  )
}

/** As one word of a value (argv_split of OpenSSH's misc.c). */
const quoted = (word: string): string =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `"${word.replace(/(["\\])/g, '\\$1')}"`
