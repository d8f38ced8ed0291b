import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import {
  colorLevel,
  createIo,
  type Environment,
  type OutputFlags,
  type OutputStream,
  widthOf,
} from '../../src/cli/output.ts'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { testContext } from '../support/test-io.ts'

const stream = (terminal: boolean): OutputStream =>
  Object.assign(new Writable({ write: (_chunk, _encoding, done) => done() }), { isTTY: terminal })

describe('colour', () => {
  const cases: readonly [string, boolean, boolean, Environment, number][] = [
    ['a terminal has it', true, true, {}, 1],
    ['a pipe has none', true, false, {}, 0],
    ['--no-color wins over FORCE_COLOR', false, true, { FORCE_COLOR: '1' }, 0],
    ['FORCE_COLOR gives it to a pipe', true, false, { FORCE_COLOR: '1' }, 1],
    ['FORCE_COLOR=0 takes it from a terminal', true, true, { FORCE_COLOR: '0' }, 0],
    ['FORCE_COLOR wins over NO_COLOR', true, false, { FORCE_COLOR: '3', NO_COLOR: '1' }, 3],
    ['NO_COLOR takes it from a terminal', true, true, { NO_COLOR: '1' }, 0],
    ['an empty NO_COLOR is none', true, true, { NO_COLOR: '' }, 1],
    ['a dumb terminal has none', true, true, { TERM: 'dumb' }, 0],
  ]
  test.each(cases)('%s', (_name, color, terminal, environment, level) => {
    expect(colorLevel(stream(terminal), { color }, environment)).toBe(level)
  })
})

describe('width', () => {
  const wide = (columns?: number): OutputStream => Object.assign(stream(true), columns === undefined ? {} : { columns })

  test('a terminal that was made without a size is as wide as COLUMNS says, or 80', () => {
    expect(widthOf(wide(120), { COLUMNS: '100' })).toBe(120)
    expect(widthOf(wide(0), { COLUMNS: '100' })).toBe(100)
    expect(widthOf(wide(0), {})).toBe(80)
    expect(widthOf(wide(), {})).toBe(80)
  })
})

describe('text', () => {
  // promise: safe-text
  test('a name cannot forge a line or colour the terminal', async () => {
    const { context, stdout, stderr } = await testContext()
    await context.io.result({}, ['a\nb\x1b[31m\udcff'])
    context.io.problem(new FerryError('not_found', 'remove /a\nferry: b: no such file or directory'))
    expect(stdout()).toBe('a\\nb\\x1b[31m\\xff\n')
    expect(stderr()).toBe('ferry: remove /a\\nferry: b: no such file or directory\n')
  })

  test.each([
    ['as lines', { json: false, nul: false }],
    ['as JSON', { json: true, nul: false }],
    ['with NUL', { json: false, nul: true }],
  ])('a long list is written %s while it is made', async (_how, { json, nul }) => {
    const { context, stdout } = await testContext({ json })
    function* numbers(): Generator<number, void, undefined> {
      for (let number = 0; number < 100_000; number += 1) yield number
      expect(stdout().length).toBeGreaterThan(400_000)
    }
    await context.io.list(numbers(), { document: (number) => ({ number }), line: (number) => `n${number}`, nul })
    const [first, last] = json
      ? ['[{"number":0},', ',{"number":99999}]\n']
      : nul
        ? ['n0\0', '\0n99999\0']
        : ['n0\n', '\nn99999\n']
    expect(stdout().slice(0, first.length)).toBe(first)
    expect(stdout().slice(-last.length)).toBe(last)
  })

  test('only marks that this process made are colours', async () => {
    const { context, stdout } = await testContext({ terminal: true, color: true })
    const { io } = context
    await io.result({}, [`${io.style.green('o\x1b[2Jk')} plain`])
    expect(stdout()).toBe('\x1b[32mo\\x1b[2Jk\x1b[39m plain\n')
  })

  test('a table is aligned under a heading on a terminal, and tabs in a pipe', async () => {
    const rows = [
      ['acme-invoices', '7', 'active'],
      ['bank', '1234', 'in\tactive'],
    ]
    const terminal = await testContext({ terminal: true })
    await terminal.context.io.table(['NAME', 'SIZE', 'STATUS'], rows, [1])
    expect(terminal.stdout()).toBe(
      'NAME           SIZE  STATUS\nacme-invoices     7  active\nbank           1234  in\\tactive\n',
    )
    const pipe = await testContext()
    await pipe.context.io.table(['NAME', 'SIZE', 'STATUS'], rows, [1])
    expect(pipe.stdout()).toBe('acme-invoices\t7\tactive\nbank\t1234\tin\\tactive\n')
  })

  test('nothing to print prints nothing', async () => {
    const { context, stdout } = await testContext()
    await context.io.result({ ok: true })
    await context.io.table(['NAME'], [])
    expect(stdout()).toBe('')
  })

  // promise: three-lines
  test('an error has its problems, its act, its place and its hint, a line each', async () => {
    const { context, stderr } = await testContext()
    context.io.problem(
      new FerryError('manifest_invalid', 'deploy.yml: 1 problem', {
        errors: [
          {
            file: 'deploy.yml',
            line: 17,
            column: 5,
            message: 'unknown key "pasword"',
            hint: 'did you mean "password"?',
          },
        ],
      }),
    )
    context.io.problem(
      new FerryError('not_found', 'exec bank: rename a b: no such file or directory', {
        place: { file: 'nightly.sftp', line: 3 },
        hint: 'start the line with "-" to go on after a failure',
      }),
    )
    expect(stderr()).toBe(
      [
        'deploy.yml:17:5: unknown key "pasword"',
        '  hint: did you mean "password"?',
        'ferry: deploy.yml: 1 problem',
        'ferry: exec bank: rename a b: no such file or directory',
        '  at nightly.sftp:3',
        '  hint: start the line with "-" to go on after a failure',
        '',
      ].join('\n'),
    )
  })
})

describe('--json', () => {
  test('an answer is one line, exact, with absent keys left out and nothing that a terminal acts on', async () => {
    const { context, stdout } = await testContext({ json: true })
    await context.io.result({ name: 'a\u009b\u202e\udcff', target: undefined }, ['text'])
    expect(stdout()).toBe('{"name":"a\\u009b\\u202e\\udcff"}\n')
    expect(JSON.parse(stdout())).toEqual({ name: 'a\u009b\u202e\udcff' })
  })

  // promise: three-lines
  test('an error is one object on stderr, and text for people is left out', async () => {
    const { context, stdout, stderr } = await testContext({ json: true })
    context.io.summary('Uploaded 1 file')
    await context.io.table(['NAME'], [['a']])
    context.io.problem(
      new FerryError('host_key_rejected', 'no', { connection: 'legacy', hint: 'look', cause: new Error('x') }),
    )
    expect(stdout()).toBe('')
    expect(JSON.parse(stderr())).toEqual({
      error: { code: 'host_key_rejected', exit_code: 21, message: 'no', connection: 'legacy', hint: 'look' },
    })
  })
})

describe('what is said on stderr', () => {
  const said = async (options: Partial<OutputFlags>): Promise<string> => {
    const { context, stderr } = await testContext(options)
    context.io.note(0, 'careful')
    context.io.note(1, 'a step')
    context.io.note(2, 'a request')
    context.io.summary('done')
    return stderr().replaceAll(/\d\d:\d\d:\d\d\.\d{3}/g, 'TIME')
  }
  test('warnings and summaries without a flag', async () => {
    expect(await said({})).toBe('ferry: warning: careful\ndone\n')
  })
  test('steps with their time with -v', async () => {
    expect(await said({ verbosity: 1 })).toBe('ferry: warning: careful\nTIME a step\ndone\n')
  })
  test('requests with -vv', async () => {
    expect(await said({ verbosity: 2 })).toContain('TIME a request\n')
  })
  test('nothing with -q', async () => {
    expect(await said({ quiet: true })).toBe('')
  })
})

describe('asking', () => {
  const asks = async (options: Parameters<typeof testContext>[0]): Promise<boolean> =>
    (await testContext(options)).context.io.ask !== undefined

  test('is for a terminal, without --no-input, outside of CI', async () => {
    expect(await asks({ terminal: true })).toBe(true)
    expect(await asks({ terminal: false })).toBe(false)
    expect(await asks({ terminal: true, input: false })).toBe(false)
    expect(await asks({ terminal: true, environment: { CI: 'true' } })).toBe(false)
    expect(await asks({ terminal: true, environment: { CI: '0' } })).toBe(true)
  })
})

describe('a reader of stdout that went away', () => {
  const failing = (code: string): OutputStream =>
    new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) })
  const flags: OutputFlags = { json: false, quiet: false, verbosity: 0, color: false, input: true }

  test('is told once, and is no failure', async () => {
    let gone = 0
    const { context } = await testContext()
    const io = await createIo({
      streams: { stdin: context.io.stdin, stdout: failing('EPIPE'), stderr: stream(false) },
      flags,
      environment: {},
      now: () => new Date(),
      onReaderGone: () => {
        gone += 1
      },
    })
    await io.result({}, ['a'])
    await io.bytes(Buffer.from('b'))
    expect(gone).toBe(1)
  })

  test('is not a disk that is full', async () => {
    const { context } = await testContext()
    const io = await createIo({
      streams: { stdin: context.io.stdin, stdout: failing('ENOSPC'), stderr: stream(false) },
      flags,
      environment: {},
      now: () => new Date(),
      onReaderGone: () => expect.unreachable(),
    })
    await expect(io.result({}, ['a'])).rejects.toMatchObject({
      code: 'local_failed',
      message: 'write standard output: no space left on this machine',
    })
    await expect(io.result({}, ['b'])).rejects.toMatchObject({ code: 'local_failed' })
  })
})
