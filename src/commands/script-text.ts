import { storedScript } from '../api/stored-objects.ts'
import type { FerryError } from '../errors/ferry-error.ts'
import { errnoOf, localError } from '../errors/local-error.ts'
import { decodeName } from '../model/name-bytes.ts'
import { orAbort } from '../model/or-abort.ts'
import type { Parameter } from '../model/script.ts'
import { wholeFile } from '../secrets/file-chunks.ts'
import type { CommandContext } from './context.ts'
import { standardInput } from './standard-input.ts'

/** A file, `-` or `@name`; or commands that were given with -c. */
export type ScriptChoice = { readonly source: string } | { readonly commands: readonly string[] }

export interface ScriptText {
  readonly text: string
  /** For places in messages. */
  readonly file: string
  /** Absent: `--var` declares what it names. */
  readonly parameters?: Readonly<Record<string, Parameter>>
}

/** Bytes that are not UTF-8 are kept: a script holds names. */
export async function scriptText(context: CommandContext, script: ScriptChoice): Promise<ScriptText> {
  if ('commands' in script) return { text: script.commands.join('\n'), file: '-c' }
  const { source } = script
  if (source.startsWith('@')) {
    const { body, parameters = {} } = storedScript(await (await context.store()).read(), source.slice(1)).value
    return { text: body, file: source, parameters }
  }
  if (source !== '-') {
    const text = await orAbort(wholeFile(source), context.signal).catch(async (error: unknown) => {
      context.signal.throwIfAborted()
      const failure = localError('read', source, error)
      throw errnoOf(error) === 'ENOENT' ? await withStoredName(context, source, failure) : failure
    })
    return { text: decodeName(text), file: source }
  }
  const chunks: Buffer[] = []
  for await (const chunk of standardInput(context.io, context.signal)) chunks.push(chunk)
  return { text: decodeName(Buffer.concat(chunks)), file: '-' }
}

/** A stored script's name without its "@" is a file's name. Where the state cannot be read, the missing file is still the failure. */
async function withStoredName(context: CommandContext, source: string, error: FerryError): Promise<FerryError> {
  const state = await context
    .store()
    .then((store) => store.read())
    .catch(() => undefined)
  return state?.scripts.has(source) ? error.with({ hint: `the script stored as "${source}" is @${source}` }) : error
}
