import { FerryError, type Place } from '../errors/ferry-error.ts'
import { errnoOf, localReason } from '../errors/local-error.ts'
import { shownPath } from '../model/home.ts'
import { decodeName } from '../model/name-bytes.ts'
import { orAbort } from '../model/or-abort.ts'
import { type Directive, Options, parseDirective, wrong } from './config-options.ts'
import { expandTokens, expandVariables } from './expand-tokens.ts'
import { findFiles } from './find-files.ts'
import { type Environment, expandTilde, type LocalAccount } from './local-account.ts'
import { matchesCriteria, tokensSoFar } from './match-criteria.ts'
import { matchesPattern } from './match-pattern.ts'
import { readFileIfAny, statIfAny } from './read-file.ts'
import type { LogLine, Need } from './settings.ts'

export interface ConfigInput {
  /** The host as it was given. */
  readonly host: string
  /** What flags and the stored connection say; it wins. */
  readonly preset: readonly Directive[]
  /** Read instead of the user's and the system's file: a path, or `none`; relative to the working directory. */
  readonly file?: { readonly path: string; readonly place?: Place }
  readonly account: LocalAccount
  readonly environment: Environment
  readonly signal: AbortSignal
}

const systemFile = '/etc/ssh/ssh_config'
const systemDirectory = '/etc/ssh'
/** As deep as ssh goes (READCONF_MAX_DEPTH). */
const depthMax = 16

export interface Evaluated {
  readonly options: Options
  /** Criteria of Match that are left to the system's ssh. */
  readonly needs: readonly Need[]
  /** Files that were read (1), and lines that count (2); without values, which may be secrets. */
  readonly log: readonly LogLine[]
}

/** What ssh_config(5) says for a host, with what was set before it. Nothing is expanded but what Match and Include need. */
export async function evaluateConfig(input: ConfigInput): Promise<Evaluated> {
  const evaluation = new Evaluation(input)
  await evaluation.pass(false)
  // `Match final` asks for a second pass, in which the host goes by its real name.
  if (evaluation.wantsFinal) await evaluation.pass(true)
  return evaluation
}

/** How a file is read: the rules that OpenSSH's readconf.c keeps in its flags. */
interface Reading {
  readonly final: boolean
  /** Below the user's file: `~` and `~/.ssh` are at home, else in /etc/ssh. */
  readonly userFile: boolean
  /** Nobody else may be able to write it. */
  readonly checkOwner: boolean
  /** Included from a block that does not match: only its syntax counts. */
  readonly never: boolean
  readonly depth: number
  readonly active: boolean
}

class Evaluation {
  readonly options = new Options()
  readonly needs: Need[] = []
  readonly log: LogLine[] = []
  wantsFinal = false
  readonly #input: ConfigInput

  constructor(input: ConfigInput) {
    this.#input = input
    for (const directive of input.preset) this.options.add(directive)
  }

  async pass(final: boolean): Promise<void> {
    const { file, account } = this.#input
    const reading = { final, userFile: true, checkOwner: false, never: false, depth: 0, active: true }
    if (file === undefined) {
      await this.#readFile(`${account.home}/.ssh/config`, { ...reading, checkOwner: true })
      await this.#readFile(systemFile, { ...reading, userFile: false })
    } else if (file.path.toLowerCase() !== 'none') {
      const path = expandTilde(file.path, account.home)
      if (await this.#readFile(path, reading)) return
      const details = file.place === undefined ? {} : { place: file.place }
      throw new FerryError(
        'usage',
        `cannot read the ssh configuration ${file.path}: no such file or directory`,
        details,
      )
    }
  }

  /** The host by its real name, as far as it is known. */
  get #hostName(): string {
    const { host } = this.#input
    return expandTokens(this.options.word('HostName') ?? host, new Map([['h', host]])).text
  }

  /** Whether there is such a file. */
  async #readFile(path: string, reading: Reading): Promise<boolean> {
    this.#input.signal.throwIfAborted()
    const text = await orAbort(configText(path, reading.checkOwner), this.#input.signal)
    if (text === undefined) return false
    const shown = shownPath(path, this.#input.account.home)
    this.log.push({ level: 1, text: `configuration ${shown}${reading.final ? ', for Match final' : ''}` })
    let active = reading.active
    for (const [index, line] of text.split('\n').entries()) {
      const origin = { source: 'ssh_config', place: { file: path, line: index + 1 } } as const
      const directive = parseDirective(line, origin, this.options.word('IgnoreUnknown'))
      if (directive === undefined) continue
      const { name } = directive.keyword
      if (name === 'Host') active = !reading.never && this.#matchesHost(directive, reading.final)
      else if (name === 'Match') active = await this.#matches(directive, reading)
      else if (name === 'Include') await this.#include(directive, { ...reading, active })
      else if (active && this.options.add(directive)) {
        this.log.push({ level: 2, text: `${shown}:${index + 1}: ${name}` })
      }
    }
    return true
  }

  /** A negated pattern that matches ends it at once, whatever else matched. */
  #matchesHost({ words, origin }: Directive, final: boolean): boolean {
    if (words.includes('')) throw wrong('Host: an empty pattern', origin)
    const host = final ? this.#hostName : this.#input.host
    let matched = false
    for (const word of words) {
      const negated = word.startsWith('!')
      if (!matchesPattern(host, negated ? word.slice(1) : word)) continue
      if (negated) return false
      matched = true
    }
    return matched
  }

  async #matches(directive: Directive, { final, never }: Reading): Promise<boolean> {
    const { account, environment, host, signal } = this.#input
    const { matched, asksFinal, foreign } = await matchesCriteria(directive, {
      final,
      skipCommands: never,
      account,
      environment,
      host: this.#hostName,
      originalHost: host,
      options: this.options,
      signal,
    })
    this.wantsFinal ||= asksFinal
    for (const what of foreign) {
      if (this.needs.some((need) => need.what === what)) continue
      this.needs.push({ what, origin: directive.origin, label: 'Match' })
    }
    return matched && !never
  }

  async #include({ words, origin }: Directive, reading: Reading): Promise<void> {
    if (reading.depth >= depthMax) throw wrong('Include: too deep', origin)
    for (const word of words) {
      for (const path of findFiles(this.#anchored(this.#expanded(word, origin), origin, reading.userFile))) {
        const { active, never } = reading
        await this.#readFile(path, { ...reading, checkOwner: true, depth: reading.depth + 1, never: never || !active })
      }
    }
  }

  /** OpenSSH 9.9 expands the paths of Include. */
  #expanded(word: string, origin: Directive['origin']): string {
    const { text: path, missing } = expandVariables(word, this.#input.environment)
    if (missing !== undefined) throw wrong(`Include: the variable ${missing} is not set`, origin)
    const { text, unknown } = expandTokens(
      path,
      tokensSoFar({ ...this.#input, host: this.#hostName, originalHost: this.#input.host, options: this.options }),
    )
    if (unknown !== undefined) throw wrong(`Include: unknown token "${unknown}"`, origin)
    return text
  }

  #anchored(word: string, origin: Directive['origin'], userFile: boolean): string {
    if (word === '') throw wrong('Include: an empty path', origin)
    if (word.startsWith('~') && !userFile) throw wrong(`Include: "~" means nothing in the system's file`, origin)
    const path = expandTilde(word, this.#input.account.home)
    if (path.startsWith('/')) return path
    return `${userFile ? `${this.#input.account.home}/.ssh` : systemDirectory}/${path}`
  }
}

async function configText(path: string, checkOwner: boolean): Promise<string | undefined> {
  try {
    if (checkOwner) refuseForeign(path)
    const bytes = await readFileIfAny(path)
    return bytes === undefined ? undefined : decodeName(bytes)
  } catch (error) {
    if (error instanceof FerryError) throw error
    // A directory among the files that a pattern found is an empty file to ssh.
    if (errnoOf(error) === 'EISDIR') return ''
    throw new FerryError('usage', `cannot read the ssh configuration ${path}: ${localReason(error)}`, { cause: error })
  }
}

/** ssh_config(5) FILES: because of the potential for abuse, nobody else may write it. */
function refuseForeign(path: string): void {
  const found = statIfAny(path)
  if (found === undefined) return
  const { uid, mode } = found
  const mine = process.getuid?.() ?? uid
  if ((uid === 0 || uid === mine) && (mode & 0o022) === 0) return
  throw new FerryError('usage', `the ssh configuration ${path} belongs to another user, or others may write it`, {
    place: { file: path },
    hint: `chmod go-w ${path}`,
  })
}
