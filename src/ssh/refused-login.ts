import { excerpt } from '../model/visible.ts'

/** A login that was refused. */
interface RefusedLogin {
  readonly name: string
  readonly role: 'stored' | 'address' | 'jump host'
  /** The methods that the server takes. */
  readonly taken: readonly string[]
  readonly tried: ReadonlySet<string>
  /** The connection has a password. */
  readonly hasPassword: boolean
  /** Somebody could be asked. */
  readonly canAsk: boolean
}

/** What would give the server something that it takes. */
export function loginHint({ name, role, taken, tried, hasPassword, canAsk }: RefusedLogin): string | undefined {
  if (taken.includes('publickey') && !tried.has('publickey')) {
    if (role === 'stored') return `set identity_file for "${name}", or run with -i <file>`
    return role === 'address' ? 'run with -i <file>' : `set IdentityFile for ${name} in the ssh configuration`
  }
  const takesPassword = taken.includes('password') || taken.includes('keyboard-interactive')
  if (!takesPassword || hasPassword || canAsk) return undefined
  if (role === 'stored') return `set password for "${name}"`
  return role === 'address' ? 'set FERRY_PASSWORD' : undefined
}

/** `a, b and c`; what a server lists is bounded. */
export function listed(names: readonly string[]): string {
  const some = names.slice(0, 8).map((name) => excerpt(name, 40))
  const last = some.pop() ?? ''
  return some.length === 0 ? last : `${some.join(', ')} and ${last}`
}
