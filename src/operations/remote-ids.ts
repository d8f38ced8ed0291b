import { FerryError } from '../errors/ferry-error.ts'
import { decodeName } from '../model/name-bytes.ts'
import { orAbort } from '../model/or-abort.ts'
import { remotePath } from '../model/remote-path.ts'
import { offers, type SftpSession } from '../sftp/session.ts'
import { endsAll, reasonOf } from '../transfer/transfer-error.ts'
import { readFile } from './read-file.ts'

/** What chown(1) takes: names or numbers, or nothing for what stays. An empty group beside an owner is the owner's login group. */
export interface OwnerChange {
  readonly owner?: string
  readonly group?: string
}

export interface Ids {
  readonly uid?: number
  readonly gid?: number
}

const numbersHint = 'numbers always work, as in 1000:1000'
/** No machine's list of users is longer; whatever is, is not one. */
const longestList = 8 << 20
/** -1 means "unchanged" to chown(2). */
const largestId = 0xffff_fffe

/** Splits `owner`, `owner:group`, `owner:` (its login group) or `:group`. */
export function parseOwner(text: string): OwnerChange {
  const colon = text.indexOf(':')
  const owner = colon < 0 ? text : text.slice(0, colon)
  const group = colon < 0 ? undefined : text.slice(colon + 1)
  if (owner === '' && !group)
    throw new FerryError('usage', `invalid owner "${text}"`, { hint: 'owner, owner:group or :group' })
  return { ...(owner !== '' && { owner }), ...(group !== undefined && { group }) }
}

/**
 * The server's numbers for names: protocol version 3 knows only numbers, so names are looked up in the server's own /etc/passwd and
 * /etc/group, and checked where it can tell names itself. A name that is not found is an error, never a guess.
 */
export async function remoteIds(
  session: SftpSession,
  act: string,
  { owner, group }: OwnerChange,
  signal: AbortSignal,
): Promise<Ids> {
  const users = new Lookup(session, act, 'user', signal)
  const groups = new Lookup(session, act, 'group', signal)
  const user = owner === undefined || owner === '' ? undefined : await users.find(owner, group === '')
  if (group === undefined) return { ...(user && { uid: user.id }) }
  const gid = group === '' ? user?.loginGroup : (await groups.find(group, false)).id
  return { ...(user && { uid: user.id }), ...(gid !== undefined && { gid }) }
}

interface Account {
  readonly id: number
  readonly loginGroup?: number
}

class Lookup {
  readonly #session: SftpSession
  readonly #act: string
  readonly #kind: 'user' | 'group'
  readonly #signal: AbortSignal

  constructor(session: SftpSession, act: string, kind: 'user' | 'group', signal: AbortSignal) {
    this.#session = session
    this.#act = act
    this.#kind = kind
    this.#signal = signal
  }

  async find(name: string, wantsLoginGroup: boolean): Promise<Account> {
    const isNumber = /^\d+$/.test(name)
    if (isNumber && Number(name) > largestId) throw this.#error('usage', `${name} is too large for a ${this.#kind}`)
    if (isNumber && !wantsLoginGroup) return { id: Number(name) }
    const file = this.#kind === 'user' ? '/etc/passwd' : '/etc/group'
    const line = (await this.#read(file))
      .map((text) => text.split(':'))
      .find((fields) => (isNumber ? fields[2] === name : fields[0] === name) && isId(fields[2]))
    if (line === undefined) {
      const what = isNumber ? `number ${name}` : `"${name}"`
      throw this.#error('operation_failed', `the server's ${file} has no ${this.#kind} ${what}`)
    }
    const id = Number(line[2])
    if (!isNumber) await this.#check(name, id, file)
    return { id, ...(isId(line[3]) && { loginGroup: Number(line[3]) }) }
  }

  async #read(file: string): Promise<string[]> {
    const pieces: Buffer[] = []
    let length = 0
    try {
      for await (const piece of readFile(this.#session, remotePath(file), { signal: this.#signal })) {
        length += piece.length
        if (length > longestList) throw new FerryError('operation_failed', `read ${file}: too long`, { path: file })
        pieces.push(Buffer.from(piece))
      }
    } catch (error) {
      if (endsAll(error) || !(error instanceof FerryError)) throw error
      const why = `the names of ${this.#kind}s cannot be looked up: ${file}: ${reasonOf(error)}`
      throw this.#error('unsupported', why, error)
    }
    return decodeName(Buffer.concat(pieces)).split('\n')
  }

  /** The file may be a leftover of a chroot: the server's own word counts more. */
  async #check(name: string, id: number, file: string): Promise<void> {
    if (!offers(this.#session, 'users-groups-by-id@openssh.com')) return
    const isUser = this.#kind === 'user'
    let known: string | undefined
    try {
      const names = await orAbort(this.#session.usersGroupsById(isUser ? [id] : [], isUser ? [] : [id]), this.#signal)
      known = (isUser ? names.users : names.groups)[0]
    } catch (error) {
      if (endsAll(error)) throw error
    }
    if (!known || known === name) return
    throw this.#error(
      'operation_failed',
      `${file} says that ${this.#kind} "${name}" is ${id}, the server calls that "${known}"`,
    )
  }

  #error(code: 'operation_failed' | 'unsupported' | 'usage', reason: string, cause?: unknown): FerryError {
    return new FerryError(code, `${this.#act}: ${reason}`, { hint: numbersHint, ...(cause !== undefined && { cause }) })
  }
}

const isId = (text: string | undefined): text is string =>
  text !== undefined && /^\d+$/.test(text) && Number(text) <= largestId
