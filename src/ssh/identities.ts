import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf, localReason } from '../errors/local-error.ts'
import { counted } from '../model/counted.ts'
import { shownPath } from '../model/home.ts'
import { octal } from '../model/mode.ts'
import { type AgentKey, addToAgent, agentKeys, agentSignature } from './agent.ts'
import { describeKey, rsaBitsOf } from './fingerprint.ts'
import { typeOfAlgorithm } from './host-key.ts'
import { type KeyFile, readKeyFile } from './key-file.ts'
import { keyTypeOf } from './known-hosts.ts'
import { type KeyText, readKeyText, readPublicKey } from './private-key.ts'
import type { AuthenticationSettings, IdentitySource, SshSettings } from './settings.ts'
import { shellWord } from './shell-word.ts'
import type { PrivateKey } from './signing-key.ts'
import type { TransportEvents } from './transport.ts'

/** A key to log in with. */
export interface Identity {
  /** For notes: where it is from. */
  readonly label: string
  readonly blob: Buffer
  /** Named by flag or connection. */
  readonly explicit: boolean
  /** Signs, and asks for a passphrase first where it has to. Rejects where it cannot. */
  sign(data: Buffer, algorithm: string, signal: AbortSignal): Promise<Buffer>
  /** Signs with a key that is at hand; absent where a person or an agent has a say. */
  readonly signAtOnce?: (data: Buffer, algorithm: string) => Buffer
}

/** As many keys as any server will look at. */
const identitiesMax = 32

/**
 * The keys to try, in their order: those that flags and the connection name; those of ssh_config and the usual files that the agent
 * holds; the agent's others; the rest of the files. Rejects with `authentication_failed` where a key that was named cannot be used.
 */
export async function loadIdentities(
  settings: SshSettings,
  events: TransportEvents,
  signal: AbortSignal,
): Promise<Identity[]> {
  if (!settings.authentication.methods.has('publickey')) return []
  return new IdentityLoader(settings, events, signal).load()
}

class IdentityLoader {
  readonly #settings: AuthenticationSettings
  readonly #home: string
  readonly #role: SshSettings['role']
  readonly #events: TransportEvents
  readonly #ask: TransportEvents['ask']
  readonly #signal: AbortSignal
  #agentKeys: readonly AgentKey[] = []

  constructor(settings: SshSettings, events: TransportEvents, signal: AbortSignal) {
    this.#settings = settings.authentication
    this.#home = settings.hostKeys.home
    this.#role = settings.role
    this.#events = events
    this.#ask = events.ask
    this.#signal = signal
  }

  async load(): Promise<Identity[]> {
    this.#agentKeys = await this.#readAgent()
    const explicit: Identity[] = []
    const files: Identity[] = []
    for (const source of this.#settings.identities) {
      const identity = await this.#fromSource(source)
      if (identity !== undefined) (source.explicit ? explicit : files).push(identity)
    }
    const inAgent = (identity: Identity): boolean => this.#agentKey(identity.blob) !== undefined
    const others = this.#settings.identitiesOnly ? [] : this.#agentKeys.map((key) => this.#fromAgent(key, false))
    const all = [...explicit, ...files.filter(inAgent), ...others, ...files.filter((one) => !inAgent(one))]
    const usable = distinct(all).filter((identity) => this.#isAcceptable(identity))
    for (const { label, blob } of usable) this.#events.note(2, `identity ${label}: ${describeKey(blob)}`)
    return usable.slice(0, identitiesMax)
  }

  async #readAgent(): Promise<AgentKey[]> {
    const { agentSocket } = this.#settings
    if (agentSocket === undefined) return []
    try {
      const keys = await agentKeys(agentSocket, this.#signal)
      this.#events.note(1, `the agent at ${agentSocket} holds ${counted(keys.length, 'key')}`)
      return keys
    } catch (error) {
      this.#signal.throwIfAborted()
      this.#events.note(1, `the agent at ${agentSocket} is left out: ${localReason(error)}`)
      return []
    }
  }

  #agentKey(blob: Buffer): AgentKey | undefined {
    return this.#agentKeys.find((key) => key.blob.equals(blob))
  }

  #fromAgent({ blob, comment }: AgentKey, explicit: boolean): Identity {
    const socket = this.#settings.agentSocket ?? ''
    return {
      label: `${comment} (agent)`,
      blob,
      explicit,
      sign: (data, algorithm, signal) => agentSignature(socket, blob, data, algorithm, signal),
    }
  }

  /** `undefined` where there is none, which only an explicit one may not be. */
  async #fromSource(source: IdentitySource): Promise<Identity | undefined> {
    const label = source.kind === 'text' ? 'private_key' : shownPath(source.path, this.#home)
    try {
      return source.kind === 'text'
        ? await this.#fromText(label, await source.open(this.#signal), source)
        : await this.#fromFile(label, source)
    } catch (error) {
      this.#signal.throwIfAborted()
      if (error instanceof FerryError) throw error
      const refusal = error instanceof Unusable ? error : new Unusable(localReason(error))
      if (source.explicit) {
        throw new FerryError(
          'authentication_failed',
          `${source.kind === 'text' ? '' : 'identity file '}${label}: ${refusal.message}`,
          {
            ...(source.origin.place !== undefined && { place: source.origin.place }),
            ...(refusal.hint !== undefined && { hint: refusal.hint }),
          },
        )
      }
      const isMissing = errnoOf(error) === 'ENOENT'
      this.#events.note(isMissing ? 2 : refusal.level, `identity file ${label} is left out: ${refusal.message}`)
      return undefined
    }
  }

  async #fromFile(label: string, source: IdentitySource & { kind: 'file' }): Promise<Identity> {
    let file: KeyFile
    try {
      file = readKeyFile(source.path)
    } catch (error) {
      // As with ssh, `key.pub` will do where the agent has the other half.
      const blob = errnoOf(error) === 'ENOENT' ? publicBlobBeside(source.path) : undefined
      const key = blob === undefined ? undefined : this.#agentKey(blob)
      if (key === undefined) throw error
      return this.#fromAgent(key, source.explicit)
    }
    const isPublic = readPublicKey(file.text).kind === 'public'
    if (file.isOpen && !isPublic) {
      throw new Unusable(`others may read it (${octal(file.mode)})`, `chmod 600 ${shellWord(source.path)}`, 0)
    }
    return this.#fromText(label, file.text, source)
  }

  async #fromText(label: string, text: string, source: IdentitySource): Promise<Identity> {
    const read = await this.#read(text)
    if (read.kind === 'private') return this.#own(label, read.key, source)
    const known = read.kind === 'unusable' || read.blob === undefined ? undefined : this.#agentKey(read.blob)
    if (read.kind === 'unusable') throw new Unusable(read.reason, pathHint(source, text))
    if (read.kind === 'encrypted' && this.#settings.passphrase !== undefined) {
      const opened = await this.#read(text, await this.#settings.passphrase(this.#signal))
      if (opened.kind === 'private') return this.#own(label, opened.key, source)
      if (known === undefined) throw new Unusable('identity_passphrase does not open it')
    }
    if (known !== undefined) return this.#fromAgent(known, source.explicit)
    if (read.kind === 'public') throw new Unusable('it is a public key, and the agent does not hold the private one')
    return this.#encrypted(label, text, read, source)
  }

  #read(text: string, passphrase?: string): Promise<KeyText> {
    return this.#settings.keys.recall(text, passphrase, readKeyText)
  }

  /** Asked for when the server has said that the key would do, or at once where the key's public half is not to be had. */
  async #encrypted(
    label: string,
    text: string,
    read: KeyText & { kind: 'encrypted' },
    source: IdentitySource,
  ): Promise<Identity> {
    const ask = this.#ask
    if (ask === undefined) {
      const where = this.#role === 'address' ? 'FERRY_IDENTITY_PASSPHRASE' : 'identity_passphrase'
      throw new Unusable('it is encrypted, and there is no passphrase', `set ${where}, or add the key to ssh-agent`)
    }
    let opened: Promise<PrivateKey> | undefined
    const open = (signal: AbortSignal): Promise<PrivateKey> => {
      opened ??= this.#askPassphrase(label, text, ask, signal)
      return opened
    }
    const blob = read.blob ?? (source.kind === 'file' ? publicBlobBeside(source.path) : undefined)
    if (blob === undefined) {
      if (!source.explicit) throw new Unusable('it is encrypted')
      return this.#own(label, await open(this.#signal), source)
    }
    return {
      label,
      blob,
      explicit: source.explicit,
      sign: async (data, algorithm, signal) => {
        const key = await open(signal)
        await this.#giveToAgent(label, key, source, signal)
        return key.sign(data, algorithm)
      },
    }
  }

  /** A key whose private half was read. */
  #own(label: string, key: PrivateKey, source: IdentitySource): Identity {
    return {
      label,
      blob: key.blob,
      explicit: source.explicit,
      ...(this.#settings.addKeysToAgent === undefined && { signAtOnce: key.sign }),
      sign: async (data, algorithm, signal) => {
        await this.#giveToAgent(label, key, source, signal)
        return key.sign(data, algorithm)
      },
    }
  }

  /** As ssh does before it signs with the key of a file (AddKeysToAgent). An agent that does not take it is no reason to fail. */
  async #giveToAgent(label: string, key: PrivateKey, source: IdentitySource, signal: AbortSignal): Promise<void> {
    const { addKeysToAgent: how, agentSocket } = this.#settings
    if (how === undefined || agentSocket === undefined || source.kind !== 'file') return
    if (this.#agentKey(key.blob) !== undefined) return
    if (how.ask && !(await this.#isWanted(`Add key ${label} to the agent (yes/no)? `, signal))) return
    try {
      await addToAgent(agentSocket, key.agentFields(), source.path, how, signal)
      this.#events.note(1, `added ${label} to the agent`)
    } catch (error) {
      signal.throwIfAborted()
      this.#events.note(0, `cannot add ${label} to the agent: ${localReason(error)}`)
    }
  }

  async #isWanted(text: string, signal: AbortSignal): Promise<boolean> {
    return this.#ask !== undefined && (await this.#ask({ text, echo: true }, signal)).trim().toLowerCase() === 'yes'
  }

  async #askPassphrase(
    label: string,
    text: string,
    ask: NonNullable<TransportEvents['ask']>,
    signal: AbortSignal,
  ): Promise<PrivateKey> {
    for (let attempt = 1; attempt <= this.#settings.passwordPrompts; attempt += 1) {
      const read = await this.#read(text, await ask({ text: `Passphrase for ${label}: `, echo: false }, signal))
      if (read.kind === 'private') return read.key
    }
    throw new Unusable('the passphrase is wrong')
  }

  /** A type that PubkeyAcceptedAlgorithms has, and an RSA key of enough bits. */
  #isAcceptable({ blob, label, explicit }: Identity): boolean {
    const { keyAlgorithms, rsaBitsMin } = this.#settings
    const bits = rsaBitsOf(blob)
    const reason =
      bits !== undefined && bits < rsaBitsMin
        ? `its ${bits} bits are less than ${rsaBitsMin}`
        : keyAlgorithms.some((algorithm) => typeOfAlgorithm(algorithm) === keyTypeOf(blob))
          ? undefined
          : `keys of type ${keyTypeOf(blob)} are not among PubkeyAcceptedAlgorithms`
    if (reason === undefined) return true
    if (explicit) throw new FerryError('authentication_failed', `identity ${label}: ${reason}`)
    this.#events.note(1, `identity ${label} is left out: ${reason}`)
    return false
  }
}

/** Why a key cannot be used, with what to do about it; level 0 is a warning. */
class Unusable extends Error {
  readonly hint: string | undefined
  readonly level: 0 | 1

  constructor(message: string, hint?: string, level: 0 | 1 = 1) {
    super(message)
    this.hint = hint
    this.level = level
  }
}

function distinct(identities: readonly Identity[]): Identity[] {
  const seen = new Set<string>()
  return identities.filter(({ blob }) => {
    const name = blob.toString('latin1')
    return !seen.has(name) && seen.add(name)
  })
}

function publicBlobBeside(path: string): Buffer | undefined {
  try {
    const read = readPublicKey(readKeyFile(`${path}.pub`).text)
    return read.kind === 'public' ? read.blob : undefined
  } catch {
    return undefined
  }
}

/** The key's own text never has one line; what was meant may be its file. */
const pathHint = ({ kind }: IdentitySource, text: string): string | undefined =>
  kind === 'text' && !text.trim().includes('\n') ? 'a path belongs in identity_file' : undefined
