import { FerryError } from '../errors/ferry-error.ts'
import { baseName, withoutTrailingSlashes } from '../model/remote-path.ts'

/** What a destination is now: a link to a directory is one. */
export type Destination = 'directory' | 'other' | 'absent'

/** Where one source goes. */
export interface Landing {
  readonly from: string
  readonly to: string
  /** `to` was there before and holds other things as well: its own mode and times are not the source's to change. */
  readonly intoExisting: boolean
}

/**
 * Where sources land, as with cp -r and sftp: inside an existing directory, under their own names, or else under the new name. A source
 * that ends in `.` or `..`, or is `/`, has no name to give: its contents land in the destination itself.
 */
export function landings(
  act: string,
  sources: readonly string[],
  to: string,
  destination: Destination,
  join: (directory: string, name: string) => string,
): Landing[] {
  if (sources.length === 0) throw new FerryError('usage', `${act}: no source`)
  if (to === '') throw new FerryError('usage', `${act}: empty destination`)
  if (sources.length > 1 && destination !== 'directory') {
    const [code, reason] =
      destination === 'absent'
        ? (['not_found', 'no such directory'] as const)
        : (['wrong_kind', 'not a directory'] as const)
    throw new FerryError(code, `${act} to ${to}: ${reason}, and several sources need one`, { path: to })
  }
  const names = new Map<string, string>()
  return sources.map((from): Landing => {
    const name = baseName(from)
    if (name === '' || name === '.' || name === '..' || name === '/') {
      return { from: withoutDot(from), to, intoExisting: destination === 'directory' }
    }
    if (destination !== 'directory') return { from, to, intoExisting: false }
    const other = names.get(name)
    if (other !== undefined)
      throw new FerryError('usage', `${act}: ${other} and ${from} would both become ${join(to, name)}`)
    names.set(name, from)
    return { from, to: join(to, name), intoExisting: false }
  })
}

/** `site/.` is `site`, so that what is in it is called `site/a`. */
function withoutDot(path: string): string {
  const trimmed = withoutTrailingSlashes(path)
  return trimmed.endsWith('/.') ? withoutTrailingSlashes(trimmed.slice(0, -1)) : trimmed
}
