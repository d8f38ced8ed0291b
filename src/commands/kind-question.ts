import type { Command } from 'commander'
import { FerryError } from '../errors/ferry-error.ts'
import type { FileType } from '../model/attributes.ts'
import type { ConnectionInput } from '../model/connection-input.ts'
import { kindOf } from '../operations/kind-of.ts'
import { type ConnectionFlags, connectionCommand, helpNotes, overrides } from './connection-command.ts'
import type { CommandContext } from './context.ts'

export interface KindQuestion {
  readonly connection: ConnectionInput
  readonly path: string
  readonly follow: boolean
  /** What the path is asked to be; absent: anything that exists. */
  readonly kind?: FileType
}

export const existsCommand = (context: CommandContext): Command => command(context, 'exists', 'whether a path exists')
export const isFileCommand = (context: CommandContext): Command =>
  command(context, 'is-file', 'whether a path is a regular file', 'file')
export const isDirectoryCommand = (context: CommandContext): Command =>
  command(context, 'is-directory', 'whether a path is a directory', 'directory')
export const isSymlinkCommand = (context: CommandContext): Command =>
  command(context, 'is-symlink', 'whether a path is a symbolic link', 'symlink')

function command(context: CommandContext, name: string, what: string, kind?: FileType): Command {
  return connectionCommand(name)
    .description(`tell ${what}: prints true or false, and exits 0 or 1`)
    .argument('<path>')
    .option('-L, --follow', 'look at what a link points to; without it a link is a link', false)
    .addHelpText('after', helpNotes(`ferry ${name} bank /outgoing/done && echo yes`, '1 no, 24 could not tell'))
    .action((address: string, path: string, flags: ConnectionFlags & { readonly follow: boolean }) =>
      runKindQuestion(context, {
        connection: { address, overrides: overrides(flags) },
        path,
        follow: flags.follow,
        ...(kind !== undefined && { kind }),
      }),
    )
}

export async function runKindQuestion(context: CommandContext, question: KindQuestion): Promise<void> {
  const { path, found } = await answerTo(context, question).catch((error: unknown) => {
    throw unanswered(error)
  })
  const result = found !== undefined && (question.kind === undefined || found === question.kind)
  await context.io.result({ path, result }, [String(result)])
  if (!result) context.exitWith(1)
}

async function answerTo(
  { connect, signal }: CommandContext,
  { connection, path, follow }: KindQuestion,
): Promise<{ path: string; found: FileType | undefined }> {
  await using remote = await connect(connection, signal)
  const resolved = remote.resolve(path)
  return { path: resolved, found: await kindOf(remote.session, resolved, { follow, signal }) }
}

/** Exit status 1 means no. A question that could not be answered must not look like it. */
function unanswered(error: unknown): unknown {
  if (!(error instanceof FerryError) || error.exitCode !== 1) return error
  return new FerryError('outcome_unknown', error.message, { ...error.details, cause: error })
}
