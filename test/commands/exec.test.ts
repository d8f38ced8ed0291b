import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { laterContext } from '../../src/cli/program-context.ts'
import { type ExecInput, execCommand, runExec } from '../../src/commands/exec.ts'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { type Served, served } from './served-context.ts'
import { stateOf, storeOf } from './states.ts'

let server: Served
beforeEach(async () => {
  server = await served()
  await mkdir(`${server.root}/done`)
  await writeFile(`${server.root}/a.csv`, 'A')
})
afterEach(() => server[Symbol.asyncDispose]())

const store = storeOf({
  ...stateOf({ name: 'bank' }, { name: 'bank-2' }, { name: 'old', active: false }),
  scripts: new Map([
    [
      'nightly',
      {
        value: { name: 'nightly', body: `ls -1 \${what}\n`, sha256: '', parameters: { what: { required: true } } },
        origin: {},
      },
    ],
    ['plain', { value: { name: 'plain', body: `mkdir "\${x}"\n`, sha256: '' }, origin: {} }],
  ]),
})
const input = (more: Partial<ExecInput>): ExecInput => ({
  connections: ['bank'],
  all: false,
  tags: [],
  script: { commands: [] },
  variables: {},
  overrides: {},
  parallel: 8,
  dryRun: false,
  keepGoing: false,
  precheck: true,
  atomic: false,
  ...more,
})

describe('exec', () => {
  test('prints what the commands print, as sftp does', async () => {
    await writeFile(`${server.root}/b\\x`, '')
    const { context, stdout, stderr } = await server.context({ store })
    await runExec(context, input({ script: { commands: ['ls -1', 'cd done', 'pwd'] } }))
    expect(stdout()).toBe('a.csv\nb\\x\ndone\nRemote working directory: /done\n')
    expect(stderr()).toBe('')
  })

  test('-v shows each command before its output', async () => {
    const { context, stderr } = await server.context({ store, verbosity: 1 })
    await runExec(context, input({ script: { commands: ['  pwd ', '# nothing', '-rm *.zip'] } }))
    const said = stderr().replaceAll(/^\S+ (?=pwd|-rm)/gm, '')
    expect(said).toMatch(/^pwd\n-rm \*\.zip\nferry: .*\n {2}at -c:3\n/)
  })

  test('reads standard input, files and stored scripts', async () => {
    const { context, stdout } = await server.context({ store, stdin: 'mkdir from-stdin\n' })
    await runExec(context, input({ script: { source: '-' } }))
    await writeFile(`${server.root}/script`, 'mkdir from-file')
    await runExec(context, input({ script: { source: `${server.root}/script` } }))
    await runExec(context, input({ script: { source: '@nightly' }, variables: { what: 'a.csv' } }))
    await runExec(context, input({ script: { source: '@plain' } }))
    expect(stdout()).toBe('a.csv\n')
    expect(await readdir(server.root)).toEqual([`\${x}`, 'a.csv', 'done', 'from-file', 'from-stdin', 'script'])
  })

  test('fails as a whole at the first line that fails', async () => {
    const { context } = await server.context({ store })
    const commands = ['rename nothing x', 'mkdir after']
    await expect(runExec(context, input({ script: { commands } }))).rejects.toMatchObject({
      code: 'script_failed',
      exitCode: 1,
      message: 'exec bank: rename nothing x: no such file or directory',
      details: { place: { file: '-c', line: 1 }, hint: 'start the line with "-" to go on after a failure' },
    })
    expect(await readdir(server.root)).not.toContain('after')
  })

  test('--json is a line for each command, with its own error', async () => {
    const { context, stdout, stderr } = await server.context({ store, json: true })
    const commands = ['pwd', '-rename nothing x', 'rename nothing y']
    await expect(runExec(context, input({ script: { commands } }))).rejects.toMatchObject({ code: 'script_failed' })
    expect(stderr()).toBe('')
    const lines = stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toEqual([
      {
        connection: 'bank',
        command_no: 1,
        line: 1,
        command: 'pwd',
        ok: true,
        output: 'Remote working directory: /\n',
        response_time_ms: expect.any(Number),
      },
      expect.objectContaining({ command_no: 2, ok: false, error: expect.objectContaining({ code: 'not_found' }) }),
      expect.objectContaining({ command_no: 3, ok: false, line: 3, error: expect.objectContaining({ exit_code: 1 }) }),
    ])
  })

  test('a line that no script can have is found before anything is connected', async () => {
    const { context } = await server.context({ store, connect: () => expect.unreachable() })
    const commands = ['mkdir x', 'mk y']
    await expect(runExec(context, input({ script: { commands } }))).rejects.toMatchObject({
      code: 'script_invalid',
      exitCode: 1,
    })
  })

  test('a lost connection keeps its code', async () => {
    await using other = await served({ faults: [{ on: 'mkdir', act: ({ destroy }) => void destroy() }] })
    const { context } = await other.context({ store })
    await expect(runExec(context, input({ script: { commands: ['-mkdir x'] } }))).rejects.toMatchObject({
      exitCode: 23,
      message: expect.stringMatching(/^exec bank: mkdir /),
      details: { place: { file: '-c', line: 1 } },
    })
  })

  test.each([
    [{ script: { source: '@nighly' } }, 'unknown_script', 'no script is named "nighly"'],
    [{ script: { source: '@nightly' } }, 'usage', '@nightly: no value for "what"'],
    [{ script: { source: '@plain' }, variables: { x: '1' } }, 'usage', '@plain: no parameter is named "x"'],
    [{ script: { source: '/no/such/file' } }, 'local_failed', 'read /no/such/file: no such file or directory'],
    [{ connections: ['banc'] }, 'unknown_connection', 'no connection is named "banc"'],
  ] as const)('%j is %s', async (more, code, message) => {
    const { context } = await server.context({ store, connect: () => expect.unreachable() })
    await expect(runExec(context, input(more))).rejects.toMatchObject({ code, message })
  })

  test('a stored name without its "@" is told as what it is', async () => {
    const { context } = await server.context({ store })
    await expect(runExec(context, input({ script: { source: 'nightly' } }))).rejects.toMatchObject({
      code: 'local_failed',
      details: { hint: 'the script stored as "nightly" is @nightly' },
    })
  })

  test('a missing file is what failed, also where no state can be read', async () => {
    const { context } = await server.context({
      store: { ...store, read: () => Promise.reject(new FerryError('state_unreadable', 'it is no state')) },
    })
    await expect(
      runExec(context, input({ connections: ['sftp://bank'], script: { source: 'nightly' } })),
    ).rejects.toMatchObject({
      code: 'local_failed',
      message: 'read nightly: no such file or directory',
    })
  })
})

const tagged = storeOf(
  stateOf(
    { name: 'bank', tags: ['eu'] },
    { name: 'bank-2', tags: ['eu'] },
    { name: 'old', active: false, tags: ['eu'] },
  ),
)

describe('exec on several connections', () => {
  test('begins every line with the name of its connection, on both streams', async () => {
    const { context, stdout, stderr } = await server.context({ store: tagged, verbosity: 1 })
    const commands = ['!printf "one\\ntwo"; echo oh >&2', '-rm nothing', 'ls -1 a.csv']
    await runExec(context, input({ connections: [], tags: ['eu'], script: { commands }, parallel: 1 }))
    expect(stdout()).toBe(['bank', 'bank-2'].map((name) => `${name}: one\n${name}: twoa.csv\n`).join(''))
    const [skipped, ...said] = stderr().trim().split('\n')
    expect(skipped).toBe('ferry: warning: skipped old: it is inactive')
    expect(said.filter((line) => !/^(\S+ )?bank(-2)?: /.test(line))).toEqual([])
    expect(said).toContain('bank-2: rm nothing: no such file or directory')
    expect(said).toContain('bank-2:   at -c:2')
    expect(said).toContain('bank: oh')
  })

  test('tells what failed on one, goes on with the others, and is partial', async () => {
    const { context, stderr } = await server.context({ store: tagged })
    const running = runExec(
      context,
      input({ connections: ['bank*'], script: { commands: ['mkdir new'] }, parallel: 1 }),
    )
    await expect(running).rejects.toMatchObject({
      code: 'partial',
      exitCode: 3,
      message: 'exec: 1 of 2 connections failed',
    })
    expect(stderr()).toBe(
      'bank-2: mkdir new: already exists\nbank-2:   at -c:1\nbank-2:   hint: start the line with "-" to go on after a failure\n',
    )
  })

  test('--json is a line a command with its connection, and an error a connection', async () => {
    const { context, stdout, stderr } = await server.context({ store: tagged, json: true })
    const running = runExec(
      context,
      input({ connections: ['bank', 'bank-2'], script: { commands: ['mkdir new'] }, parallel: 1 }),
    )
    await expect(running).rejects.toMatchObject({ code: 'partial' })
    const lines = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    expect(lines(stdout())).toMatchObject([
      { connection: 'bank', ok: true },
      { connection: 'bank-2', ok: false, error: { code: 'already_exists' } },
    ])
    expect(lines(stderr())).toMatchObject([
      { error: { code: 'script_failed', connection: 'bank-2', message: 'exec bank-2: mkdir new: already exists' } },
    ])
  })

  test('a connection that cannot be reached, or that was named and is inactive, is one that failed', async () => {
    const { context, stderr } = await server.context({
      store: tagged,
      connect: async ({ address }) => {
        throw new FerryError('connect_failed', `could not connect to ${address}`)
      },
    })
    await expect(
      runExec(context, input({ connections: [], all: true, script: { commands: ['pwd'] } })),
    ).rejects.toMatchObject({ message: 'exec: 2 of 2 connections failed' })
    expect(stderr()).toContain('bank: could not connect to bank\n')
  })

  test('reads standard input once', async () => {
    const { context, stdout } = await server.context({ store: tagged, stdin: 'ls -1 a.csv\n' })
    await runExec(context, input({ connections: ['bank*'], script: { source: '-' } }))
    expect(stdout().split('\n').sort()).toEqual(['', 'bank-2: a.csv', 'bank: a.csv'])
  })

  test('runs a stored script with its parameters on each', async () => {
    const { context, stdout, stderr } = await server.context({ store })
    const script = { script: { source: '@nightly' }, parallel: 1 }
    await writeFile(`${server.root}/a b`, '')
    await runExec(context, input({ ...script, connections: ['bank*'], variables: { what: 'a b' } }))
    expect(stdout()).toBe('bank: a b\nbank-2: a b\n')
    await expect(runExec(context, input({ ...script, connections: ['bank*'] }))).rejects.toMatchObject({
      code: 'usage',
      message: '@nightly: no value for "what"',
    })
    const failing = runExec(context, input({ ...script, connections: ['bank*'], variables: { what: 'none' } }))
    await expect(failing).rejects.toMatchObject({ code: 'partial' })
    expect(stderr()).toMatch(/^bank: ls none: .*\nbank: {3}at @nightly:1\n/)
  })

  test('--keep-going tells of the lines of each', async () => {
    const { context, stderr } = await server.context({ store: tagged })
    const commands = ['rmdir nothing', 'pwd']
    const running = runExec(
      context,
      input({ connections: ['bank*'], script: { commands }, keepGoing: true, parallel: 1 }),
    )
    await expect(running).rejects.toMatchObject({ code: 'partial', message: 'exec: 2 of 2 connections failed' })
    expect(stderr()).toContain('bank-2: rmdir nothing: no such file or directory\n')
    expect(stderr()).toContain('bank-2: 1 of 2 lines failed\n')
  })

  test('all of them end when it is interrupted', async () => {
    const controller = new AbortController()
    const { context } = await server.context({ store: tagged, signal: controller.signal })
    const stop = new FerryError('cancelled', 'interrupted')
    const commands = ['!echo started; exec sleep 600', 'mkdir after']
    const running = runExec(context, input({ connections: ['bank*'], script: { commands } }))
    const print = context.io.bytes
    let started = 0
    Object.assign(context.io, {
      bytes: (data: Uint8Array) => {
        started += 1
        if (started === 2) controller.abort(stop)
        return print(data)
      },
    })
    await expect(running).rejects.toBe(stop)
    expect(await readdir(server.root)).not.toContain('after')
  })

  test('nothing active to run on is no failure, and a tag that nobody has is', async () => {
    const none = storeOf(stateOf({ name: 'old', active: false }))
    const { context, stderr } = await server.context({ store: none })
    await runExec(context, input({ connections: [], all: true, script: { commands: ['pwd'] } }))
    expect(stderr()).toContain('no active connections\n')
    const other = await server.context({ store: tagged })
    await expect(runExec(other.context, input({ connections: [], tags: ['ue'] }))).rejects.toMatchObject({
      code: 'unknown_connection',
      message: 'no connection has the tag "ue"',
    })
  })
})

describe('--keep-going', () => {
  test('goes on after lines that failed, tells each, and is partial at the end', async () => {
    const { context, stderr } = await server.context({ store })
    const commands = ['rename nothing x', 'mkdir after', '-rm nothing', 'rmdir nothing']
    await expect(runExec(context, input({ script: { commands }, keepGoing: true }))).rejects.toMatchObject({
      code: 'partial',
      exitCode: 3,
      message: 'exec bank: 2 of 4 lines failed',
    })
    expect(stderr().match(/^ferry: .*/gm)).toEqual([
      'ferry: rename nothing x: no such file or directory',
      'ferry: rm nothing: no such file or directory',
      'ferry: rmdir nothing: no such file or directory',
    ])
    expect(stderr()).not.toContain('hint')
    expect(await readdir(server.root)).toContain('after')
  })

  test('is no way on after a lost connection', async () => {
    await using other = await served({ faults: [{ on: 'mkdir', act: ({ destroy }) => void destroy() }] })
    const { context } = await other.context({ store })
    const commands = ['rmdir nothing', 'mkdir x', 'pwd']
    await expect(runExec(context, input({ script: { commands }, keepGoing: true }))).rejects.toMatchObject({
      exitCode: 23,
    })
  })
})

describe('--dry-run', () => {
  test('shows what would run where, as written and as it is read, and connects to nothing', async () => {
    const commands = [
      'cd done',
      '# nothing',
      'get "a b"#c',
      '-rm *.zip extra',
      `mkdir "\${x}"`,
      '-mk y',
      'chmod -h 0600 *',
    ]
    const options = { store: tagged, connect: () => expect.unreachable() }
    const more = { script: { commands }, variables: { x: '* "' }, dryRun: true }
    const { context, stdout } = await server.context(options)
    await runExec(context, input({ ...more, connections: ['bank'] }))
    expect(stdout()).toBe(
      [
        'bank\t1\tcd done\t',
        'bank\t3\tget "a b"#c\tget a\\\\ b',
        'bank\t4\t-rm *.zip extra\trm *.zip',
        'bank\t5\tmkdir "${x}"\tmkdir \\\\*\\\\ \\\\"',
        'bank\t6\t-mk y\tinvalid command "mk"',
        'bank\t7\tchmod -h 0600 *\tchmod -h 600 *',
        '',
      ].join('\n'),
    )
    const json = await server.context({ ...options, json: true })
    await runExec(json.context, input({ ...more, connections: ['bank*'] }))
    const lines = json
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toHaveLength(12)
    expect(lines[0]).toEqual({ connection: 'bank', line: 1, command: 'cd done' })
    expect(lines[9]).toEqual({ connection: 'bank-2', line: 5, command: 'mkdir "${x}"', read_as: 'mkdir \\*\\ \\"' })
  })

  test('fails as the run would: mistakes, inactive connections, commands that are not allowed', async () => {
    const closed = storeOf(stateOf({ name: 'bank', local_commands: false }, { name: 'old', active: false }))
    const { context } = await server.context({ store: closed, connect: () => expect.unreachable() })
    const run = (connection: string, command: string) =>
      runExec(context, input({ connections: [connection], script: { commands: [command] }, dryRun: true }))
    await expect(run('bank', 'mk x')).rejects.toMatchObject({ code: 'script_invalid' })
    await expect(run('bank', '!ls')).rejects.toMatchObject({ code: 'script_invalid' })
    await expect(run('old', 'pwd')).rejects.toMatchObject({ code: 'inactive' })
  })
})

describe('--no-precheck', () => {
  test('runs what is before a line that no script can have', async () => {
    const { context } = await server.context({ store })
    const commands = ['mkdir before', 'mk y', 'mkdir after']
    await expect(runExec(context, input({ script: { commands }, precheck: false }))).rejects.toMatchObject({
      code: 'script_failed',
      message: 'exec bank: invalid command "mk"',
      details: { place: { file: '-c', line: 2 } },
    })
    expect(await readdir(server.root)).toEqual(['a.csv', 'before', 'done'])
  })
})

describe('the command line of exec', () => {
  const call = (words: string[]): Promise<unknown> => {
    const { context } = { context: laterContext(() => expect.unreachable()) }
    return execCommand(context).exitOverride().parseAsync(words, { from: 'user' })
  }
  test.each([
    [[], 'missing <connection>'],
    [['bank'], 'missing <script>'],
    [['--all'], 'missing <script>'],
    [['-c', 'pwd'], 'missing <connection>'],
  ])('%j is wrong usage: %s', async (words, message) => {
    await expect(call(words)).rejects.toMatchObject({ code: 'usage', message })
  })
})
