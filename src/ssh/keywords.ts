import { suggest } from '../model/suggest.ts'
import { type Form, words } from './option-form.ts'
import { type OptionRow, type OptionStanding, optionTable } from './option-table.ts'

/** Also `structure` for Host, Match and Include, and `dead` for what ssh itself ignores. */
export type Standing = OptionStanding | 'structure' | 'dead'

export interface Keyword {
  /** As ssh_config(5) spells it. */
  readonly name: string
  readonly standing: Standing
  readonly form: Form
  readonly usual?: string
  readonly off?: string
  readonly note: string
}

const structure = ['Host', 'Include', 'Match']

/** Deprecated and unsupported ones in the table of OpenSSH's readconf.c, and one of Apple's. */
const dead = [
  'AFSTokenPassing',
  'Cipher',
  'CompressionLevel',
  'FallBackToRsh',
  'GlobalKnownHostsFile2',
  'KerberosAuthentication',
  'KerberosTGTPassing',
  'Protocol',
  'RSAAuthentication',
  'RhostsAuthentication',
  'RhostsRSAAuthentication',
  'UseKeychain',
  'UsePrivilegedPort',
  'UseRoaming',
  'UseRsh',
  'UserKnownHostsFile2',
]

/** Older names of readconf.c's table. */
const aliases: Readonly<Record<string, string>> = {
  ChallengeResponseAuthentication: 'KbdInteractiveAuthentication',
  DSAAuthentication: 'PubkeyAuthentication',
  HostbasedKeyTypes: 'HostbasedAcceptedAlgorithms',
  IdentityFile2: 'IdentityFile',
  KeepAlive: 'TCPKeepAlive',
  PubkeyAcceptedKeyTypes: 'PubkeyAcceptedAlgorithms',
  SKeyAuthentication: 'KbdInteractiveAuthentication',
  SmartcardDevice: 'PKCS11Provider',
  TISAuthentication: 'KbdInteractiveAuthentication',
}

const plain = (name: string, standing: Standing): Keyword => ({ name, standing, form: words, note: '' })

/** Every keyword under its own name, in the order of the alphabet. */
export const keywords: readonly Keyword[] = [
  ...Object.entries(optionTable).map(([name, row]: [string, OptionRow]): Keyword => ({ name, ...row })),
  ...structure.map((name) => plain(name, 'structure')),
  ...dead.map((name) => plain(name, 'dead')),
].toSorted((one, other) => (one.name.toLowerCase() < other.name.toLowerCase() ? -1 : 1))

const table = new Map(keywords.map((keyword) => [keyword.name.toLowerCase(), keyword]))
for (const [alias, name] of Object.entries(aliases)) {
  const keyword = table.get(name.toLowerCase())
  if (keyword !== undefined) table.set(alias.toLowerCase(), keyword)
}

/** A keyword of ssh_config(5), from OpenSSH 9.2 to 10.5, in any case and under its older names. */
export const findKeyword = (name: string): Keyword | undefined => table.get(name.toLowerCase())

/** The keyword that was probably meant. */
export function suggestKeyword(name: string): string | undefined {
  const nearest = suggest(name.toLowerCase(), table.keys())
  return nearest === undefined ? undefined : table.get(nearest)?.name
}
