import { getCiphers } from 'node:crypto'
import type { Options } from './config-options.ts'
import { matchesPattern } from './match-pattern.ts'
import { type ListChange, listOf } from './option-values.ts'
import type { Algorithms, Need } from './settings.ts'

/** What is offered without being asked for, the preferred first, and what a connection may ask for besides. */
interface Offer {
  readonly usual: readonly string[]
  readonly more: readonly string[]
}

/** No SHA-1, no group of 1024 bits. */
const kex: Offer = {
  usual: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
  ],
  more: [
    'diffie-hellman-group15-sha512',
    'diffie-hellman-group17-sha512',
    'diffie-hellman-group14-sha1',
    'diffie-hellman-group-exchange-sha1',
    'diffie-hellman-group1-sha1',
  ],
}

/** Names of signatures, for the server's key and for ours: ssh-rsa is SHA-1 (RFC 8332). */
const signature: Offer = {
  usual: [
    'ssh-ed25519',
    'ecdsa-sha2-nistp256',
    'ecdsa-sha2-nistp384',
    'ecdsa-sha2-nistp521',
    'rsa-sha2-512',
    'rsa-sha2-256',
  ],
  more: ['ssh-rsa'],
}

/** By speed in Node; ChaCha20-Poly1305 last, as it needs strict key exchange (CVE-2023-48795). With their names in OpenSSL. */
const cipherNames: Readonly<Record<string, string>> = {
  'aes128-gcm@openssh.com': 'aes-128-gcm',
  'aes256-gcm@openssh.com': 'aes-256-gcm',
  'aes128-ctr': 'aes-128-ctr',
  'aes192-ctr': 'aes-192-ctr',
  'aes256-ctr': 'aes-256-ctr',
  'chacha20-poly1305@openssh.com': 'chacha20-poly1305',
}
const blockCipherNames: Readonly<Record<string, string>> = {
  'aes256-cbc': 'aes-256-cbc',
  'aes192-cbc': 'aes-192-cbc',
  'aes128-cbc': 'aes-128-cbc',
  '3des-cbc': 'des-ede3-cbc',
}

/** Those that this Node has. */
const available = new Set(getCiphers())
const availableOf = (names: Readonly<Record<string, string>>): string[] =>
  Object.entries(names).flatMap(([name, openssl]) => (available.has(openssl) ? [name] : []))
const ciphers: Offer = { usual: availableOf(cipherNames), more: availableOf(blockCipherNames) }

/** Encrypt-then-MAC first; neither SHA-1, nor MD5, nor a truncated one. */
const mac: Offer = {
  usual: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  more: ['hmac-sha1-etm@openssh.com', 'hmac-sha1', 'hmac-md5', 'hmac-sha2-256-96', 'hmac-sha2-512-96', 'hmac-sha1-96'],
}

/**
 * The lists that ssh_config's keywords make of ours; `leftOut` says which names this program does not know, `needs` where it knows
 * none of them.
 */
export function algorithmsOf(options: Options): {
  algorithms: Algorithms
  keyAlgorithms: readonly string[]
  leftOut: string[]
  needs: Need[]
} {
  const leftOut: string[] = []
  const needs: Need[] = []
  const list = (keyword: string, offer: Offer): readonly string[] => {
    const change = listOf(options, keyword)
    if (change === undefined) return offer.usual
    const names = changed(offer, change, leftOut)
    const { keyword: named, words, origin, label } = change.directive
    if (names.length === 0) needs.push({ what: `${named.name} ${words.join(' ')}`, origin, label })
    return names
  }
  return {
    algorithms: {
      kex: list('KexAlgorithms', kex),
      hostKey: list('HostKeyAlgorithms', signature),
      cipher: list('Ciphers', ciphers),
      mac: list('MACs', mac),
    },
    keyAlgorithms: list('PubkeyAcceptedAlgorithms', signature),
    leftOut,
    needs,
  }
}

function changed(offer: Offer, { how, names, directive }: ListChange, leftOut: string[]): string[] {
  const known = [...offer.usual, ...offer.more]
  const named = names.flatMap((name) => {
    const matches = known.filter((one) => matchesPattern(one, name))
    if (matches.length === 0 && how !== 'remove') leftOut.push(`${directive.keyword.name}: ${name} is left out`)
    return matches
  })
  const others = offer.usual.filter((name) => !named.includes(name))
  const lists = { replace: named, append: [...offer.usual, ...named], prepend: [...named, ...others], remove: others }
  return [...new Set(lists[how])]
}

/** What ssh could use besides the usual, for a hint where nothing matches: names that a connection would have to allow. */
export function allowable(what: keyof Algorithms, offered: readonly string[]): string | undefined {
  const offers = { kex, hostKey: signature, cipher: { usual: [], more: Object.keys(blockCipherNames) }, mac }
  return offers[what].more.find((name) => offered.includes(name))
}
