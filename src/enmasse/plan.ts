import { FerryError, type Problem } from '../errors/ferry-error.ts'
import { counted } from '../model/counted.ts'
import type { Manifest } from '../model/manifest.ts'
import type { ObjectKind, Plan, Step, Wanted } from '../model/plan.ts'
import type { State } from '../model/state.ts'
import { connectionDifferences, isSameOrigin, type SecretHash, scriptDifferences } from './differences.ts'

export interface PlanOptions {
  /** Delete what these manifests' names own and the manifests do not say any more. */
  readonly prune?: boolean
  /** Take what other manifests own. */
  readonly takeOver?: boolean
  readonly only?: 'connections' | 'scripts'
  readonly hash: SecretHash
}

/** An object as a manifest wants it. */
interface Claim {
  readonly manifest: Manifest
  readonly wanted: Wanted
}

/**
 * What makes the state say what the manifests say: every object of theirs becomes exactly what is written, and nothing else
 * changes. Throws `manifest_invalid`, with all places, where two manifests want the same object or another one owns it.
 */
export function plan(state: State, manifests: readonly Manifest[], options: PlanOptions): Plan {
  const claims = manifests.flatMap((manifest) => claimsOf(manifest, options.only))
  const problems = [...sharedNames(claims), ...(options.takeOver === true ? [] : foreignObjects(state, claims))]
  if (problems.length > 0) throw invalid(problems)
  const steps = claims.map(({ wanted }) => stepFor(state, wanted, options.hash))
  if (options.prune === true) steps.push(...pruned(state, manifests, claims, options))
  const count = (action: Step['action']): number => steps.filter((step) => step.action === action).length
  const changingOwner = steps.filter((step) => step.action === 'keep' && step.changesOwner).length
  return {
    steps,
    summary: {
      create: count('create'),
      update: count('update'),
      delete: count('delete'),
      unchanged: count('keep'),
    },
    ...(changingOwner > 0 && { changingOwner }),
  }
}

function claimsOf(manifest: Manifest, only: PlanOptions['only']): Claim[] {
  const connections = manifest.connections.map((object): Wanted => ({ kind: 'connection', object }))
  const scripts = manifest.scripts.map((object): Wanted => ({ kind: 'script', object }))
  return [...(only === 'scripts' ? [] : connections), ...(only === 'connections' ? [] : scripts)].map((wanted) => ({
    manifest,
    wanted,
  }))
}

function stepFor(state: State, wanted: Wanted, hash: SecretHash): Step {
  const { kind, object } = wanted
  const { name } = object.value
  const stored = kind === 'connection' ? state.connections.get(name) : state.scripts.get(name)
  const fields =
    wanted.kind === 'connection'
      ? connectionDifferences(state.connections.get(name)?.value, wanted.object.value, hash)
      : scriptDifferences(state.scripts.get(name)?.value, wanted.object.value)
  if (stored === undefined) return { kind, name, action: 'create', fields, wanted }
  if (fields.length > 0) return { kind, name, action: 'update', fields, wanted }
  if (isSameOrigin(stored.origin, object.origin)) return { kind, name, action: 'keep' }
  const changesOwner = stored.origin.owner !== object.origin.owner
  return { kind, name, action: 'keep', origin: object.origin, changesOwner }
}

/** What is to be deleted, in the state's order. */
function pruned(
  state: State,
  manifests: readonly Manifest[],
  claims: readonly Claim[],
  { only, hash }: PlanOptions,
): Step[] {
  const owners = new Set(manifests.map(ownerName))
  const claimed = new Set(claims.map(({ wanted }) => keyOf(wanted.kind, wanted.object.value.name)))
  const isPruned = (kind: ObjectKind, name: string, owner: string | undefined): boolean =>
    owner !== undefined && owners.has(owner) && !claimed.has(keyOf(kind, name))
  const connections = [...state.connections.values()]
    .filter(({ value, origin }) => isPruned('connection', value.name, origin.owner))
    .map(({ value }): Step => {
      const fields = connectionDifferences(value, undefined, hash)
      return { kind: 'connection', name: value.name, action: 'delete', fields }
    })
  const scripts = [...state.scripts.values()]
    .filter(({ value, origin }) => isPruned('script', value.name, origin.owner))
    .map(({ value }): Step => {
      const fields = scriptDifferences(value, undefined)
      return { kind: 'script', name: value.name, action: 'delete', fields }
    })
  return [...(only === 'scripts' ? [] : connections), ...(only === 'connections' ? [] : scripts)]
}

function ownerName({ name, file }: Manifest): string {
  if (name !== undefined) return name
  throw new FerryError(
    'usage',
    `prune: the manifest ${file} has no name, so nothing in the state is known to be its own`,
    {
      hint: `add "name: <owner>" at the top of ${file}, import it, and prune from then on`,
    },
  )
}

const keyOf = (kind: ObjectKind, name: string): string => `${kind} ${name}`

function sharedNames(claims: readonly Claim[]): Problem[] {
  const first = new Map<string, Claim>()
  return claims.flatMap((claim) => {
    const { kind, object } = claim.wanted
    const key = keyOf(kind, object.value.name)
    const other = first.get(key)
    if (other !== undefined) return [problem(claim, `is declared at ${placeText(other)} too`)]
    first.set(key, claim)
    return []
  })
}

function foreignObjects(state: State, claims: readonly Claim[]): Problem[] {
  return claims.flatMap((claim) => {
    const { kind, object } = claim.wanted
    const { name } = object.value
    const { owner } = (kind === 'connection' ? state.connections.get(name) : state.scripts.get(name))?.origin ?? {}
    if (owner === undefined || owner === claim.manifest.name) return []
    return [problem(claim, `belongs to the manifest "${owner}"`, `--take-over takes it from "${owner}"`)]
  })
}

function problem(claim: Claim, what: string, hint?: string): Problem {
  const { kind, object } = claim.wanted
  const { place = { file: claim.manifest.file } } = object.origin
  return { ...place, message: `${kind} "${object.value.name}": ${what}`, ...(hint !== undefined && { hint }) }
}

function placeText({ manifest, wanted }: Claim): string {
  const { file, line, column } = wanted.object.origin.place ?? { file: manifest.file }
  return [file, line, column].filter((part) => part !== undefined).join(':')
}

function invalid(errors: readonly Problem[]): FerryError {
  const files = [...new Set(errors.map(({ file }) => file))].join(', ')
  return new FerryError('manifest_invalid', `${files}: ${counted(errors.length, 'problem')}`, { errors })
}
