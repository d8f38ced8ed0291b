import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeAll } from './files.ts'
import { measure, spread } from './measure.ts'
import { ferry, type Target } from './peers.ts'
import type { OwnFigure } from './start-up.ts'

const megabytesPerSecond = 2
const seconds = 10
const totalBytes = megabytesPerSecond * seconds * 1_000_000
/** How far a rate over ten seconds may be from what was asked for. */
const tolerance = 0.05

/** `--limit` over ten seconds, for one file and for thousands, both ways. */
export async function bandwidth(folder: string, target: Target, environment: NodeJS.ProcessEnv): Promise<OwnFigure[]> {
  const figures: OwnFigure[] = []
  for (const files of [1, 2000]) {
    const [from, to] = [join(folder, `limited-${files}`), join(folder, 'limited-copy')]
    makeFiles(from, files, totalBytes / files)
    for (const kind of ['get', 'put'] as const) {
      removeAll(to)
      const command = ferry().command({ kind: `${kind}-tree`, from, to }, target) ?? []
      const run = await measure([...command, '--json', '--limit', String(megabytesPerSecond)], { environment })
      const { bytes, duration_ms: ms } = JSON.parse(run.output)
      if (bytes !== totalBytes) throw new Error(`${bytes} of ${totalBytes} bytes were moved`)
      const rate = bytes / ms / 1000
      figures.push({
        name: `${kind} ${totalBytes / 1_000_000} MB in ${files} file${files === 1 ? '' : 's'}, --limit ${megabytesPerSecond}`,
        ...spread([{ ...run, ms }]),
        limit: `${rate.toFixed(2)} MB/s, must be within ${100 * tolerance} %`,
        held: Math.abs(rate / megabytesPerSecond - 1) <= tolerance,
      })
    }
    removeAll(from)
    removeAll(to)
  }
  return figures
}

function makeFiles(path: string, files: number, sizeBytes: number): void {
  mkdirSync(path)
  for (let file = 0; file < files; file += 1) writeFileSync(join(path, `file-${file}`), Buffer.alloc(sizeBytes, file))
}
