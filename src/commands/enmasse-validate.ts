import { Command } from 'commander'
import { loadManifests } from '../api/manifests.ts'
import { FerryError, type Problem } from '../errors/ferry-error.ts'
import { counted } from '../model/counted.ts'
import type { Manifest } from '../model/manifest.ts'
import type { CommandContext } from './context.ts'
import { tellWarnings } from './manifest-words.ts'

export function enmasseValidateCommand(context: CommandContext): Command {
  return new Command('validate')
    .description('check manifests against the schema, and all that they refer to; touches nothing')
    .argument('<manifest...>')
    .addHelpText(
      'after',
      'Examples: ferry enmasse validate deploy.yml\nExit codes: 10 the manifest is invalid, or names what another manifest owns',
    )
    .action((files: readonly string[]) => runEnmasseValidate(context, files))
}

export async function runEnmasseValidate(context: CommandContext, files: readonly string[]): Promise<void> {
  const { io } = context
  let manifests: Manifest[]
  try {
    manifests = await loadManifests(files, context)
  } catch (error) {
    if (error instanceof FerryError && error.code === 'manifest_invalid') {
      const { errors = [], warnings = [] } = error.details
      tellWarnings(io, [{ warnings }])
      if (io.json) await io.result(validationDocument([], errors, warnings))
    }
    throw error
  }
  tellWarnings(io, manifests)
  const warnings = manifests.flatMap((manifest) => manifest.warnings)
  await io.result(validationDocument(manifests, [], warnings), manifests.map(validLine))
}

function validationDocument(
  manifests: readonly Manifest[],
  errors: readonly Problem[],
  warnings: readonly Problem[],
): Readonly<Record<string, unknown>> {
  return {
    ok: errors.length === 0,
    connections: manifests.reduce((sum, { connections }) => sum + connections.length, 0),
    scripts: manifests.reduce((sum, { scripts }) => sum + scripts.length, 0),
    errors,
    warnings,
  }
}

function validLine({ file, connections, scripts, includedFiles }: Manifest): string {
  const parts = [counted(connections.length, 'connection'), counted(scripts.length, 'script')]
  if (includedFiles.length > 0) parts.push(counted(includedFiles.length, 'included file'))
  return `${file}: valid (${parts.join(', ')})`
}
