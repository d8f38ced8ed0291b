import type { Stats } from 'node:fs'
import type { NamedEntry } from './answers.ts'
import type { NamesById } from './names-by-id.ts'
import type { WireAttributes } from './wire.ts'

const seconds = (ms: number): number => Math.floor(ms / 1000)

/** All that version 3 can say of a file. */
export const attributesOf = (stats: Stats): WireAttributes => ({
  size: stats.size,
  owner: { uid: stats.uid, gid: stats.gid },
  permissions: stats.mode,
  times: { atime: seconds(stats.atimeMs), mtime: seconds(stats.mtimeMs) },
})

/** An entry of a listing, with a line of `ls -l` for its longname. */
export function entryOf(name: string, stats: Stats, names: NamesById): NamedEntry {
  const owner = (names.users.get(stats.uid) ?? String(stats.uid)).padEnd(8)
  const group = (names.groups.get(stats.gid) ?? String(stats.gid)).padEnd(8)
  const links = String(stats.nlink).padStart(3)
  const size = String(stats.size).padStart(8)
  const time = stats.mtime.toISOString().slice(0, 16).replace('T', ' ')
  return {
    name,
    longname: `${modeText(stats)} ${links} ${owner} ${group} ${size} ${time} ${name}`,
    attributes: attributesOf(stats),
  }
}

function modeText(stats: Stats): string {
  const type = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : stats.isFile() ? '-' : '?'
  const bits = [...'rwxrwxrwx'].map((letter, index) => ((stats.mode >> (8 - index)) & 1 ? letter : '-'))
  return type + bits.join('')
}
