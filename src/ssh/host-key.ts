import { type Details, FerryError } from '../errors/ferry-error.ts'
import { shownPath } from '../model/home.ts'
import { describeKey, fingerprintOf, rsaBitsOf } from './fingerprint.ts'
import { isAbout, type KnownHost, keyTypeOf } from './known-hosts.ts'
import { type KnownHostsFile, loadKnownHosts, rememberKey } from './known-hosts-files.ts'
import type { SshSettings } from './settings.ts'
import { shellWord } from './shell-word.ts'
import type { TransportEvents } from './transport.ts'

/** A line of known_hosts with the file that has it. */
interface Known extends KnownHost {
  readonly file: string
}

/**
 * Decides about a server's key, before anything is offered to that server: a revoked one is refused, a pin beats known_hosts, and
 * known_hosts beats everybody's opinion. Only where the host is unknown does StrictHostKeyChecking count.
 */
export class HostKeyCheck {
  readonly #settings: SshSettings
  readonly #events: TransportEvents
  readonly #known: readonly Known[]
  /** Under which names the key that was accepted is to be written down, once the server has proved that it holds it. */
  #newNames: string[] = []
  /** The key was accepted for what a file of the user's says of exactly this host, or by the user just now. */
  #isUsersOwn = false
  #accepted: Buffer | undefined

  private constructor(settings: SshSettings, events: TransportEvents, files: readonly KnownHostsFile[]) {
    this.#settings = settings
    this.#events = events
    this.#known = files.flatMap(({ path, entries }) => entries.map((entry) => ({ ...entry, file: path })))
  }

  static async prepare(settings: SshSettings, events: TransportEvents): Promise<HostKeyCheck> {
    const { userFiles, globalFiles } = settings.hostKeys
    return new HostKeyCheck(settings, events, await loadKnownHosts([...userFiles, ...globalFiles], events))
  }

  /** What to ask the server for: first the types of the keys that are known for it, so that it shows one of them. */
  get algorithms(): readonly string[] {
    const { algorithms, hostKeys } = this.#settings
    if (hostKeys.fixedOrder) return algorithms.hostKey
    const types = new Set(this.#ofHost.map(({ keyType }) => keyType))
    const isKnown = (algorithm: string): boolean => types.has(typeOfAlgorithm(algorithm))
    return [...algorithms.hostKey.filter(isKnown), ...algorithms.hostKey.filter((name) => !isKnown(name))]
  }

  /**
   * Resolves where the key is the host's; rejects with `host_key_rejected`. Who has to be asked is asked. `address` is the server's
   * own, where the connection leads straight to it.
   */
  async verify(key: Buffer, signal: AbortSignal, address?: string): Promise<void> {
    this.#newNames = []
    this.#refuseRevoked(key)
    this.#refuseShort(key)
    const { pins } = this.#settings.hostKeys
    if (pins.length > 0) return this.#comparePins(key, pins)
    await this.#decide(key, signal)
    if (address !== undefined) await this.#checkAddress(address, key, signal)
    this.#accepted = key
  }

  async #decide(key: Buffer, signal: AbortSignal): Promise<void> {
    const known = this.#ofHost.find((entry) => entry.key.equals(key))
    if (known !== undefined) return this.#accept(known, key)
    this.#refuseChanged(key)
    const withoutPort = this.#knownWithoutPort(key)
    if (withoutPort !== undefined) return this.#accept(withoutPort, key)
    await this.#decideUnknown(key, signal)
  }

  #accept(known: Known, key: Buffer): void {
    const { userFiles, home } = this.#settings.hostKeys
    this.#isUsersOwn = userFiles.includes(known.file) && !/[*?!]/.test(known.hosts)
    this.#events.note(1, `host key ${describeKey(key)} is in ${shownPath(known.file, home)}:${known.line}`)
  }

  /** Writes down a new key. A file that cannot be written is a warning: the key was accepted all the same. */
  async remember(key: Buffer): Promise<void> {
    const { userFiles, hashNames } = this.#settings.hostKeys
    const [file] = userFiles
    if (file === undefined) return
    for (const name of this.#newNames) await rememberKey(file, name, key, hashNames, this.#events)
  }

  /** Whether `learn` would do anything with these keys, so that they are worth a proof. */
  wants(keys: readonly Buffer[]): boolean {
    return this.#unknownOf(keys).length > 0
  }

  /**
   * Writes down the other keys that the server has proved to hold, so that one of them may replace the first some day
   * (UpdateHostKeys). Only where it is the user's own file that knows the host.
   */
  async learn(keys: readonly Buffer[]): Promise<void> {
    const { update, userFiles, hashNames, home } = this.#settings.hostKeys
    const [file] = userFiles
    if (file === undefined) return
    for (const key of this.#unknownOf(keys)) {
      const what = `the server also has ${describeKey(key)}`
      this.#events.note(
        1,
        update === 'ask' ? `${what}, left out (UpdateHostKeys)` : `${what}: added to ${shownPath(file, home)}`,
      )
      if (update === 'yes') await rememberKey(file, this.#name, key, hashNames, this.#events)
    }
  }

  /** Those that may be written down, and are not yet. */
  #unknownOf(keys: readonly Buffer[]): Buffer[] {
    const { update, userFiles, pins, rsaBitsMin } = this.#settings.hostKeys
    if (update === 'no' || userFiles.length === 0 || pins.length > 0 || !this.#isUsersOwn) return []
    const types = new Set(this.#settings.algorithms.hostKey.map(typeOfAlgorithm))
    const known = [this.#accepted, ...this.#about(this.#name).map((entry) => entry.key)]
    return keys.filter(
      (key) =>
        types.has(keyTypeOf(key)) &&
        (rsaBitsOf(key) ?? rsaBitsMin) >= rsaBitsMin &&
        !known.some((one) => one?.equals(key)),
    )
  }

  /** Plain keys of the host, whatever their type. */
  get #ofHost(): Known[] {
    return this.#about(this.#name).filter(({ marker }) => marker === undefined)
  }

  #about(name: string): Known[] {
    return this.#known.filter((entry) => isAbout(entry, name))
  }

  get #name(): string {
    return this.#settings.hostKeys.lookupName
  }

  #refuseRevoked(key: Buffer): void {
    const revoked = this.#about(this.#name).find((entry) => entry.marker === 'revoked' && entry.key.equals(key))
    if (revoked === undefined) return
    throw rejected(`the key of ${this.#name} is revoked: ${describeKey(key)}`, {
      place: { file: revoked.file, line: revoked.line },
    })
  }

  #refuseShort(key: Buffer): void {
    const bits = rsaBitsOf(key)
    const least = this.#settings.hostKeys.rsaBitsMin
    if (bits === undefined || bits >= least) return
    throw rejected(`the RSA key of ${this.#name} has ${bits} bits, which is less than ${least}`)
  }

  #comparePins(key: Buffer, pins: readonly string[]): void {
    if (pins.includes(fingerprintOf(key))) {
      this.#events.note(1, `host key ${describeKey(key)} is pinned`)
      return
    }
    throw new PinMismatch(key, pins, this.#acceptHint(key))
  }

  /** A known type counts only where the server was asked for it: it shows one key, and may have others. */
  #refuseChanged(key: Buffer): void {
    const asked = new Set(this.#settings.algorithms.hostKey.map(typeOfAlgorithm))
    const comparable = this.#ofHost.filter(({ keyType }) => asked.has(keyType))
    const old = comparable.find(({ keyType }) => keyType === keyTypeOf(key)) ?? comparable[0]
    if (old === undefined || (this.#settings.hostKeys.fixedOrder && old.keyType !== keyTypeOf(key))) return
    const { home } = this.#settings.hostKeys
    const where = `${shownPath(old.file, home)}:${old.line}`
    const message = `the key of ${this.#name} has changed: the server has ${describeKey(key)}, ${where} has ${describeKey(old.key)}`
    throw rejected(message, {
      place: { file: old.file, line: old.line },
      hint: `if the server has a new key: ssh-keygen -R ${shellWord(this.#name)} -f ${shellWord(old.file)}`,
    })
  }

  /** As ssh does for another port than 22: the very key that is known for the host without port will do. */
  #knownWithoutPort(key: Buffer): Known | undefined {
    const [, host] = /^\[(.*)\]:\d+$/.exec(this.#name) ?? []
    if (host === undefined) return undefined
    return this.#about(host).find((entry) => entry.marker === undefined && entry.key.equals(key))
  }

  async #decideUnknown(key: Buffer, signal: AbortSignal): Promise<void> {
    const { checking = 'ask' } = this.#settings.hostKeys
    const { ask } = this.#events
    if (checking === 'yes') throw this.#unknown(key, 'and StrictHostKeyChecking is yes')
    if (checking === 'ask') {
      if (ask === undefined) throw this.#unknown(key, 'and there is no terminal to ask on')
      await this.#askAbout(key, `${this.#whereNot()}. `, ask, signal)
    } else if (checking === 'no') {
      this.#events.note(0, `accepted the key of ${this.#name} unchecked: ${describeKey(key)}`)
    } else {
      this.#events.note(0, `accepted the new key of ${this.#name}: ${describeKey(key)}`)
    }
    this.#newNames.push(this.#name)
    this.#isUsersOwn = true
  }

  /** As ssh with CheckHostIP: an address that is not known is added, one that is known for another host's key is not trusted. */
  async #checkAddress(address: string, key: Buffer, signal: AbortSignal): Promise<void> {
    const { host, port, hostKeys } = this.#settings
    const named = (name: string): string => (port === 22 ? name : `[${name}]:${port}`)
    const name = named(address)
    if (!hostKeys.checkIp || name === this.#name || this.#name !== named(host.toLowerCase())) return
    const known = this.#about(name).filter(({ marker }) => marker === undefined)
    if (known.some((entry) => entry.key.equals(key))) return
    const other = known.find(({ keyType }) => keyType === keyTypeOf(key))
    if (other === undefined) {
      this.#newNames.push(name)
      return
    }
    const where = `${shownPath(other.file, hostKeys.home)}:${other.line}`
    const message = `the key of ${this.#name} is not the one of its address ${address}: ${where} has ${describeKey(other.key)}`
    const { checking = 'ask' } = hostKeys
    const { ask } = this.#events
    if (checking === 'yes' || (checking === 'ask' && ask === undefined)) {
      throw rejected(message, { place: { file: other.file, line: other.line } })
    }
    if (checking === 'ask' && ask !== undefined) await this.#askAbout(key, `${message}. `, ask, signal)
    else this.#events.note(0, message)
  }

  async #askAbout(
    key: Buffer,
    why: string,
    ask: NonNullable<TransportEvents['ask']>,
    signal: AbortSignal,
  ): Promise<void> {
    const fingerprint = fingerprintOf(key)
    let text = `${why}Its key is ${describeKey(key)}. Go on connecting (yes/no/fingerprint)? `
    for (;;) {
      const answer = (await ask({ text, echo: true }, signal)).trim()
      if (answer.toLowerCase() === 'yes' || answer === fingerprint) return
      if (answer.toLowerCase() === 'no') throw rejected(`the key of ${this.#name} was not accepted`)
      text = 'Please type yes, no or the fingerprint: '
    }
  }

  #unknown(key: Buffer, reason: string): FerryError {
    return rejected(`${this.#whereNot()}, ${reason}`, { hint: `if this is its key: ${this.#acceptHint(key)}` })
  }

  #whereNot(): string {
    const { userFiles, home } = this.#settings.hostKeys
    const [file] = userFiles
    return file === undefined
      ? `${this.#name} is unknown, as there is no known_hosts file`
      : `${this.#name} is not in ${shownPath(file, home)}`
  }

  /** What to type so that this key is accepted from now on. */
  #acceptHint(key: Buffer): string {
    const { name, role, hostKeys } = this.#settings
    if (role === 'stored') return `ferry connections edit ${shellWord(name)} --host-key ${fingerprintOf(key)}`
    if (role === 'address') return `${describeKey(key)}, connect once with -o StrictHostKeyChecking=accept-new`
    return `${describeKey(key)}, add it to ${shownPath(hostKeys.userFiles[0] ?? 'a known_hosts file', hostKeys.home)}`
  }
}

/** The server may have other keys besides; the caller can ask for one of another type. */
export class PinMismatch extends FerryError {
  readonly keyType: string
  /** The keys that the server has shown, its preferred one first. */
  readonly shown: Buffer[]

  constructor(key: Buffer, pins: readonly string[], hint: string) {
    const message = `host key rejected: the server's key is not the pinned one: ${describeKey(key)}, pinned is ${pins.join(', ')}`
    super('host_key_rejected', message, { hint: `if the server has a new key: ${hint}` })
    this.keyType = keyTypeOf(key)
    this.shown = [key]
  }
}

const rejected = (message: string, details: Details = {}): FerryError =>
  new FerryError('host_key_rejected', `host key rejected: ${message}`, details)

/** The type of key that a signature algorithm is made with. */
export const typeOfAlgorithm = (algorithm: string): string => (algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)
