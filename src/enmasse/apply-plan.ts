import type { Connection, ConnectionFields } from '../model/connection.ts'
import type { Plan } from '../model/plan.ts'
import type { LiteralSecret, SealedSecret, Secret, StoredSecret } from '../model/secret.ts'
import type { Origin, State, Stored } from '../model/state.ts'
import { isSameSecret, type SecretHash } from './differences.ts'

/** How texts are sealed, and how it is known that one was. */
export interface Sealing {
  readonly hash: SecretHash
  readonly seal: (secret: LiteralSecret) => Promise<SealedSecret>
}

/** The state after the steps of a plan that was made for it; the same object where there is nothing to write. */
export async function applyPlan(state: State, { steps }: Plan, sealing: Sealing): Promise<State> {
  const connections = new Map(state.connections)
  const scripts = new Map(state.scripts)
  let isSame = true
  for (const step of steps) {
    const { kind, name } = step
    if (step.action === 'keep' && step.origin === undefined) continue
    isSame = false
    if (step.action === 'delete') (kind === 'connection' ? connections : scripts).delete(name)
    else if (step.action === 'keep' && kind === 'connection') giveOrigin(connections, name, step.origin)
    else if (step.action === 'keep') giveOrigin(scripts, name, step.origin)
    else if (step.wanted.kind === 'script') scripts.set(name, step.wanted.object)
    else {
      const { value, origin } = step.wanted.object
      connections.set(name, { value: await sealedConnection(value, connections.get(name)?.value, sealing), origin })
    }
  }
  return isSame ? state : { ...state, connections, scripts }
}

function giveOrigin<T>(objects: Map<string, Stored<T>>, name: string, origin: Origin = {}): void {
  const stored = objects.get(name)
  if (stored !== undefined) objects.set(name, { ...stored, origin })
}

/** The form that is stored; a secret that is the same as before stays sealed as it is. */
export async function sealedConnection(
  { password, identity_passphrase, private_key, ...open }: ConnectionFields,
  before: Connection | undefined,
  { hash, seal }: Sealing,
): Promise<Connection> {
  const stored = async (secret: Secret, old: StoredSecret | undefined): Promise<StoredSecret> => {
    if (old !== undefined && isSameSecret(old, secret, hash)) return old
    return 'literal' in secret ? seal(secret) : secret
  }
  return {
    ...open,
    ...(password !== undefined && { password: await stored(password, before?.password) }),
    ...(identity_passphrase !== undefined && {
      identity_passphrase: await stored(identity_passphrase, before?.identity_passphrase),
    }),
    ...(private_key !== undefined && { private_key: await stored(private_key, before?.private_key) }),
  }
}
