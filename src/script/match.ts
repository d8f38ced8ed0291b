import { FerryError } from '../errors/ferry-error.ts'
import { decodeName, encodeName } from '../model/name-bytes.ts'
import { excerpt } from '../model/visible.ts'

/** A byte of a pattern; with `literal` a backslash took its meaning away. */
type PatternByte = number
const literal = 0x100

/** What one place of a name must be: that byte, one of those bytes, or any run of bytes. */
type Token = number | ReadonlySet<number> | '*'

/** One component of a path pattern, and the slashes before it. */
export interface Component {
  readonly slashes: string
  /** The name itself where there is nothing to match; else what a name must be like. */
  readonly match: string | NamePattern
}

/** A pattern of one name. */
export type NamePattern = readonly Token[]

export interface PathPattern {
  readonly components: readonly Component[]
  readonly slashesAtEnd: string
  /** The pattern as a name: without the backslashes that took a meaning away. */
  readonly plain: string
}

const star = 0x2a
const question = 0x3f
const opening = 0x5b
const closing = 0x5d
const bang = 0x21
const dash = 0x2d
const colon = 0x3a
const dot = 0x2e
const slash = 0x2f
const openBrace = 0x7b
const closeBrace = 0x7d
const comma = 0x2c
const backslash = 0x5c

/** Reads a pattern in sftp's language (OpenSSH openbsd-compat/glob.c): matched by bytes, without braces. */
export function parsePattern(
  text: string,
  options: { readonly unknownClass: 'matches nothing' | 'is plain' },
): PathPattern {
  return pathPattern(patternBytes(text), options.unknownClass === 'is plain')
}

/** The same for each alternative that braces give, in their order. */
export function parseBraces(text: string): PathPattern[] {
  return expandBraces(patternBytes(text)).map((bytes) => pathPattern(bytes, true))
}

/** Whether a name is like the pattern. A dot at its beginning is matched by a dot alone. */
export function matchesName(pattern: NamePattern, name: string): boolean {
  const bytes = encodeName(name)
  if (bytes[0] === dot && pattern[0] !== dot) return false
  // On a mismatch only the last star takes one byte more: never quadratic in the number of stars.
  let at = 0
  let token = 0
  let retry: { readonly token: number; at: number } | undefined
  while (at < bytes.length || token < pattern.length) {
    const wanted = pattern[token]
    if (wanted === '*') {
      retry = { token: token + 1, at }
      token += 1
    } else if (wanted !== undefined && at < bytes.length && takes(wanted, bytes[at] ?? 0)) {
      at += 1
      token += 1
    } else if (retry !== undefined && retry.at < bytes.length) {
      retry.at += 1
      at = retry.at
      token = retry.token
    } else return false
  }
  return true
}

const takes = (wanted: number | ReadonlySet<number>, byte: number): boolean =>
  typeof wanted === 'number' ? wanted === byte : wanted.has(byte)

function patternBytes(text: string): PatternByte[] {
  const bytes: PatternByte[] = []
  const source = encodeName(text)
  for (let at = 0; at < source.length; at += 1) {
    const byte = source[at] ?? 0
    if (byte !== backslash || at + 1 === source.length) bytes.push(byte === backslash ? byte | literal : byte)
    else {
      at += 1
      bytes.push((source[at] ?? 0) | literal)
    }
  }
  return bytes
}

const nameOf = (bytes: readonly PatternByte[]): string => decodeName(Buffer.from(bytes.map((byte) => byte & 0xff)))

function pathPattern(bytes: readonly PatternByte[], unknownClassIsPlain: boolean): PathPattern {
  const components: Component[] = []
  let slashes = ''
  let tokens: Token[] = []
  const close = (): void => {
    if (tokens.length === 0) return
    components.push({ slashes, match: tokens.every((token) => typeof token === 'number') ? nameOf(tokens) : tokens })
    slashes = ''
    tokens = []
  }
  const lastClosing = bytes.lastIndexOf(closing)
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    if ((byte & 0xff) === slash) {
      close()
      slashes += '/'
    } else if (byte === star) {
      if (tokens.at(-1) !== '*') tokens.push('*')
    } else if (byte === question) tokens.push(anyByte)
    else if (byte === opening) {
      // Asked first, so that a set that does not end is not looked through from each of its brackets.
      const set = at < lastClosing ? parseSet(bytes, at + 1, unknownClassIsPlain) : undefined
      tokens.push(set?.members ?? byte)
      at = set?.last ?? at
    } else tokens.push(byte & 0xff)
  }
  close()
  return { components, slashesAtEnd: slashes, plain: nameOf(bytes) }
}

const allBytes = Array.from({ length: 256 }, (_, byte) => byte)
const anyByte: ReadonlySet<number> = new Set(allBytes)
const noByte: ReadonlySet<number> = new Set()

/** The members of `[…]` from behind its bracket, and where it ends; `undefined` where it does not end, so that the bracket is plain. */
function parseSet(
  bytes: readonly PatternByte[],
  start: number,
  unknownClassIsPlain: boolean,
): { readonly members: ReadonlySet<number>; readonly last: number } | undefined {
  const negated = bytes[start] === bang
  const first = negated ? start + 1 : start
  const members = new Set<number>()
  let never = false
  for (let at = first; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0
    // A bracket in the first place is a member.
    if (byte === closing && at > first) {
      return { members: never ? noByte : negated ? complement(members) : members, last: at }
    }
    const named = byte === opening && bytes[at + 1] === colon ? classAt(bytes, at + 2) : undefined
    if (named?.members !== undefined) {
      for (const member of named.members) members.add(member)
      at = named.last
      continue
    }
    if (named !== undefined && !unknownClassIsPlain) never = true
    const end = bytes[at + 1] === dash && bytes[at + 2] !== closing ? bytes[at + 2] : undefined
    const last = (end ?? byte) & 0xff
    for (let member = byte & 0xff; member <= last; member += 1) members.add(member)
    // No name holds a slash, and in a set it does not part components.
    if ((byte & 0xff) === slash || last === slash) never = true
    if (end !== undefined) at += 2
  }
  return undefined
}

function complement(members: ReadonlySet<number>): ReadonlySet<number> {
  return new Set(allBytes.filter((byte) => !members.has(byte)))
}

/** ctype(3) in the C locale: bytes beyond ASCII are in no class. */
const classes: Readonly<Record<string, RegExp>> = {
  alnum: /[A-Za-z0-9]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  cntrl: /[\0-\x1f\x7f]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t-\r]/,
  upper: /[A-Z]/,
  xdigit: /[A-Fa-f0-9]/,
}

/** The class named from `start` on, as in `[:alpha:]`; without members where there is no class of that name. */
function classAt(
  bytes: readonly PatternByte[],
  start: number,
): { readonly members?: readonly number[]; readonly last: number } | undefined {
  const end = bytes.indexOf(colon, start)
  if (end < 0 || bytes[end + 1] !== closing) return undefined
  const expression = new Map(Object.entries(classes)).get(nameOf(bytes.slice(start, end)))
  const members = expression && allBytes.filter((byte) => expression.test(String.fromCharCode(byte)))
  return { ...(members && { members }), last: end + 1 }
}

/** More alternatives than this are no pattern that a person wrote. */
const mostAlternatives = 1024
/** Bytes; each alternative is a copy of the whole. */
const mostCopied = 1 << 24

/** `a{b,c}d` gives `abd` and `acd`; braces nest, those within a set are plain, and so are `{}` alone. */
function expandBraces(bytes: readonly PatternByte[]): (readonly PatternByte[])[] {
  const done: (readonly PatternByte[])[] = []
  const open: (readonly PatternByte[])[] = [bytes]
  let copied = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const alternatives = firstBraces(next)
    if (alternatives === undefined) done.push(next)
    else open.push(...alternatives.reverse())
    copied += (alternatives?.length ?? 0) * next.length
    if (done.length + open.length > mostAlternatives || copied > mostCopied) {
      throw new FerryError('operation_failed', `${excerpt(nameOf(bytes))}: more than ${mostAlternatives} alternatives`)
    }
  }
  return done
}

function firstBraces(bytes: readonly PatternByte[]): (readonly PatternByte[])[] | undefined {
  const start = bytes.indexOf(openBrace)
  if (start < 0 || (bytes.length === 2 && bytes[1] === closeBrace)) return undefined
  const parts: PatternByte[][] = []
  let part = start + 1
  let depth = 0
  const lastClosing = bytes.lastIndexOf(closing)
  for (let at = part; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === opening && at < lastClosing) at = bytes.indexOf(closing, at + 1)
    else if (byte === openBrace) depth += 1
    else if (byte === closeBrace && depth > 0) depth -= 1
    else if ((byte === comma || byte === closeBrace) && depth === 0) {
      parts.push(bytes.slice(part, at))
      part = at + 1
      if (byte === closeBrace)
        return parts.map((chosen) => [...bytes.slice(0, start), ...chosen, ...bytes.slice(at + 1)])
    }
  }
  return undefined
}
