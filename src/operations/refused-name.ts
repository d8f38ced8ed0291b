import { FerryError } from '../errors/ferry-error.ts'

/** An entry that a server listed and that is left alone: `list /in: refused the entry "../x": a name with a slash`. */
export const refusedName = (act: string, directory: string, name: string, why: string): FerryError =>
  new FerryError('operation_failed', `${act} ${directory}: refused the entry "${name}": ${why}`, { path: directory })
