import type { Readable } from 'node:stream'
import { excerpt } from '../model/visible.ts'
import type { TransportEvents } from './transport.ts'

/** How far ssh has come, in this order. */
const phases = ['start', 'connect', 'key exchange', 'login', 'channel', 'open'] as const
export type OpensshPhase = (typeof phases)[number]

/** What each phase begins with, in ssh's words (OpenSSH's sshconnect.c, kex.c, sshconnect2.c, clientloop.c, mux.c). */
const beginnings: readonly (readonly [RegExp, OpensshPhase])[] = [
  [/^debug1: (?:Connecting to |Executing proxy command|Local version string )/, 'connect'],
  [/^debug1: Remote protocol version /, 'key exchange'],
  [/^debug1: SSH2_MSG_NEWKEYS received/, 'login'],
  [/^Authenticated to |^debug1: Entering interactive session/, 'channel'],
  [/^debug1: Sending subsystem: |^debug1: mux_client_request_session: master session id/, 'open'],
]

/** Of ssh's own messages those that say what -v is for, and what -vv; the others are for -vvv. */
const steps =
  /^(?:Connecting to|Executing proxy command|Offering public key|Trying private key|Next authentication method)/
const details =
  /^(?:Reading configuration|Remote protocol version|kex: |Server host (?:key|certificate)|Server accepts key|Authentications that can continue|auto-mux|identity file)/

/** Decoration of its loudest warnings, which are told in one line when it gives up. */
const ornament = /^@|^\s*$/
/** No complaints, though nothing marks them as debug messages. */
const statistics = /^(?:Authenticated to |Transferred: |Bytes per second: )/

const lineBytesMax = 4096
const keptLines = 40

/** Reads what ssh says on its standard error to the end: where it is, what was tried, and why it gave up. */
export class OpensshLog {
  phase: OpensshPhase = 'start'
  /** Told of each further phase. */
  onPhase: (phase: OpensshPhase) => void = () => undefined
  /** `ED25519 SHA256:…`, as the server showed it; not yet checked. */
  serverKey: string | undefined
  /** What the server takes, once it has said so. */
  taken: string | undefined
  /** How often the server took one of several things that it wants. */
  partial = 0
  /** The methods so far; the last is the one that was tried last. */
  readonly tried = new Set<string>()
  readonly #events: TransportEvents
  readonly #complaints: string[] = []
  #rest = ''
  /** Of ssh itself. */
  #version: string | undefined

  constructor(stream: Readable, events: TransportEvents) {
    this.#events = events
    stream.setEncoding('utf8')
    stream.on('data', (text: string) => this.#read(text))
    // Its owner fails as well, and says so.
    stream.on('error', () => undefined)
  }

  /** The last lines that are no debug messages, the last one last. */
  get complaints(): readonly string[] {
    return this.#rest === '' ? this.#complaints : [...this.#complaints, this.#rest.trimEnd()]
  }

  /** From 8.5 on ssh puts `(user@host) ` before a server's question, so that none looks like its own (sshconnect2.c). */
  get marksQuestions(): boolean {
    const [major = 0, minor = 0] = (this.#version ?? '').split('.').map(Number)
    return major > 8 || (major === 8 && minor >= 5)
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/)
    this.#rest = (lines.pop() ?? '').slice(0, lineBytesMax)
    for (const line of lines) this.#line(line.slice(0, lineBytesMax))
  }

  #line(line: string): void {
    const [, debug, said = line] = /^debug([123]): (.*)$/.exec(line) ?? []
    if (this.phase !== 'open') this.#learn(line, said)
    this.#note(debug, said)
    if (debug !== undefined || ornament.test(line) || statistics.test(line)) return
    this.#complaints.push(line)
    if (this.#complaints.length > keptLines) this.#complaints.shift()
  }

  #learn(line: string, said: string): void {
    const [, beginning] = beginnings.find(([pattern]) => pattern.test(line)) ?? []
    if (beginning !== undefined && phases.indexOf(beginning) > phases.indexOf(this.phase)) {
      this.phase = beginning
      this.onPhase(beginning)
    }
    // The first one counts: it comes before any server is heard, whose text may look the same.
    this.#version ??= /^Local version string SSH-2\.0-OpenSSH_(\d+\.\d+)/.exec(said)?.[1]
    // Before that no server has a say in what is written here.
    const [, type, fingerprint] = /^Server host (?:key|certificate): (\S+) (SHA256:[^\s,]+)/.exec(said) ?? []
    if (type !== undefined && this.phase === 'key exchange') this.serverKey = `${keyName(type)} ${fingerprint}`
    this.taken = /^Authentications that can continue: (\S*)/.exec(said)?.[1] ?? this.taken
    const method = /^Next authentication method: (\S+)/.exec(said)?.[1]
    if (method !== undefined) {
      this.tried.delete(method)
      this.tried.add(method)
    }
    if (/^Authenticated using "[^"]*" with partial success/.test(said)) this.partial += 1
  }

  #note(debug: string | undefined, said: string): void {
    if (said.trim() === '' || (debug === undefined && ornament.test(said))) return
    const text = excerpt(said, 1000)
    const added = /^Warning: Permanently added '(.*)' \(.*\) to the list of known hosts/.exec(said)?.[1]
    if (debug === undefined && added !== undefined && this.phase === 'key exchange') {
      this.#events.note(
        0,
        `accepted the new key of ${added}${this.serverKey === undefined ? '' : `: ${this.serverKey}`}`,
      )
    } else if (debug === undefined) {
      // From the login on it may be the server that warns.
      const isWarning = /^(?:Warning: |\*\* WARNING)/.test(said) && this.phase !== 'login' && this.phase !== 'open'
      this.#events.note(isWarning ? 0 : statistics.test(said) ? 2 : 1, `ssh: ${text}`)
    } else if (debug === '1' && steps.test(said)) this.#events.note(1, `ssh: ${text}`)
    else if (debug === '1' && details.test(said)) this.#events.note(2, `ssh: ${text}`)
    else this.#events.note(debug === '1' ? 3 : 4, `ssh: ${text}`)
  }
}

/** As ssh calls the types of keys to people. */
function keyName(type: string): string {
  const plain = type.replace(/-cert-v\d+@openssh\.com$/, '')
  if (plain.startsWith('ecdsa-')) return 'ECDSA'
  return plain === 'ssh-rsa' || plain.startsWith('rsa-') ? 'RSA' : plain.replace(/^ssh-/, '').toUpperCase()
}
