import { FerryError } from '../errors/ferry-error.ts'

/** A tree that is deeper than any path can be is a cycle, or a server that makes it up. */
const deepest = 512

/** Throws where a directory lies too deep in the tree that is walked. */
export function checkDepth(act: string, path: string, depth: number): void {
  if (depth > deepest) throw new FerryError('operation_failed', `${act} ${path}: too deep`, { path })
}

/** A path below a tree's source: `a/b`. */
export const belowSource = (directory: string, name: string): string =>
  directory === '' ? name : `${directory}/${name}`
