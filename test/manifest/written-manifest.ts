import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { FerryError, type Problem } from '../../src/errors/ferry-error.ts'
import { loadManifest } from '../../src/manifest/load-manifest.ts'
import type { Manifest } from '../../src/model/manifest.ts'

export type Files = Readonly<Record<string, string | Uint8Array>>
export type Environment = Readonly<Record<string, string | undefined>>

/** A folder with these files, for as long as `use` takes. */
export async function withFiles<T>(files: Files, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ferry-manifest-'))
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), content)
    }
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const inOneFile = (files: Files | string): Files => (typeof files === 'string' ? { 'm.yml': files } : files)

/** `m.yml`, loaded from a folder of its own, which is gone by then. */
export async function load(
  files: Files | string,
  environment: Environment = {},
): Promise<Manifest & { readonly folder: string }> {
  return withFiles(inOneFile(files), async (folder) => ({
    ...(await loadManifest(join(folder, 'm.yml'), { environment, signal: new AbortController().signal })),
    folder,
  }))
}

/** What is wrong with `m.yml`, a line for each problem: `m.yml:3:5: message | hint`. */
export async function problems(files: Files | string, environment: Environment = {}): Promise<string[]> {
  return withFiles(inOneFile(files), async (folder) => {
    const lines = (await problemsOf(join(folder, 'm.yml'), environment)).map(
      ({ file, line, column, message, hint }) =>
        `${file}:${line}:${column}: ${message}${hint === undefined ? '' : ` | ${hint}`}`,
    )
    return lines.map((line) => line.replaceAll(`${folder}/`, ''))
  })
}

/** The problems themselves; none where the manifest is valid. Any other failure rejects. */
export async function problemsOf(file: string, environment: Environment = {}): Promise<readonly Problem[]> {
  try {
    await loadManifest(file, { environment, signal: new AbortController().signal })
    return []
  } catch (error) {
    if (!(error instanceof FerryError) || error.code !== 'manifest_invalid') throw error
    return error.details.errors ?? []
  }
}

/** Warnings as `line:column: message`. */
export const warnings = ({ warnings: found }: Manifest): string[] =>
  found.map(({ line, column, message }) => `${line}:${column}: ${message}`)
