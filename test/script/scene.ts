import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { ScriptPreferences } from '../../src/script/command-run.ts'
import { type ParseOptions, parseScript } from '../../src/script/parse-script.ts'
import { type RunOptions, runScript } from '../../src/script/run-script.ts'
import type { CommandResult } from '../../src/script/script-session.ts'
import { openSession } from '../../src/sftp/open-session.ts'
import type { SftpSession } from '../../src/sftp/session.ts'
import { type ServedPair, servePair } from '../support/sftp-server/serve-pair.ts'
import type { SftpServerOptions } from '../support/sftp-server/sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

export interface Run {
  readonly results: readonly CommandResult[]
  /** All that was printed. */
  readonly output: string
  readonly remarks: string
  /** What the run rejected with. */
  readonly error?: FerryError
}

type ScriptOptions = Partial<ScriptPreferences> & Partial<RunOptions> & Pick<ParseOptions, 'parameters' | 'variables'>

export interface Scene {
  /** What is `/` to the server. */
  readonly there: string
  /** The local directory of its scripts. */
  readonly here: string
  readonly session: SftpSession
  readonly pair: ServedPair
  run(script: string, options?: ScriptOptions): Promise<Run>
}

/** A server in memory over a directory with these files, and an empty local directory. */
export async function scene(
  files: Readonly<Record<string, string>> = {},
  options: Omit<SftpServerOptions, 'root'> = {},
): Promise<Scene> {
  const directory = await temporaryDirectory()
  onTestFinished(() => directory[Symbol.asyncDispose]())
  const there = join(directory.path, 'there')
  const here = join(directory.path, 'here')
  for (const side of [there, here]) mkdirSync(side)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(there, name, '..'), { recursive: true })
    writeFileSync(join(there, name), content)
  }
  const pair = servePair({ root: there, ...options })
  const session = await openSession(pair.channel, { timeoutMs: 30_000, signal: new AbortController().signal })
  onTestFinished(() => session[Symbol.asyncDispose]())
  const run = (script: string, more: ScriptOptions = {}): Promise<Run> => runOn(session, here, script, more)
  return { there, here, session, pair, run }
}

async function runOn(session: SftpSession, localDirectory: string, text: string, options: ScriptOptions): Promise<Run> {
  const { parameters, variables, ...more } = options
  const results: CommandResult[] = []
  let remarks = ''
  let error: FerryError | undefined
  try {
    const declared = { ...(parameters && { parameters }), ...(variables && { variables }) }
    const script = parseScript(text, { file: 'x.sftp', ...declared })
    const remote = { session, preferences: { localCommands: true, fsync: false, ...more } }
    const running = runScript(remote, script, {
      environment: { PATH: process.env['PATH'], SHELL: '/bin/sh' },
      localDirectory,
      onErrorOutput: (remark) => {
        remarks += remark
      },
      signal: new AbortController().signal,
      ...more,
    })
    for await (const result of running) results.push(result)
  } catch (failure) {
    if (!(failure instanceof FerryError)) throw failure
    error = failure
  }
  const output = results.map((result) => result.output).join('')
  return { results, output, remarks, ...(error && { error }) }
}
