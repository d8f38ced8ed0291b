import { readFile } from 'node:fs/promises'
import { type Details, FerryError } from '../errors/ferry-error.ts'
import { shownPath } from '../model/home.ts'
import { decodeName, fsPath } from '../model/name-bytes.ts'
import { describeKey, fingerprintOf } from './fingerprint.ts'
import { isAbout, keyTypeOf, parseKnownHosts } from './known-hosts.ts'
import { loadKnownHosts } from './known-hosts-files.ts'
import type { OpensshSettings } from './settings.ts'
import { shellWord } from './shell-word.ts'
import type { TransportEvents } from './transport.ts'
import { fields, readFields } from './wire-fields.ts'

/** What the server showed in place of the pinned key; it may have keys of other types besides. */
export class OpensshPinMismatch extends FerryError {
  readonly keyType: string

  constructor(key: Buffer, settings: OpensshSettings) {
    const { pins } = settings.hostKeys
    const message = `host key rejected: the server's key is not the pinned one: ${describeKey(key)}, pinned is ${pins.join(', ')}`
    const hint = acceptHint(settings, describeKey(key))
    super('host_key_rejected', message, { hint: `if the server has a new key: ${hint}` })
    this.keyType = keyTypeOf(key)
  }
}

/**
 * Holds the key that ssh asks about (KnownHostsCommand: name, type, base64) against the pins. Gives the line of known_hosts that makes
 * ssh take it; rejects where it is another one, or revoked.
 */
export async function pinnedHostLine(
  [name = '', type = '', base64 = '']: readonly string[],
  settings: OpensshSettings,
  events: TransportEvents,
): Promise<string> {
  // ssh asks for the order of its algorithms before there is a key.
  if (type === 'NONE') return ''
  const { pins, userFiles, globalFiles, lookupName } = settings.hostKeys
  const key = plainKey(Buffer.from(base64, 'base64'))
  const files = await loadKnownHosts([...userFiles, ...globalFiles], events)
  for (const { path, entries } of files) {
    const revoked = entries.find((one) => one.marker === 'revoked' && isAbout(one, lookupName) && one.key.equals(key))
    if (revoked === undefined) continue
    throw keyRejection(`the key of ${lookupName} is revoked: ${describeKey(key)}`, {
      place: { file: path, line: revoked.line },
    })
  }
  if (!pins.includes(fingerprintOf(key))) throw new OpensshPinMismatch(key, settings)
  return `${name} ${keyTypeOf(key)} ${key.toString('base64')}`
}

/** The public key that a certificate is about (OpenSSH's PROTOCOL.certkeys): its own fields come after a nonce. */
function plainKey(blob: Buffer): Buffer {
  const [, type] = /^(.*)-cert-v0[01]@openssh\.com$/.exec(keyTypeOf(blob)) ?? []
  if (type === undefined) return blob
  const own = type === 'ssh-ed25519' ? 1 : 2
  return fields(type, ...readFields(blob, 2 + own).slice(2))
}

/** ssh refused the server's key, for what it wrote to standard error. */
export async function hostKeyFailure(
  settings: OpensshSettings,
  said: string,
  serverKey: string | undefined,
  canAsk: boolean,
): Promise<FerryError> {
  const { lookupName, home } = settings.hostKeys
  const key = serverKey ?? 'unknown'
  if (/ was revoked | marked as revoked| revoked by file/.test(said)) {
    return keyRejection(`the key of ${lookupName} is revoked: ${key}`)
  }
  const [, file, line] = /^Offending \S+ key in (.*):(\d+)$/m.exec(said) ?? []
  if (file !== undefined) {
    const known = await describedLine(file, Number(line))
    const changed = /^Host key for (\S+) has changed/m.exec(said)?.[1] ?? lookupName
    return keyRejection(
      `the key of ${changed} has changed: the server has ${key}, ${shownPath(file, home)}:${line} has ${known}`,
      {
        place: { file, line: Number(line) },
        hint: `if the server has a new key: ssh-keygen -R ${shellWord(changed)} -f ${shellWord(file)}`,
      },
    )
  }
  const invalid = /^Certificate invalid: (.*)$/m.exec(said)?.[1]
  const unknown = /^No (\S+) host key is known for (\S+) and you have requested strict checking/m.exec(said)
  if (unknown !== null) {
    const why = invalid === undefined ? '' : `, and its certificate is invalid: ${invalid}`
    const { checking = 'ask' } = settings.hostKeys
    const reason = checking === 'ask' && !canAsk ? 'there is no terminal to ask on' : 'StrictHostKeyChecking is yes'
    const isOwn = serverKey !== undefined
    return keyRejection(`${unknownHostText(settings, unknown[2] ?? lookupName)}, and ${reason}${why}`, {
      ...(isOwn && { hint: `if this is its key: ${acceptHint(settings, key)}` }),
    })
  }
  return keyRejection(`ssh does not accept the key of ${lookupName}: ${key}`)
}

export const keyRejection = (message: string, details: Details = {}): FerryError =>
  new FerryError('host_key_rejected', `host key rejected: ${message}`, details)

/** Where a host was looked for in vain. */
export function unknownHostText({ hostKeys }: OpensshSettings, name: string): string {
  const [file] = hostKeys.userFiles
  return file === undefined
    ? `${name} is unknown, as there is no known_hosts file`
    : `${name} is not in ${shownPath(file, hostKeys.home)}`
}

/** What to type so that a key, `ED25519 SHA256:…`, is accepted from now on. */
function acceptHint({ name, role }: OpensshSettings, key: string): string {
  if (role !== 'stored') return `${key}, connect once with -o StrictHostKeyChecking=accept-new`
  return `ferry connections edit ${shellWord(name)} --host-key ${key.replace(/^.* /, '')}`
}

async function describedLine(file: string, line: number): Promise<string> {
  try {
    const entries = parseKnownHosts(decodeName(await readFile(fsPath(file))))
    const key = entries.find((entry) => entry.line === line)?.key
    return key === undefined ? 'another one' : describeKey(key)
  } catch {
    return 'another one'
  }
}
