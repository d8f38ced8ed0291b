import { suggest } from '../model/suggest.ts'
import { escapeReferences } from '../secrets/references.ts'
import { convertText } from './expand-fields.ts'
import { type Environment, expandText, type Fault } from './expand-text.ts'
import { type FieldKind, fieldNamed, fields } from './fields.ts'
import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from './yaml-node.ts'
import { parseZatoAddress } from './zato-address.ts'

/** What a translation has to say, with the offset of what it is about. */
export interface ZatoReport {
  error(key: string, offset: number, fault: Fault): void
  warning(key: string, offset: number, fault: Fault): void
}

/** Zato's names, of all its versions, that are not ours. */
const renamed = new Map([
  ['is_active', 'active'],
  ['secret', 'password'],
  ['private_key', 'identity_file'],
  ['is_compression_enabled', 'compression'],
  ['force_ip_type', 'address_family'],
  ['should_flush', 'fsync'],
  ['should_preserve_meta', 'preserve_metadata'],
  ['default_directory', 'directory'],
])

/** Zato's options that a translation reads by themselves. */
const special = ['type_', 'address', 'strict_host_key_checking', 'ignore_host_key_changes', 'sftp_command'] as const

/** What a Zato connection may have and ferry does something else for, or nothing. */
const withoutCounterpart = [
  'schedules',
  'pool_size',
  'should_store_content',
  'is_outconn',
  'is_channel',
  'is_internal',
  'id',
  'cluster_id',
] as const

/** A connection as any version of Zato declares it, as one of ours. What is empty there is not set. */
export function zatoConnection(map: YamlMap, environment: Environment, report: ZatoReport): YamlMap {
  const entries = new Map<string, YamlEntry>()
  for (const [key, entry] of map.entries) {
    if (isEmpty(entry.value) || special.some((name) => name === key)) continue
    const name = renamed.get(key) ?? key
    const kind = name === 'name' ? 'text' : fieldNamed(name)?.kind
    if (kind === undefined) report.warning(key, entry.keyOffset, leftOut(key))
    else if (entries.has(name))
      report.error(key, entry.keyOffset, {
        message: `"${key}" and "${entries.get(name)?.written ?? name}" are the same`,
      })
    else entries.set(name, { keyOffset: entry.keyOffset, written: key, value: fitted(entry.value, kind) })
  }
  const translation = new Translation(map, entries, environment, report)
  translation.address()
  translation.sftpCommand()
  translation.privateKey()
  translation.hostKeyChecking()
  return { ...map, entries }
}

class Translation {
  readonly #map: YamlMap
  readonly #entries: Map<string, YamlEntry>
  readonly #environment: Environment
  readonly #report: ZatoReport

  constructor(map: YamlMap, entries: Map<string, YamlEntry>, environment: Environment, report: ZatoReport) {
    this.#map = map
    this.#entries = entries
    this.#environment = environment
    this.#report = report
  }

  address(): void {
    const entry = this.#map.entries.get('address')
    if (entry === undefined || isEmpty(entry.value)) return
    const text = this.#text('address')?.text
    const address = text === undefined ? undefined : parseZatoAddress(text)
    if (address === undefined || 'fault' in address) {
      // What is said of the address is said of the host.
      this.#entries.set('host', { ...entry, written: 'address', faulty: true })
      if (address !== undefined) this.#report.error('address', entry.value.offset, address.fault)
      return
    }
    for (const [name, value] of Object.entries(address)) {
      const other = this.#entries.get(name)
      if (other !== undefined)
        this.#report.error(name, other.keyOffset, { message: `"${name}" is in "address" already` })
      else this.#set(name, 'address', entry, convertText(value, name === 'port' ? 'integer' : 'text'))
    }
  }

  /** ferry speaks SFTP itself. */
  sftpCommand(): void {
    const found = this.#text('sftp_command')
    if (found === undefined || found.text === 'sftp') return
    this.#report.warning('sftp_command', found.entry.keyOffset, {
      message: `sftp_command: "${found.text}" is not run, ferry speaks SFTP itself`,
      hint: 'transport: command runs a program that speaks SFTP on its standard input and output',
    })
  }

  /** Zato's `private_key` is a path, of the only key to offer; the secret beside it answers as password and as passphrase. */
  privateKey(): void {
    const key = this.#entries.get('identity_file')
    if (key?.written !== 'private_key') return
    const secret = this.#entries.get('password')
    if (secret !== undefined && !this.#entries.has('identity_passphrase'))
      this.#entries.set('identity_passphrase', secret)
    this.#option('IdentitiesOnly', 'yes', 'private_key', key)
  }

  hostKeyChecking(): void {
    const ignore = this.#flag('ignore_host_key_changes')
    const strict = this.#flag('strict_host_key_checking')
    if (ignore?.on === true) {
      this.#option('StrictHostKeyChecking', 'no', 'ignore_host_key_changes', ignore.entry)
      this.#report.warning('ignore_host_key_changes', ignore.entry.keyOffset, {
        message: 'ignore_host_key_changes: an unknown host key is accepted, but a changed one is refused all the same',
      })
    } else if (strict !== undefined) {
      this.#option('StrictHostKeyChecking', strict.on ? 'yes' : 'accept-new', 'strict_host_key_checking', strict.entry)
    }
  }

  #set(name: string, written: string, { keyOffset, value }: YamlEntry, to: YamlScalar['value']): void {
    const text = value.kind === 'scalar' ? value.text : ''
    this.#entries.set(name, { keyOffset, written, value: { kind: 'scalar', offset: value.offset, value: to, text } })
  }

  #text(key: string): { readonly entry: YamlEntry; readonly text: string } | undefined {
    const entry = this.#map.entries.get(key)
    if (entry === undefined || isEmpty(entry.value)) return undefined
    if (entry.value.kind !== 'scalar') {
      this.#report.error(key, entry.value.offset, { message: `${key}: must be text` })
      return undefined
    }
    const { text, faults } = expandText(withReferences(entry.value.text), this.#environment)
    for (const fault of faults)
      this.#report.error(key, entry.value.offset, { ...fault, message: `${key}: ${fault.message}` })
    return faults.length > 0 ? undefined : { entry, text }
  }

  #flag(key: string): { readonly entry: YamlEntry; readonly on: boolean } | undefined {
    const found = this.#text(key)
    if (found === undefined) return undefined
    const on = convertText(found.text, 'boolean')
    if (typeof on === 'boolean') return { entry: found.entry, on }
    this.#report.error(key, found.entry.value.offset, { message: `${key}: must be true or false` })
    return undefined
  }

  /** Adds an ssh option, unless the connection's own ssh_options have it. */
  #option(keyword: string, value: string, written: string, { keyOffset, value: { offset } }: YamlEntry): void {
    const own = this.#entries.get('ssh_options')
    const lines = own === undefined ? [] : optionLines(own.value)
    const line = new RegExp(`^\\s*${keyword}[\\s=]`, 'im')
    if (lines.some(({ text }) => line.test(text))) return
    const items = [...lines, textNode(offset, `${keyword}=${value}`)]
    this.#entries.set('ssh_options', {
      ...(own ?? { keyOffset, written }),
      value: { kind: 'list', offset: own?.value.offset ?? offset, items },
    })
  }
}

const textNode = (offset: number, text: string): YamlScalar => ({ kind: 'scalar', offset, value: text, text })

/** ssh_options in whatever form as lines of Key=Value; what is wrong with it is found where every form is checked. */
function optionLines(node: YamlNode): YamlScalar[] {
  if (node.kind === 'scalar') return [node]
  if (node.kind === 'list') return node.items.flatMap(optionLines)
  return [...node.entries].flatMap(([key, { value }]) =>
    optionLines(value).map(({ offset, text }) => textNode(offset, `${key}=${text}`)),
  )
}

const isEmpty = (node: YamlNode): boolean =>
  node.kind === 'scalar' ? node.value === null || node.value === '' : node.kind === 'list' && node.items.length === 0

/** A value as its field wants it. Zato takes a number where text is due, and text where a number or a boolean is. */
function fitted(node: YamlNode, kind: FieldKind): YamlNode {
  if (node.kind !== 'scalar') return node
  const text = kind === 'secret' ? secretText(node.text) : withReferences(node.text)
  return { ...node, text, value: convertText(text, kind) }
}

/** Zato's ways to name an environment variable: a whole value, or in braces inside a text. */
function withReferences(text: string): string {
  const [, whole] = /^Zato_?Enmasse_?Env\.([A-Za-z_]\w*)$/.exec(text) ?? []
  return whole === undefined
    ? text.replace(/\{Zato_?Enmasse_?Env\.([A-Za-z_]\w*)\}/g, (_, name: string) => `\${env:${name}}`)
    : `\${env:${whole}}`
}

/** In Zato only a whole value is a reference: a secret that merely holds `${` is text. */
const secretText = (text: string): string =>
  withReferences(/^\$\{[A-Za-z_]\w*\}$/.test(text) ? text : escapeReferences(text))

function leftOut(key: string): Fault {
  const known = withoutCounterpart.some((name) => name === key)
  const nearest = known
    ? undefined
    : suggest(key, [...renamed.keys(), ...special, 'name', ...fields.map((field) => field.name)])
  return {
    message: `"${key}" has no counterpart here and is left out`,
    ...(nearest !== undefined && { hint: `did you mean "${nearest}"?` }),
  }
}
