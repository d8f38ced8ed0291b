import type { FileSystemStatistics } from '../../model/attributes.ts'
import { scaledSize } from '../../model/long-line.ts'
import type { CommandRun } from '../command-run.ts'
import { failed } from '../failures.ts'
import type { Command } from '../script.ts'

/** Shows space or inodes of the file system that holds a path (OpenSSH sftp.c, do_df). */
export async function df(run: CommandRun, { calledAs, flags, arguments: [path] }: Command): Promise<void> {
  const target = path === undefined ? run.directory : run.remote(path.plain)
  try {
    const statistics = await run.session.statvfs(target)
    await run.print(flags.includes('i') ? inodesText(statistics) : spaceText(statistics, flags.includes('h')))
  } catch (error) {
    throw failed(`${calledAs} ${path?.plain ?? run.directory}`, error, target)
  }
}

function inodesText({ files, filesFree, filesAvailable }: FileSystemStatistics): string {
  const cells = [files, files - filesFree, filesAvailable, filesFree].map((count) => String(count).padStart(11))
  const heading = '     Inodes        Used       Avail      (root)    %Capacity\n'
  return `${heading}${cells.join(' ')}         ${share(files - filesFree, files)}\n`
}

function spaceText(
  { fragmentSize, blocks, blocksFree, blocksAvailable }: FileSystemStatistics,
  scaled: boolean,
): string {
  const cells = [blocks, blocks - blocksFree, blocksAvailable, blocksFree].map((count) => {
    const bytes = count * BigInt(fragmentSize)
    return scaled ? `${scaledSize(bytes).padStart(7)}B` : String(bytes / 1024n).padStart(12)
  })
  const heading = scaled
    ? '    Size     Used    Avail   (root)    %Capacity\n'
    : '        Size         Used        Avail       (root)    %Capacity\n'
  return `${heading}${cells.join(' ')}         ${share(blocks - blocksFree, blocks)}\n`
}

const share = (used: bigint, all: bigint): string =>
  all === 0n ? 'ERR' : `${String((100n * used) / all).padStart(3)}%`
