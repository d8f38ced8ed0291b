import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ExecInput, runExec } from '../../src/commands/exec.ts'
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
  script: { commands: [] },
  variables: {},
  overrides: {},
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
    [{ connections: ['bank', 'bank-2'] }, 'usage', 'exec runs on one connection at a time'],
    [{ connections: ['bank*'] }, 'usage', 'exec runs on one connection at a time'],
    [{ connections: ['banc'] }, 'unknown_connection', 'no connection is named "banc"'],
  ] as const)('%j is %s', async (more, code, message) => {
    const { context } = await server.context({ store, connect: () => expect.unreachable() })
    await expect(runExec(context, input(more))).rejects.toMatchObject({ code, message })
  })
})
