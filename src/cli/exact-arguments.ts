import { readFileSync } from 'node:fs'
import { decodeName } from '../model/name-bytes.ts'

/**
 * The arguments with bytes that are not UTF-8 kept. Node replaces them by U+FFFD, which is not undone; Linux tells the
 * bytes (proc(5), cmdline), and they are read only where such a character is seen.
 */
export function exactArguments(args: readonly string[]): readonly string[] {
  if (!args.some((argument) => argument.includes('\ufffd'))) return args
  const all = commandLine()
  if (all === undefined || all.length < args.length) return args
  return all.slice(all.length - args.length)
}

function commandLine(): string[] | undefined {
  try {
    const words = decodeName(readFileSync('/proc/self/cmdline')).split('\0')
    return words.slice(0, -1)
  } catch {
    return undefined
  }
}
