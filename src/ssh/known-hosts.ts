import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { matchesHostList } from './match-pattern.ts'

/** One line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHost {
  readonly marker?: 'revoked' | 'cert-authority'
  /** Patterns separated by commas, or `|1|salt|hash`. */
  readonly hosts: string
  readonly keyType: string
  readonly key: Buffer
  readonly line: number
}

/** The lines of a known_hosts file that can be read; like ssh, others are passed over. */
export function parseKnownHosts(text: string): KnownHost[] {
  return text.split('\n').flatMap((line, index) => {
    const entry = parseLine(line, index + 1)
    return entry === undefined ? [] : [entry]
  })
}

function parseLine(text: string, line: number): KnownHost | undefined {
  const words = text.trim().split(/[ \t]+/)
  const first = words[0] ?? ''
  if (first === '' || first.startsWith('#')) return undefined
  const marker = first.startsWith('@') ? first.slice(1) : undefined
  if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') return undefined
  const [hosts, keyType, base64] = marker === undefined ? words : words.slice(1)
  if (hosts === undefined || keyType === undefined || base64 === undefined) return undefined
  const key = Buffer.from(base64, 'base64')
  // A key begins with its own type, which also keeps out keys of SSH 1.
  if (keyTypeOf(key) !== keyType) return undefined
  return { ...(marker !== undefined && { marker }), hosts, keyType, key, line }
}

/** The type that a public key says it has (RFC 4253 §6.6); empty where it is none. */
export function keyTypeOf(key: Buffer): string {
  if (key.length < 4) return ''
  const length = key.readUInt32BE()
  return length <= key.length - 4 ? key.toString('latin1', 4, 4 + length) : ''
}

/** Whether an entry is about the host, as it is called in known_hosts: `host` or `[host]:port`, in lower case. */
export function isAbout({ hosts }: KnownHost, name: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]*)\|([^|]*)$/.exec(hosts) ?? []
  if (salt === undefined || hash === undefined) return !hosts.startsWith('|') && matchesHostList(name, hosts)
  const wanted = Buffer.from(hash, 'base64')
  const actual = hashOf(name, Buffer.from(salt, 'base64'))
  return wanted.length === actual.length && timingSafeEqual(wanted, actual)
}

const hashOf = (name: string, salt: Buffer): Buffer => createHmac('sha1', salt).update(name).digest()

/** A line for a host's key, its name hashed where that is wanted (HashKnownHosts). */
export function knownHostsLine(name: string, key: Buffer, hashName: boolean): string {
  const salt = randomBytes(20)
  const hosts = hashName ? `|1|${salt.toString('base64')}|${hashOf(name, salt).toString('base64')}` : name
  return `${hosts} ${keyTypeOf(key)} ${key.toString('base64')}\n`
}
