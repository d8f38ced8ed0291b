import { FerryError } from '../errors/ferry-error.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Plan } from '../model/plan.ts'
import type { State } from '../model/state.ts'
import { seal } from '../secrets/seal.ts'
import type { SealingKeys } from '../secrets/sealing-keys.ts'
import type { StateStore } from '../state/state-store.ts'
import { applyPlan } from './apply-plan.ts'
import { type PlanOptions, plan } from './plan.ts'
import { secretHashes } from './secret-hashes.ts'

export interface ImportOptions extends Omit<PlanOptions, 'hash'> {
  readonly keys: SealingKeys
  readonly signal: AbortSignal
}

/**
 * Makes the state say what the manifests say, in one atomic step: the plan is made of the state that it changes, under its lock.
 * A plan of which only owners and places differ is written too, and raises the serial, though it has nothing to do.
 */
export async function importManifests(
  store: StateStore,
  manifests: readonly Manifest[],
  { keys, signal, ...options }: ImportOptions,
): Promise<{ readonly plan: Plan; readonly state: State }> {
  const hash = await secretHashes(manifests, keys)
  const plans: Plan[] = []
  const state = await store.update((current) => {
    const made = plan(current, manifests, { ...options, hash })
    plans.push(made)
    return applyPlan(current, made, {
      hash,
      seal(secret) {
        signal.throwIfAborted()
        return seal(secret, keys)
      },
    })
  })
  const made = plans.at(-1)
  if (made === undefined) throw new FerryError('bug', 'the state was updated without a plan')
  return { plan: made, state }
}
