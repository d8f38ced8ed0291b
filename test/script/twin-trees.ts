import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { ScriptPreferences } from '../../src/script/command-run.ts'
import { type ParseOptions, parseScript } from '../../src/script/parse-script.ts'
import { runScript } from '../../src/script/run-script.ts'
import type { CommandResult } from '../../src/script/script-session.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { programChannel } from '../sftp/program-channel.ts'
import { programPath } from '../support/openssh.ts'

/** Seconds; every seeded file has this time plus its turn, long ago. */
const seededAt = 1_600_000_000
export const signal = new AbortController().signal

/** A file's content and mode, a directory, or where a link points. */
type Seed = string | { readonly link: string } | { readonly mode: number; readonly content?: string | Buffer }

const remoteSeeds: Readonly<Record<string, Seed>> = {
  'a.txt': 'alpha\n',
  'b.txt': 'bravo bravo\n',
  foo: 'foo\n',
  'foo#bar': 'foo#bar\n',
  'star*name': 'a star\n',
  starXname: 'an X\n',
  'with space': 'space\n',
  "it's": 'quote\n',
  'br[ack]et': 'bracket\n',
  'back\\slash': 'backslash\n',
  '.hidden': 'hidden\n',
  'naïve.dat': 'utf-8\n',
  'esc\u001b[2J.dat': 'escape\n',
  'empty.bin': '',
  'big.bin': { mode: 0o644, content: Buffer.alloc(700_001, 'big bytes ') },
  'ro.txt': { mode: 0o444, content: 'read only\n' },
  'wide.txt': { mode: 0o666, content: 'wide\n' },
  'suid.bin': { mode: 0o4755, content: 'suid\n' },
  link: { link: 'a.txt' },
  dangling: { link: 'nowhere' },
  dlink: { link: 'dir' },
  'dir/one': 'one\n',
  'dir/two': { mode: 0o600, content: 'two two\n' },
  'dir/.dot': 'dot\n',
  'dir/sub/deep': 'deep\n',
  'dir/sub/ro/f': 'f\n',
  'dir/inlink': { link: 'one' },
  'dir/insub': { link: 'sub' },
  'dir2/x': 'x\n',
  'dir2/y': 'y\n',
  'we[ir]d/f1': 'f1\n',
  'we[ir]d/f2': 'f2\n',
  'emptydir/': '',
}

const localSeeds: Readonly<Record<string, Seed>> = {
  'lk1.bin': { mode: 0o644, content: Buffer.alloc(300_000, 'local ') },
  'l2.txt': 'local two\n',
  lwide: { mode: 0o666, content: 'lwide\n' },
  lro: { mode: 0o444, content: 'lro\n' },
  lsuid: { mode: 0o4711, content: 'lsuid\n' },
  'l*star': 'lstar\n',
  'l[b]r': 'lbr\n',
  'part.bin': 'big by',
  llink: { link: 'l2.txt' },
  ldlink: { link: 'ldir' },
  'ldir/p': 'p\n',
  'ldir/q': { mode: 0o600, content: 'q\n' },
  'ldir/s/deep': 'deep\n',
  'ldir/plink': { link: 'p' },
  'ldir2/old': 'old\n',
  'lodd/open/f': 'f\n',
  'lodd/ro/g': 'g\n',
  '.lhidden': 'hidden\n',
}

const modes: Readonly<Record<string, number>> = {
  'remote/dir/sub/ro': 0o555,
  'remote/dir2': 0o775,
  'remote/emptydir': 0o1777,
  'local/ldir': 0o750,
  'local/ldir2': 0o1775,
  'local/ldir/s': 0o700,
  'local/lodd/open': 0o777,
  'local/lodd/ro': 0o555,
}

/** Makes `remote/` and `local/` below a directory. */
export function seed(root: string): void {
  const paths = new Set<string>()
  const plant = (side: string, seeds: Readonly<Record<string, Seed>>): void => {
    mkdirSync(join(root, side))
    for (const [name, what] of Object.entries(seeds)) {
      const parts = name.split('/')
      for (let depth = 1; depth < parts.length; depth += 1) {
        const directory = join(side, ...parts.slice(0, depth))
        mkdirSync(join(root, directory), { recursive: true })
        paths.add(directory)
      }
      if (name.endsWith('/')) continue
      const path = join(side, name)
      if (typeof what === 'object' && 'link' in what) {
        symlinkSync(what.link, join(root, path))
        continue
      }
      writeFileSync(join(root, path), typeof what === 'string' ? what : (what.content ?? ''))
      chmodSync(join(root, path), typeof what === 'string' ? 0o644 : what.mode)
      paths.add(path)
    }
  }
  plant('remote', remoteSeeds)
  plant('local', localSeeds)
  for (const path of [...paths].reverse()) chmodSync(join(root, path), modes[path] ?? lstatSync(join(root, path)).mode)
  for (const [index, path] of [...paths].reverse().entries()) {
    utimesSync(join(root, path), seededAt + index, seededAt + index)
  }
}

/** Removes a tree, of which directories may be locked. */
export function clear(root: string): void {
  if (!existsSync(root)) return
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    chmodSync(join(root, entry.name), 0o755)
    clear(join(root, entry.name))
  }
  rmSync(root, { recursive: true })
}

/** All that is below a directory, one line each: what two trees have to agree on. */
export function snapshot(root: string): string[] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' })
  return names.sort().map((name) => {
    const path = join(root, name)
    const stats = lstatSync(path)
    const mode = (stats.mode & 0o7777).toString(8)
    if (stats.isSymbolicLink()) return `${name} -> ${readlinkSync(path).replaceAll(root, 'ROOT')}`
    const isOld = stats.mtimeMs / 1000 < seededAt + 1_000_000
    const time = isOld ? ` ${Math.floor(stats.mtimeMs / 1000)}` : ''
    const links = stats.isFile() && stats.nlink > 1 ? ` ${stats.nlink} links` : ''
    return stats.isDirectory()
      ? `${name}/ ${mode}${time}`
      : `${name} ${mode}${time}${links} ${brief(readFileSync(path), root)}`
  })
}

const brief = (content: Buffer, root: string): string =>
  content.length > 200
    ? `${content.length} bytes ${createHash('sha1').update(content).digest('hex')}`
    : JSON.stringify(content.toString('latin1').replaceAll(root, 'ROOT'))

export interface Outcome {
  readonly ok: boolean
  readonly output: string
  readonly tree: readonly string[]
}

/** What OpenSSH's client does with a script, in batch mode. */
export async function runSftp(root: string, script: string, flags: readonly string[] = []): Promise<Outcome> {
  const batch = join(root, '..', `${relative(join(root, '..'), root)}.batch`)
  writeFileSync(batch, script)
  const server = `${programPath('sftp-server')} -d ${join(root, 'remote')}`
  const child = spawn('sftp', [...flags, '-b', batch, '-D', server], {
    cwd: join(root, 'local'),
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C.UTF-8', SHELL: '/bin/sh' },
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const answers = output.split('\n').filter((line) => !line.startsWith('sftp> '))
  return { ok: status === 0, output: answers.join('\n').replaceAll(root, 'ROOT'), tree: snapshot(root) }
}

export interface FerryOutcome extends Outcome {
  readonly results: readonly CommandResult[]
  readonly error?: FerryError
  readonly remarks: string
}

/** What ferry does with the same script over a session with the same server, which starts in `remote/`. */
export async function runFerry(
  session: SftpSession,
  root: string,
  script: string,
  options: Partial<ScriptPreferences> & Pick<ParseOptions, 'parameters' | 'variables' | 'precheck'> = {},
): Promise<FerryOutcome> {
  const { parameters, variables, precheck = true, ...preferences } = options
  const results: CommandResult[] = []
  let remarks = ''
  let error: FerryError | undefined
  try {
    const declared = { ...(parameters && { parameters }), ...(variables && { variables }) }
    const parsed = parseScript(script, { file: 'test.sftp', precheck, ...declared })
    const directory = join(root, 'remote')
    const remote = { session, preferences: { localCommands: true, fsync: false, directory, ...preferences } }
    const run = runScript(remote, parsed, {
      environment: { PATH: process.env['PATH'], SHELL: '/bin/sh' },
      localDirectory: join(root, 'local'),
      onErrorOutput: (text) => {
        remarks += text
      },
      signal,
    })
    for await (const result of run) results.push(result)
  } catch (failure) {
    if (!(failure instanceof FerryError)) throw failure
    error = failure
  }
  const output = results
    .map((result) => result.output)
    .join('')
    .replaceAll(root, 'ROOT')
  const ok = error === undefined && results.every((result) => result.ok || result.ignored === true)
  return { ok, output, tree: snapshot(root), results, remarks, ...(error !== undefined && { error }) }
}

/** A session with OpenSSH's server on this machine's files. */
export function openLocalSession(): Promise<SftpSession> {
  return openSession(programChannel(programPath('sftp-server'), [], '/'), { timeoutMs: 30_000, signal })
}
