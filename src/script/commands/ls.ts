import { FerryError } from '../../errors/ferry-error.ts'
import { type DirectoryEntry, isDirectory } from '../../model/attributes.ts'
import { longLine } from '../../model/long-line.ts'
import { glance } from '../../operations/glance.ts'
import { ownerNames } from '../../operations/owner-names.ts'
import { endsAll } from '../../transfer/transfer-error.ts'
import type { CommandRun } from '../command-run.ts'
import { Failures, failed } from '../failures.ts'
import { byteLength, columnsText, type Listed, type ListingView, listingView, ordered } from '../listing.ts'
import { parseBraces } from '../match.ts'
import { appendPath, stripPath } from '../paths.ts'
import { listRemote } from '../remote-tree.ts'
import type { Command } from '../script.ts'
import { shownName } from '../shown-name.ts'
import type { Word } from '../words.ts'
import { remotePattern } from './arguments.ts'

/** Lists the remote directory, or what a pattern matches. */
export async function ls(run: CommandRun, command: Command): Promise<void> {
  const view = listingView(command.flags)
  const [word] = command.arguments
  const act = `${command.calledAs} ${word?.plain ?? run.directory}`
  const failures = new Failures()
  if (word === undefined) await listHere(run, act, view, failures)
  else await listMatches(run, act, word, view, failures)
  failures.throwAny(act, run.place)
}

/** As in sftp, that the present directory cannot be read is no failure of the script. */
async function listHere(run: CommandRun, act: string, view: ListingView, failures: Failures): Promise<void> {
  try {
    await listDirectory(run, run.directory, run.directory, view, failures)
  } catch (error) {
    const failure = failed(act, error, run.directory)
    if (endsAll(failure) || !(failure instanceof FerryError)) throw failure
    await run.remark(failure.message)
  }
}

/** A directory that is all that matches is listed; else the matches themselves are. */
async function listMatches(
  run: CommandRun,
  act: string,
  word: Word,
  view: ListingView,
  failures: Failures,
): Promise<void> {
  const shownFrom = word.pattern.startsWith('/') ? undefined : run.directory
  const patterns = parseBraces(remotePattern(run, word))
  const { matches, refused, denied } = await run.globRemote(patterns, { mark: true, sort: false })
  for (const refusal of refused) failures.keep(refusal)
  const [first] = matches
  if (first === undefined) {
    const path = run.remote(word.plain)
    throw failed(act, denied ?? new FerryError('not_found', `${path}: no such file or directory`, { path }), path)
  }
  if (matches.length === 1 && isDirectory(first.attributes ?? {})) {
    try {
      return await listDirectory(run, first.path, shownFrom, view, failures)
    } catch (error) {
      throw failed(act, error, first.path)
    }
  }
  const listed = matches.map(({ path, attributes = {} }) => ({
    key: path,
    shown: stripPath(path, shownFrom),
    attributes,
  }))
  // sftp measures whole paths here, and prints what is left of them.
  await show(run, listed, widestOf(listed), view)
}

async function listDirectory(
  run: CommandRun,
  path: string,
  shownFrom: string | undefined,
  view: ListingView,
  failures: Failures,
): Promise<void> {
  const needsAttributes = view.form === 'long' || view.order === 'time' || view.order === 'size'
  const [listing, itself] = await Promise.all([
    listRemote(run.session, path, { signal: run.signal, complete: needsAttributes }),
    view.hidden ? ownEntries(run, path) : [],
  ])
  for (const refusal of listing.refused) failures.keep(refusal)
  const entries = [...itself, ...listing.entries].filter(({ name }) => view.hidden || !name.startsWith('.'))
  const listed = entries.map(({ name, attributes }) => ({
    key: name,
    shown: stripPath(appendPath(path, name), shownFrom),
    attributes,
  }))
  await show(run, listed, widestOf(listed) + byteLength(stripPath(path, shownFrom)), view)
}

const widestOf = (listed: readonly Listed[]): number =>
  listed.reduce((most, { key }) => Math.max(most, byteLength(key)), 0)

/** The entries of a directory for itself and its parent. */
async function ownEntries(run: CommandRun, path: string): Promise<DirectoryEntry[]> {
  const looks = ['.', '..'].map(async (name) => {
    const attributes = await glance(run.session, appendPath(path, name), run.signal)
    return attributes === undefined ? [] : [{ name, attributes }]
  })
  return (await Promise.all(looks)).flat()
}

async function show(run: CommandRun, listed: readonly Listed[], widest: number, view: ListingView): Promise<void> {
  const sorted = ordered(listed, view)
  if (sorted.length === 0) return
  if (view.form === 'columns') {
    const cells = sorted.map(({ shown }) => shown)
    return run.print(shownName(columnsText(cells, widest, run.options.columns?.() ?? 80)))
  }
  const lines = view.form === 'names' ? sorted.map(({ shown }) => shown) : await longLines(run, sorted, view)
  await run.print(shownName(lines.map((line) => `${line}\n`).join('')))
}

async function longLines(run: CommandRun, listed: readonly Listed[], view: ListingView): Promise<string[]> {
  const names = ownerNames(run.session)
  if (!view.numeric) await names.learn(listed.map(({ attributes }) => attributes))
  const now = new Date()
  return listed.map(({ shown, attributes }) => {
    const owner = view.numeric ? {} : names.of(attributes)
    return longLine({ attributes, ...owner }, shown, { now, human: view.human })
  })
}
