import type { Problem } from '../errors/ferry-error.ts'
import { placeText } from './connection-document.ts'
import type { Io } from './io.ts'

/** What a manifest holds that has no effect here, or that had better be written otherwise. */
export function tellWarnings(io: Io, manifests: readonly { readonly warnings: readonly Problem[] }[]): void {
  for (const { warnings } of manifests) {
    for (const warning of warnings) {
      const hint = warning.hint === undefined ? '' : ` (${warning.hint})`
      io.note(0, `${placeText(warning)}: ${warning.message}${hint}`)
    }
  }
}
