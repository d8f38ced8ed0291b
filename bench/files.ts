import { randomFillSync } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

const pieceBytes = 4 << 20

/** A file of random bytes. */
export function makeFile(path: string, sizeBytes: number): void {
  const fd = openSync(path, 'w', 0o644)
  const piece = Buffer.allocUnsafe(Math.min(pieceBytes, sizeBytes))
  for (let left = sizeBytes; left > 0; left -= piece.length) {
    randomFillSync(piece)
    writeSync(fd, piece, 0, Math.min(left, piece.length))
  }
  closeSync(fd)
}

const filesInDirectory = 100

/** Random files of 4 KiB, a hundred in a directory. */
export function makeTree(path: string, files: number): void {
  for (let file = 0; file < files; file += 1) {
    const directory = join(path, treeDirectory(file))
    if (file % filesInDirectory === 0) mkdirSync(directory, { recursive: true })
    makeFile(join(directory, `file-${file}.bin`), 4096)
  }
}

export const treeDirectory = (file: number): string => `part-${Math.floor(file / filesInDirectory)}`
export const treeDirectories = (files: number): string[] =>
  Array.from({ length: Math.ceil(files / filesInDirectory) }, (_, index) => treeDirectory(index * filesInDirectory))

/** Empty files; what they are called is what is listed. */
export function makeNames(path: string, count: number): void {
  mkdirSync(path)
  for (let index = 0; index < count; index += 1) {
    closeSync(openSync(join(path, `name-${String(index).padStart(6, '0')}.txt`), 'w'))
  }
}

/** Throws unless both hold the same bytes. */
export function compareFiles(one: string, other: string): void {
  const sizeBytes = statSync(one).size
  if (statSync(other).size !== sizeBytes) throw new Error(`${other} has another size than ${one}`)
  const [first, second] = [openSync(one, 'r'), openSync(other, 'r')]
  const [piece, copy] = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)]
  try {
    for (let at = 0; at < sizeBytes; at += pieceBytes) {
      const got = readSync(first, piece, 0, pieceBytes, at)
      readSync(second, copy, 0, pieceBytes, at)
      if (!piece.subarray(0, got).equals(copy.subarray(0, got))) throw new Error(`${other} differs from ${one}`)
    }
  } finally {
    closeSync(first)
    closeSync(second)
  }
}

/** Throws unless both trees hold the same names and bytes, and nothing else. */
export function compareTrees(one: string, other: string): void {
  const names = (path: string): string[] => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
  const [expected, found] = [names(one), names(other)]
  if (expected.join('\0') !== found.join('\0')) throw new Error(`${other} holds other names than ${one}`)
  for (const name of expected) {
    const [source, copy] = [join(one, name), join(other, name)]
    if (statSync(source).isFile() && !readFileSync(source).equals(readFileSync(copy))) {
      throw new Error(`${copy} differs from ${source}`)
    }
  }
}

export const removeAll = (path: string): void => rmSync(path, { recursive: true, force: true })
