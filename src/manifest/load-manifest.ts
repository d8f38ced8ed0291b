import { FerryError } from '../errors/ferry-error.ts'
import { counted } from '../model/counted.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Environment } from './expand-text.ts'
import { ManifestReader } from './manifest-reader.ts'
import { ProblemList } from './problem-list.ts'
import type { CheckOptions } from './read-text.ts'

/**
 * A manifest with all that it includes: defaults merged, references outside of secrets replaced, every value checked. Rejects with
 * `manifest_invalid`, whose `details.errors` are all that is wrong, sorted by place, as are its `details.warnings`. With `text`, that is what
 * the file is taken to hold. What options of ssh_config(5) may be is known to `checkOptions`.
 */
export async function loadManifest(
  file: string,
  {
    environment,
    signal,
    text,
    checkOptions = () => [],
  }: {
    readonly environment: Environment
    readonly signal: AbortSignal
    readonly text?: string
    readonly checkOptions?: CheckOptions
  },
): Promise<Manifest> {
  signal.throwIfAborted()
  const problems = new ProblemList()
  const manifest = await new ManifestReader({ problems, environment, signal, checkOptions }).read(file, text)
  const { errors, warnings } = problems
  if (errors.length === 0) return { ...manifest, warnings }
  throw new FerryError('manifest_invalid', `${file}: ${counted(errors.length, 'problem')}`, { errors, warnings })
}
