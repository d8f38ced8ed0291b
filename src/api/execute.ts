import { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import { decodeName } from '../model/name-bytes.ts'
import type { Script } from '../model/script.ts'
import { parseScript } from '../script/parse-script.ts'
import { runScript } from '../script/run-script.ts'
import type { CommandResult } from '../script/script-session.ts'
import { wholeFile } from '../secrets/file-chunks.ts'
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
  /** False: the result holds no output, which may be long. */
  readonly keepOutput?: boolean
  /** What sftp says on stderr without failing: links that were skipped, the status of a shell command. */
  readonly onErrorOutput?: (text: string) => void
  /** The result of each command, as it ends. */
  readonly onCommand?: (result: CommandResult) => void
  /** False: a failed command is only told in the result. */
  readonly throwOnFailure?: boolean
  /** Goes on after commands that failed. */
  readonly keepGoing?: boolean
  /** False: a line is looked at only when its turn comes, as sftp does; else a mistake anywhere keeps all of it from running. */
  readonly precheck?: boolean
  /** True: `get` and `put` go by a temporary name that becomes the final one in one step. */
  readonly atomic?: boolean
  readonly signal?: AbortSignal
}

/** What a script did: a result for each command that ran, and whether all of them succeeded. */
export interface Execution {
  readonly ok: boolean
  readonly output: string
  readonly commands: readonly CommandResult[]
}

/** Runs a script over an open connection; unless it keeps going, it stops at the first command that fails, as `sftp -b` does. */
export async function executeOn(
  remote: Remote,
  source: ScriptSource,
  options: ExecuteOptions & { readonly signal: AbortSignal },
  { store, environment }: Pick<RemoteDependencies, 'store' | 'environment'>,
): Promise<Execution> {
  const { variables, onOutput, onErrorOutput, onCommand, localDirectory = '.', throwOnFailure = true, signal } = options
  const { keepGoing = false, precheck = true, atomic = false, keepOutput = true } = options
  const { text, file, parameters } = await loadScript(source, store)
  const declared = { ...(parameters && { parameters }), ...(variables && { variables }) }
  const script = parseScript(text, { file, precheck, ...declared })
  const commands: CommandResult[] = []
  const run = runScript(remote, script, {
    environment,
    localDirectory,
    keepGoing,
    atomic,
    keepOutput,
    signal,
    ...(onOutput && { onOutput }),
    ...(onErrorOutput && { onErrorOutput }),
  })
  for await (const result of run) {
    commands.push(result)
    onCommand?.(result)
  }
  const failures = commands.flatMap(({ error, ignored }) => (error === undefined || ignored ? [] : [error]))
  if (throwOnFailure) throwAny(failures, remote.name, commands.length)
  return { ok: failures.length === 0, output: commands.map(({ output }) => output).join(''), commands }
}

/** One command's failure is thrown as it is; several become `partial`, with the first as its cause. */
function throwAny(failures: readonly FerryError[], connection: string, ran: number): void {
  const [first] = failures
  if (first === undefined) return
  if (failures.length === 1) throw first.with({ connection })
  throw new FerryError('partial', `execute ${connection}: ${failures.length} of ${ran} lines failed`, {
    connection,
    cause: first,
  })
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
    return { text: decodeName(await wholeFile(source.file)), file: source.file }
  } catch (error) {
    throw localError('read', source.file, error)
  }
}
