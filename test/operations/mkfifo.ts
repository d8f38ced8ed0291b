import { execFileSync } from 'node:child_process'

/** Node has no mkfifo(3) of its own. */
export const mkfifoSync = (path: string): void => void execFileSync('mkfifo', [path])
