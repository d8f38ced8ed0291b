import { setFlagsFromString } from 'node:v8'

/** V8 of Node 20, 22 and 24. Another one may not know the flag, and would say so on stderr. */
const tried = /^(11\.3|12\.4|13\.6)\./
const isTried = tried.test(process.versions.v8)

/**
 * Keeps V8's young generation as large as it is now: by itself it grows to twice 16 MiB where much stays in use. V8 refuses all compiled
 * code while its flags are others than when that was compiled, so this is for when everything has been loaded.
 */
export function keepYoungGeneration(): void {
  if (isTried) setFlagsFromString('--semi-space-growth-factor=1')
}

/** As V8 has it by itself. What is compiled now is taken by the next run. */
export function letYoungGenerationGrow(): void {
  if (isTried) setFlagsFromString('--semi-space-growth-factor=2')
}
