import { FerryError } from '../../errors/ferry-error.ts'
import type { CommandRun } from '../command-run.ts'
import { type PathPattern, parsePattern } from '../match.ts'
import { joinPath } from '../paths.ts'
import type { Command } from '../script.ts'
import { escapePattern, type Word } from '../words.ts'

/** What the grammar says is there. */
export function argument({ calledAs, arguments: words }: Command, index: number): Word {
  const word = words[index]
  if (word === undefined) throw new FerryError('bug', `${calledAs}: argument ${index + 1} was not checked`)
  return word
}

export const plainArgument = (command: Command, index: number): string => argument(command, index).plain

export function numberArgument({ calledAs, number }: Command): number {
  if (number === undefined) throw new FerryError('bug', `${calledAs}: its number was not checked`)
  return number
}

/** A pattern of remote paths, seen from the remote directory, whose own name is no pattern. */
export function remotePattern(run: CommandRun, word: Word): string {
  return joinPath(escapePattern(run.directory), word.pattern)
}

/** How commands that act on each match take a pattern: what matches nothing is a name itself (GLOB_NOCHECK). */
export function namePattern(run: CommandRun, word: Word): PathPattern {
  return parsePattern(remotePattern(run, word), { unknownClass: 'is plain' })
}
