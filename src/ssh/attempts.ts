import { typeOfAlgorithm } from './host-key.ts'
import type { Identity } from './identities.ts'
import { keyTypeOf } from './known-hosts.ts'
import type { AuthenticationMethod, AuthenticationSettings } from './settings.ts'

/** One request to log in. */
export type Attempt =
  | { readonly method: 'none' }
  | { readonly method: 'publickey'; readonly identity: Identity; readonly algorithm: string }
  | { readonly method: 'password'; readonly from: 'connection' | 'person' }
  | { readonly method: 'keyboard-interactive'; readonly from: 'connection' | 'person' }

/**
 * What to try, in this order: what was given for the connection, then what lies around, then what a person may type; or as
 * PreferredAuthentications says. A password that was given is for both methods that take one.
 */
export function planAttempts(
  settings: AuthenticationSettings,
  identities: readonly Identity[],
  canAsk: boolean,
): Attempt[] {
  const keys = (wanted: readonly Identity[]): Attempt[] => wanted.flatMap((identity) => keyAttempts(settings, identity))
  const given = (method: 'password' | 'keyboard-interactive'): Attempt[] =>
    settings.password === undefined ? [] : [{ method, from: 'connection' }]
  const typed = (method: 'password' | 'keyboard-interactive'): Attempt[] =>
    settings.password !== undefined || !canAsk
      ? []
      : Array.from({ length: settings.passwordPrompts }, () => ({ method, from: 'person' }))
  const byMethod: Readonly<Record<AuthenticationMethod, () => Attempt[]>> = {
    publickey: () => keys(identities),
    password: () => [...given('password'), ...typed('password')],
    'keyboard-interactive': () => [...given('keyboard-interactive'), ...typed('keyboard-interactive')],
  }
  const all =
    settings.order === undefined
      ? [
          ...keys(identities.filter(({ explicit }) => explicit)),
          ...given('password'),
          ...given('keyboard-interactive'),
          ...keys(identities.filter(({ explicit }) => !explicit)),
          ...typed('keyboard-interactive'),
          ...typed('password'),
        ]
      : settings.order.flatMap((method) => byMethod[method]())
  const wanted = all.filter(({ method }) => method !== 'none' && settings.methods.has(method))
  // Only where there is nothing to try is the server asked what it takes: that costs a round trip, and a try.
  return wanted.length > 0 ? wanted : [{ method: 'none' }]
}

/** An RSA key may sign in several ways (RFC 8332); which of them the server takes shows later. */
const keyAttempts = ({ keyAlgorithms }: AuthenticationSettings, identity: Identity): Attempt[] =>
  keyAlgorithms
    .filter((algorithm) => typeOfAlgorithm(algorithm) === keyTypeOf(identity.blob))
    .map((algorithm) => ({ method: 'publickey', identity, algorithm }))
