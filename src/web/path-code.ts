import { decodeName, encodeName } from '../model/name-bytes.ts'

/** A remote path in characters that addresses and forms leave alone, whatever its bytes are: `/in/a%20b%FF`. */
export function pathCode(path: string): string {
  let code = ''
  for (const byte of encodeName(path)) {
    const character = String.fromCharCode(byte)
    code += /[A-Za-z0-9._~/-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return code
}

/** The path that `pathCode` was given; whatever is no code stands for itself. */
export function pathOf(code: string): string {
  const bytes: Buffer[] = []
  for (const part of code.split(/(%[0-9A-Fa-f]{2})/)) {
    bytes.push(/^%[0-9A-Fa-f]{2}$/.test(part) ? Buffer.from(part.slice(1), 'hex') : Buffer.from(part, 'utf8'))
  }
  return decodeName(Buffer.concat(bytes))
}

/** The path in the query of an address, undecoded by anything that would take its bytes for UTF-8. */
export function pathParameter(url: string, name = 'path'): string | undefined {
  const query = url.split('?')[1]?.split('#')[0] ?? ''
  const parameter = query.split('&').find((part) => part.startsWith(`${name}=`))
  return parameter === undefined ? undefined : pathOf(parameter.slice(name.length + 1))
}
