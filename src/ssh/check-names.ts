import { FerryError } from '../errors/ferry-error.ts'
import { excerpt } from '../model/visible.ts'
import type { ValueOrigin } from './settings.ts'

/** As ssh.c's valid_hostname: what a shell or a terminal would take for more than a name. */
const badInHost = /[\s'"`$\\;&<>|(){},@\p{Cc}]/u
/** As ssh.c's valid_ruser; a backslash is for `DOMAIN\user`. */
const badInUser = /['"`;&<>|(){}\p{Cc}]/u

/** Refuses a host that is none. Names get into known_hosts, and into commands (Match exec, ProxyCommand) where a shell reads them. */
export function checkHost(host: string, origin?: ValueOrigin): void {
  if (host === '') throw invalid('host', host, 'it is empty', origin)
  if (host.startsWith('-')) throw invalid('host', host, 'it begins with "-"', origin)
  const [character] = badInHost.exec(host) ?? []
  if (character !== undefined) throw invalid('host', host, characterReason(character), origin)
}

/** Refuses a user name that no server has and that a shell would take for more. */
export function checkUser(username: string, origin?: ValueOrigin): void {
  if (username === '') throw invalid('user', username, 'it is empty', origin)
  if (username.startsWith('-')) throw invalid('user', username, 'it begins with "-"', origin)
  if (/\s-/.test(username)) throw invalid('user', username, 'it has a "-" after a blank', origin)
  if (username.endsWith('\\')) throw invalid('user', username, 'it ends with a backslash', origin)
  const [character] = badInUser.exec(username) ?? []
  if (character !== undefined) throw invalid('user', username, characterReason(character), origin)
}

const characterReason = (character: string): string =>
  /\p{Cc}/u.test(character)
    ? 'it has a control character'
    : `it has a ${character === ' ' ? 'blank' : `"${character}"`}`

const invalid = (what: 'host' | 'user', name: string, reason: string, origin?: ValueOrigin): FerryError =>
  new FerryError(
    'usage',
    `invalid ${what} "${excerpt(name, 100)}": ${reason}`,
    origin?.place === undefined ? {} : { place: origin.place },
  )
