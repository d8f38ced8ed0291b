import { type PlanOptions, plan as planOf } from '../enmasse/plan.ts'
import { secretHashes } from '../enmasse/secret-hashes.ts'
import { FerryError, type Problem } from '../errors/ferry-error.ts'
import { loadManifest } from '../manifest/load-manifest.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Plan } from '../model/plan.ts'
import type { State } from '../model/state.ts'
import { sealingKeys } from '../secrets/sealing-keys.ts'
import { optionFaults } from '../ssh/asked-options.ts'

interface LoadOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** A manifest's file; or its text, with the name of the file that it might be, from whose folder relative paths count. */
export type ManifestSource = string | { readonly file: string; readonly text: string }

/** Loads several manifests; where some are invalid, rejects with `manifest_invalid` and what is wrong with all of them. */
export async function loadManifests(sources: readonly ManifestSource[], options: LoadOptions): Promise<Manifest[]> {
  const manifests: Manifest[] = []
  const invalid: FerryError[] = []
  for (const source of new Set(sources)) {
    try {
      const { file, ...given } = typeof source === 'string' ? { file: source } : source
      manifests.push(await loadManifest(file, { ...options, ...given, checkOptions: optionFaults }))
    } catch (error) {
      if (!(error instanceof FerryError) || error.code !== 'manifest_invalid') throw error
      invalid.push(error)
    }
  }
  const [first, ...others] = invalid
  if (first === undefined) return manifests
  const warnings = [...manifests, ...invalid.map(({ details }) => details)].flatMap(
    (read): readonly Problem[] => read.warnings ?? [],
  )
  if (others.length === 0) throw first.with({ warnings })
  const errors = invalid.flatMap((error): readonly Problem[] => error.details.errors ?? [])
  throw new FerryError('manifest_invalid', invalid.map(({ message }) => message).join('; '), { errors, warnings })
}

/** What an import of these manifests would do to this state. Touches nothing. */
export async function planManifests(
  state: State,
  manifests: readonly Manifest[],
  { environment, ...options }: Omit<PlanOptions, 'hash'> & Pick<LoadOptions, 'environment'>,
): Promise<Plan> {
  const hash = await secretHashes(manifests, sealingKeys({ environment, mayCreate: false }))
  return planOf(state, manifests, { ...options, hash })
}
