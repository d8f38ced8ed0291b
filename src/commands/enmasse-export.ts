import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command } from 'commander'
import { ownedBy } from '../api/open-state.ts'
import { storedConnection } from '../api/stored-objects.ts'
import type { Audit } from '../audit/audit.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { type ManifestContent, manifestDocument, manifestText } from '../manifest/manifest-text.ts'
import { counted } from '../model/counted.ts'
import type { State } from '../model/state.ts'
import { suggest } from '../model/suggest.ts'
import { auditOf } from '../state/audited-state-store.ts'
import { ContentHash } from '../transfer/content-hash.ts'
import { replaceLocal } from '../transfer/replace-local.ts'
import { collected } from './connection-command.ts'
import type { CommandContext } from './context.ts'

interface ExportFlags {
  readonly output?: string
  readonly connection?: readonly string[]
  readonly manifest?: string
}

export function enmasseExportCommand(context: CommandContext): Command {
  return new Command('export')
    .description('write the state as a manifest that imports to the same state; never a secret in clear')
    .option('--output <file>', 'into a file, in one step, or "-" for standard output')
    .option('--connection <name>', 'only this connection (repeatable)', collected)
    .option('--manifest <name>', 'what that manifest owns, under its name; else what nobody owns')
    .addHelpText(
      'after',
      'Examples: ferry enmasse export --output deploy.yml; ferry enmasse export --manifest billing\nExit codes: 12 no such connection',
    )
    .action((flags: ExportFlags) => runEnmasseExport(context, flags))
}

export async function runEnmasseExport(context: CommandContext, flags: ExportFlags): Promise<void> {
  const { io } = context
  const store = await context.store()
  const state = await store.read()
  const content = chosen(state, flags)
  const text = io.json ? `${JSON.stringify(manifestDocument(content), null, 2)}\n` : manifestText(content)
  if (flags.output === undefined || flags.output === '-') await io.bytes(Buffer.from(text))
  else await writeOutput(flags.output, Buffer.from(text), auditOf(store), context.signal)
  if (flags.connection === undefined && flags.manifest === undefined) tellOwned(context, state)
}

function chosen(state: State, { connection: names, manifest }: ExportFlags): ManifestContent {
  if (manifest !== undefined && !owners(state).has(manifest)) {
    const nearest = suggest(manifest, owners(state).keys())
    throw new FerryError('usage', `no stored object belongs to a manifest named "${manifest}"`, {
      ...(nearest !== undefined && { hint: `did you mean "${nearest}"?` }),
    })
  }
  if (names === undefined) return ownedBy(state, manifest)
  return {
    ...(manifest !== undefined && { name: manifest }),
    connections: names.map((name) => storedConnection(state, name).value),
    scripts: [],
  }
}

async function writeOutput(
  file: string,
  content: Buffer,
  audit: Audit | undefined,
  signal: AbortSignal,
): Promise<void> {
  const options = { act: `export to ${file}`, overwrite: true, atomic: true, fsync: true, signal }
  const write = (): Promise<number> =>
    replaceLocal(file, { mode: 0o666 }, options, async (fd) => {
      writeFileSync(fd, content)
      return content.length
    })
  await (audit?.around({ operation: 'export', side: 'local', path: resolve(file) }, async (made) => {
    await write()
    const hash = new ContentHash()
    hash.add(content)
    Object.assign(made, hash.sum())
  }) ?? write())
}

/** How many objects each manifest owns. */
function owners({ connections, scripts }: State): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { origin } of [...connections.values(), ...scripts.values()]) {
    if (origin.owner !== undefined) counts.set(origin.owner, (counts.get(origin.owner) ?? 0) + 1)
  }
  return counts
}

/** An export that leaves something out says so. */
function tellOwned({ io }: CommandContext, state: State): void {
  for (const [owner, count] of owners(state)) {
    io.summary(`left out: ${counted(count, 'object')} of the manifest "${owner}" (--manifest ${owner})`)
  }
}
