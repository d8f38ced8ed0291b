import { readFile } from 'node:fs/promises'
import { localError } from '../errors/local-error.ts'
import { decodeName } from '../model/name-bytes.ts'
import type { Script } from '../model/script.ts'
import { parseScript } from '../script/parse-script.ts'
import { type CommandResult, runScript } from '../script/run-script.ts'
import type { RemoteDependencies } from './open-remote.ts'
import type { Remote } from './remote.ts'
import { storedScript } from './stored-objects.ts'

/** A script's text, a file that holds it, or the name of a stored one. */
export type ScriptSource = string | { readonly file: string } | { readonly stored: string }

export interface ExecuteOptions {
  /** Values of the script's parameters; for a script that is not stored they declare them. */
  readonly variables?: Readonly<Record<string, string>>
  /** Where `lcd`, `get` and `put` start on this machine; the working directory of the process unless set. */
  readonly localDirectory?: string
  /** Output as it comes. */
  readonly onOutput?: (text: string) => void
  /** What sftp says on stderr without failing: links that were skipped, the status of a shell command. */
  readonly onErrorOutput?: (text: string) => void
  /** False: a failed command is only told in the result. */
  readonly throwOnFailure?: boolean
  readonly signal?: AbortSignal
}

/** What a script did: a result for each command that ran, and whether all of them succeeded. */
export interface Execution {
  readonly ok: boolean
  readonly output: string
  readonly commands: readonly CommandResult[]
}

/** Runs a script over an open connection; it stops at the first command that fails, as `sftp -b` does. */
export async function executeOn(
  remote: Remote,
  source: ScriptSource,
  options: ExecuteOptions & { readonly signal: AbortSignal },
  { store, environment }: Pick<RemoteDependencies, 'store' | 'environment'>,
): Promise<Execution> {
  const { variables, onOutput, onErrorOutput, localDirectory = '.', throwOnFailure = true, signal } = options
  const { text, file, parameters } = await loadScript(source, store)
  const script = parseScript(text, { file, ...(parameters && { parameters }), ...(variables && { variables }) })
  const commands: CommandResult[] = []
  const run = runScript(remote, script, {
    environment,
    localDirectory,
    signal,
    ...(onOutput && { onOutput }),
    ...(onErrorOutput && { onErrorOutput }),
  })
  for await (const result of run) commands.push(result)
  const failed = commands.find(({ ok, ignored }) => !ok && !ignored)
  if (failed?.error !== undefined && throwOnFailure) throw failed.error.with({ connection: remote.name })
  return { ok: failed === undefined, output: commands.map(({ output }) => output).join(''), commands }
}

/** The text of a script and what its places are called. */
async function loadScript(
  source: ScriptSource,
  store: RemoteDependencies['store'],
): Promise<{ text: string; file: string; parameters?: Script['parameters'] }> {
  if (typeof source === 'string') return { text: source, file: 'script' }
  if ('stored' in source) {
    const { body, parameters } = storedScript(await (await store()).read(), source.stored).value
    return { text: body, file: `@${source.stored}`, parameters: parameters ?? {} }
  }
  try {
    return { text: decodeName(await readFile(source.file)), file: source.file }
  } catch (error) {
    throw localError('read', source.file, error)
  }
}
