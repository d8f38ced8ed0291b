import { setFlagsFromString } from 'node:v8'

/** V8's own budget, by its version: bytes of bytecode that a function runs through before V8 thinks of optimizing it. */
const usualBudgets: Readonly<Record<string, number>> = { '11.3': 67_584 }
const lateBudget = 1_000_000

const [major = '', minor = ''] = process.versions.v8.split('.')
const usualBudget = usualBudgets[`${major}.${minor}`]

/**
 * Has V8 optimize only what runs for long. Most commands are over before it pays, and the compiler's threads take processor time meanwhile
 * that a server on the same machine, and ferry's own thread on a small one, could use. To be called when Node has loaded what it needs, as
 * its own code is kept under the usual flags as well; and for the command line alone: in other programs the flags are not ours to set.
 */
export function optimizeLate(): void {
  setBudget(lateBudget)
}

/** V8 takes back what it compiled only under the flags under which that was kept. */
export function optimizeAsUsual(): void {
  setBudget(usualBudget)
}

/** With a V8 whose own budget is not known it could not be put back. */
function setBudget(bytes: number | undefined): void {
  if (usualBudget !== undefined) setFlagsFromString(`--interrupt-budget=${bytes}`)
}
