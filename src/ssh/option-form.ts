/** A value as it was written: its words, and the whole text. */
export interface Written {
  readonly words: readonly string[]
  readonly text: string
}

/** What a keyword of ssh_config(5) takes, and how `ssh -G` spells it (readconf.c: process_config_line, dump_client_config). */
export interface Form {
  /** The value as `ssh -G` prints it, a list where each line of the file adds to it; `undefined` where it is wrong. */
  readonly print: (value: Written) => string | readonly string[] | undefined
  /** For a hint: `yes or no`. */
  readonly takes?: string
  /** Whether more than one word may follow. */
  readonly several?: boolean
  /** A word that readconf.c keeps as it keeps nothing, so that a later value counts. */
  readonly unset?: string
}

type Choices = Readonly<Record<string, string>>

const one = (read: (word: string) => string | undefined, takes?: string): Form => ({
  print: ({ words }) => read(words[0] ?? ''),
  ...(takes !== undefined && { takes }),
})

const choice = (choices: Choices): Form =>
  one((word) => {
    const lower = word.toLowerCase()
    return Object.hasOwn(choices, lower) ? choices[lower] : undefined
  }, Object.keys(choices).join(', '))

const yesNo: Choices = { yes: 'yes', true: 'yes', no: 'no', false: 'no' }
/** Where a keyword has more than two states, readconf.c prints the first spelling of its table. */
const trueFalse: Choices = { yes: 'true', true: 'true', no: 'false', false: 'false' }

/** `yes` or `no`. */
export const flag: Form = { ...choice(yesNo), takes: 'yes or no' }
export const pubkey = choice({ ...trueFalse, unbound: 'unbound', 'host-bound': 'host-bound' })
export const strict = choice({ ...trueFalse, off: 'false', ask: 'ask', 'accept-new': 'accept-new' })
export const yesNoAsk = choice({ ...trueFalse, ask: 'ask' })
export const canonicalize = choice({ ...trueFalse, always: 'always' })
export const controlMaster = choice({ ...trueFalse, auto: 'auto', ask: 'ask', autoask: 'autoask' })
export const warnWeak = choice({ yes: 'yes', true: 'yes', no: 'no', false: 'no', 'no-pq-kex': 'no' })
export const family = choice({ any: 'any', inet: 'inet', inet6: 'inet6' })
export const terminal = choice({ ...trueFalse, force: 'force', auto: 'auto' })
export const sessionType = choice({ none: 'none', subsystem: 'subsystem', default: 'default' })
export const digest = choice({ md5: 'MD5', sha256: 'SHA256' })
export const tunnel = choice({
  ...trueFalse,
  yes: 'point-to-point',
  true: 'point-to-point',
  ethernet: 'ethernet',
  'point-to-point': 'point-to-point',
})
export const logLevel = choice({
  quiet: 'SILENT',
  silent: 'SILENT',
  fatal: 'FATAL',
  error: 'ERROR',
  info: 'INFO',
  verbose: 'VERBOSE',
  debug: 'DEBUG',
  debug1: 'DEBUG',
  debug2: 'DEBUG2',
  debug3: 'DEBUG3',
})
const facilities = ['DAEMON', 'USER', 'AUTH', 'AUTHPRIV', ...Array.from({ length: 8 }, (_, index) => `LOCAL${index}`)]
export const facility = choice(Object.fromEntries(facilities.map((name) => [name.toLowerCase(), name])))

export const number = one((word) => (/^\d{1,9}$/.test(word) ? String(Number(word)) : undefined), 'a number from 0')
export const port = one(
  (word) => (/^\d{1,5}$/.test(word) && Number(word) >= 1 && Number(word) <= 65_535 ? String(Number(word)) : undefined),
  'a number from 1 to 65535',
)
export const mask = one((word) => {
  const mode = /^[0-7]{1,5}$/.test(word) ? Number.parseInt(word, 8) : 0o1000
  return mode <= 0o777 ? `0${mode.toString(8)}` : undefined
}, 'an octal mode')

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Seconds of a time as sshd_config(5) TIME FORMATS has it: `90`, `1m30s`. */
export function secondsOf(word: string): number | undefined {
  // Each run of digits but the last needs its unit: where it may lack one, a long run could be cut in any number of ways.
  if (!/^\d+(?:[smhdw]\d+)*[smhdw]?$/i.test(word)) return undefined
  let total = 0
  for (const [, count, unit = ''] of word.matchAll(/(\d+)([smhdw]?)/gi)) {
    total += Number(count) * (unitSeconds[unit.toLowerCase() || 's'] ?? 1)
  }
  return total <= 2 ** 31 - 1 ? total : undefined
}

const seconds = (word: string): string | undefined => secondsOf(word)?.toString()
const timeWith = (none: string): Form => ({
  ...one((word) => (word === 'none' ? none : seconds(word)), 'a time as 90 or 1m30s'),
  unset: 'none',
})
export const time = timeWith('0')
export const timeOrNone = timeWith('none')
export const controlPersist = one(
  (word) => (Object.hasOwn(yesNo, word) ? yesNo[word] : word === '0' ? 'yes' : seconds(word)),
  'yes, no, or a time',
)

/** One word, whatever it is. */
export const word = one((text) => text)
/** The rest of the line: a command, or what has a syntax of its own. */
export const text: Form = { print: (value) => value.text, several: true }
/** All words of the first line that has any. */
export const words: Form = { print: (value) => value.words.join(' '), several: true }
/** A line of ssh -G for each value. */
export const gathered: Form = { print: (value) => [value.words[0] ?? ''] }

export const sendEnv: Form = {
  print: ({ words: names }) => (names.some((name) => name === '' || name.includes('=')) ? undefined : names),
  takes: 'names of variables, without values',
  several: true,
}
export const setEnv: Form = {
  print: ({ words: pairs }) => {
    if (pairs.length === 1 && pairs[0]?.toLowerCase() === 'none') return pairs
    return pairs.every((pair) => pair.indexOf('=') > 0) ? pairs : undefined
  },
  takes: 'NAME=value',
  several: true,
}

/** A listening side, and for all but DynamicForward where it leads; a path is a Unix socket. */
export const forward: Form = {
  print: ({ words: [from = '', to] }) => [to === undefined ? endpoint(from) : `${endpoint(from)} ${endpoint(to)}`],
  several: true,
}

function endpoint(written: string): string {
  if (written.startsWith('/') || /^\d+$/.test(written)) return written
  const [, host = '', at = ''] = /^(.*)[:/](\d+)$/.exec(written) ?? []
  return host === '' ? written : `[${host.replace(/^\[(.*)\]$/, '$1')}]:${at}`
}

const scales: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/** RekeyLimit: bytes (`default` is 0), then a time. */
export function rekeyLimitOf([size = '', after]: readonly string[]): { bytes: number; seconds: number } | undefined {
  const [, count, unit = ''] = /^(\d{1,12})([kmgt]?)$/i.exec(size === 'default' ? '0' : size) ?? []
  const bytes = count === undefined ? -1 : Number(count) * (scales[unit.toLowerCase()] ?? 1)
  const period = after === undefined || after === 'none' ? 0 : secondsOf(after)
  if (bytes < 0 || (bytes > 0 && bytes < 16) || period === undefined) return undefined
  return { bytes, seconds: period }
}

export const rekey: Form = {
  print: (value) => {
    const limit = value.words.length <= 2 ? rekeyLimitOf(value.words) : undefined
    return limit && `${limit.bytes} ${limit.seconds}`
  },
  takes: 'an amount as 1G or default, and after it a time or none',
  several: true,
}

const agentModes: Choices = { ...trueFalse, ask: 'ask', confirm: 'confirm' }

/** AddKeysToAgent: how, and for how long; 0 seconds is for ever. */
export function keysToAgentOf([first = '', second]: readonly string[]): { mode: string; seconds: number } | undefined {
  const mode = Object.hasOwn(agentModes, first.toLowerCase()) ? agentModes[first.toLowerCase()] : undefined
  if (second !== undefined && mode !== 'confirm') return undefined
  const lifetime = mode === undefined ? first : second
  const lasts = lifetime === undefined ? 0 : secondsOf(lifetime)
  return lasts === undefined ? undefined : { mode: mode ?? 'true', seconds: lasts }
}

export const keysToAgent: Form = {
  print: (value) => {
    const how = value.words.length <= 2 ? keysToAgentOf(value.words) : undefined
    if (how === undefined || how.seconds === 0) return how?.mode
    return how.mode === 'confirm' ? `confirm ${how.seconds}` : String(how.seconds)
  },
  takes: 'yes, no, ask, confirm, or a time',
  several: true,
}

/** ForwardAgent: a switch, or the path of a socket. */
export const forwardAgent = one((value) =>
  Object.hasOwn(yesNo, value.toLowerCase()) ? yesNo[value.toLowerCase()] : value,
)

/** One value stands for both kinds of traffic. */
export const qos: Form = {
  print: ({ words: [interactive = '', bulk = interactive] }) => `${interactive} ${bulk}`.toLowerCase(),
  several: true,
}

export const escapeCharacter = one(
  (value) => (value === 'none' || value.length === 1 || /^\^[@-\x7f]$/.test(value) ? value : undefined),
  'one character, ^ and a letter, or none',
)

export const keystrokes = one((value) => {
  if (Object.hasOwn(yesNo, value)) return yesNo[value]
  const [, milliseconds] = /^interval:(\d{1,4})$/.exec(value) ?? []
  return milliseconds
}, 'yes, no, or interval:20')

/** ProxyJump: ssh takes the last host apart, and prints what is before it as it was written. */
export const jump: Form = {
  print: ({ text: written }) => {
    const comma = written.lastIndexOf(',')
    const [, user, host = '', at] =
      /^(?:ssh:\/\/)?(?:(.*)@)?(\[[^\]]*\]|[^:]*)(?::(\d+))?\/?$/.exec(written.slice(comma + 1)) ?? []
    const bare = host.replace(/^\[(.*)\]$/, '$1')
    const shown = /:|^[\d.]+$/.test(bare) ? `[${bare}]` : bare
    const login = user === undefined ? '' : `${user}@`
    return `${written.slice(0, comma + 1)}${login}${shown}${at === undefined ? '' : `:${Number(at)}`}`
  },
  several: true,
}
