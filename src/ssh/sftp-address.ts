import { FerryError } from '../errors/ferry-error.ts'
import { addressScheme, type Connection, isAddress } from '../model/connection.ts'
import { decodeName } from '../model/name-bytes.ts'

/**
 * A connection of an address `sftp://[user@]host[:port][/directory]`, the directory relative to the login directory and
 * `//directory` absolute, as sftp(1) has it; `undefined` for a text that is no address. The whole text is its name.
 */
export function parseAddress(text: string): { connection: Connection } | undefined {
  if (!isAddress(text)) return undefined
  const rest = text.slice(addressScheme.length)
  const slash = rest.indexOf('/')
  const authority = slash < 0 ? rest : rest.slice(0, slash)
  refusePassword(authority)
  const address = parseHostAddress(authority, percentDecoded)
  if (address === undefined) throw malformed(text)
  const path = slash < 0 ? '' : percentDecoded(rest.slice(slash + 1))
  if (path === undefined || path.includes('\0')) throw malformed(text)
  const { host, port, username } = address
  return {
    connection: {
      name: text,
      host,
      ...(port !== undefined && { port }),
      ...(username !== undefined && { username }),
      ...(path !== '' && { directory: path }),
    },
  }
}

/** A password in an address would be in the shell's history and in every list of processes; it is not repeated here either. */
function refusePassword(authority: string): void {
  const user = authority.slice(0, Math.max(authority.lastIndexOf('@'), 0))
  if (!user.includes(':')) return
  throw new FerryError('usage', 'an sftp:// address may not hold a password', {
    hint: 'set FERRY_PASSWORD, or store a connection with a password that is a reference',
  })
}

/** What stands before an `@` may hold a password, whatever else is wrong with it. */
function malformed(text: string): FerryError {
  const at = text.lastIndexOf('@')
  const hasPassword = at > text.indexOf(':', addressScheme.length) && text.includes(':', addressScheme.length)
  return new FerryError('usage', `invalid address ${hasPassword ? `${addressScheme}…${text.slice(at)}` : text}`, {
    hint: 'as sftp://[user@]host[:port][/directory]',
  })
}

/** `[user@]host[:port]`, an IPv6 address in brackets; `undefined` where it is something else. */
export function parseHostAddress(
  text: string,
  decode: (part: string) => string | undefined = (part) => part,
): { host: string; port?: number; username?: string } | undefined {
  const at = text.lastIndexOf('@')
  const match = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text.slice(at + 1))
  const host = match?.[1]?.replace('%25', '%') ?? decode(match?.[2] ?? '')
  const port = match?.[3] === undefined ? undefined : Number(match[3])
  const username = at < 0 ? undefined : decode(text.slice(0, at))
  // A host that begins with a dash could become an option of some program.
  if (host === undefined || !/^[^-\s/@;[\]\p{Cc}][^\s/@;[\]\p{Cc}]*$/u.test(host)) return undefined
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined
  if (at >= 0 && (username === undefined || !/^[^\p{Cc}]+$/u.test(username))) return undefined
  return { host, ...(port !== undefined && { port }), ...(username !== undefined && { username }) }
}

/** Bytes that are not UTF-8 are kept, as in every name. */
function percentDecoded(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined
  const parts = text.split(/%([0-9A-Fa-f]{2})/)
  return decodeName(
    Buffer.concat(parts.map((part, index) => (index % 2 === 0 ? Buffer.from(part) : Buffer.from(part, 'hex')))),
  )
}
