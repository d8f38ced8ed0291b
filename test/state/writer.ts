import { FerryError } from '../../src/errors/ferry-error.ts'
import { openStateStore } from '../../src/state/open-state-store.ts'

/** A process that adds connections `<name>0`, `<name>1`, … to a state, and prints a line after each; why it cannot goes to stderr. */
const [file, name = '', count = '1'] = process.argv.slice(2)
const store = openStateStore(file, { environment: {}, lockTimeoutMs: 150_000, signal: new AbortController().signal })
try {
  for (let index = 0; index < Number(count); index += 1) {
    const connection = { name: `${name}${index}`, host: 'h', description: 'x'.repeat(1000) }
    await store.update((state) => ({
      ...state,
      connections: new Map(state.connections).set(connection.name, { value: connection, origin: {} }),
    }))
    process.stdout.write(`${connection.name}\n`)
  }
} catch (error) {
  if (!(error instanceof FerryError)) throw error
  process.stderr.write(`${error.code}: ${error.message}\n`)
  process.exitCode = 1
}
