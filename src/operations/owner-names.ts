import type { Attributes } from '../model/attributes.ts'
import { offers, type SftpSession } from '../sftp/session.ts'
import { endsAll } from '../transfer/transfer-error.ts'

/** Ids in one request: what fits the smallest packet that a server must take. */
const idsAtOnce = 1000

const known = new WeakMap<SftpSession, OwnerNames>()

/** The names that a session has learned so far, and those to come. */
export function ownerNames(session: SftpSession): OwnerNames {
  const names = known.get(session) ?? new OwnerNames(session)
  known.set(session, names)
  return names
}

/** Names of users and groups as one server has them; asked for once each. */
export class OwnerNames {
  readonly #session: SftpSession
  readonly #users = new Map<number, string>()
  readonly #groups = new Map<number, string>()
  #offered: boolean

  constructor(session: SftpSession) {
    this.#session = session
    this.#offered = offers(session, 'users-groups-by-id@openssh.com')
  }

  /** Learns the names of all owners in a listing, where the server can tell them. */
  async learn(listing: readonly Attributes[]): Promise<void> {
    const uids = [
      ...unknown(
        listing.map(({ owner }) => owner?.uid),
        this.#users,
      ),
    ]
    const gids = [
      ...unknown(
        listing.map(({ owner }) => owner?.gid),
        this.#groups,
      ),
    ]
    for (let at = 0; this.#offered && at < Math.max(uids.length, gids.length); at += idsAtOnce) {
      await this.#ask(uids.slice(at, at + idsAtOnce), gids.slice(at, at + idsAtOnce))
    }
  }

  of({ owner }: Attributes): { owner?: string; group?: string } {
    const user = owner && this.#users.get(owner.uid)
    const group = owner && this.#groups.get(owner.gid)
    return { ...(user && { owner: user }), ...(group && { group }) }
  }

  async #ask(uids: readonly number[], gids: readonly number[]): Promise<void> {
    try {
      const { users, groups } = await this.#session.usersGroupsById(uids, gids)
      uids.forEach((uid, index) => {
        this.#users.set(uid, users[index] ?? '')
      })
      gids.forEach((gid, index) => {
        this.#groups.set(gid, groups[index] ?? '')
      })
    } catch (error) {
      if (endsAll(error)) throw error
      this.#offered = false // numbers do as well
    }
  }
}

function unknown(ids: readonly (number | undefined)[], known: ReadonlyMap<number, string>): Set<number> {
  return new Set(ids.filter((id): id is number => id !== undefined && !known.has(id)))
}
