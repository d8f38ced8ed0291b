import { chmodSync, existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { destroy, drop, gate, performed } from '../support/sftp-server/acts.ts'
import { scene } from './scene.ts'

const hint = 'start the line with "-" to go on after a failure'

describe('results', () => {
  test('come for each command, numbered, with its line, text, output and time', async () => {
    const { run } = await scene({ 'a.txt': 'a' })
    const { results } = await run('# first\npwd\n\n  -@ls -1   # all\n')
    expect(results).toEqual([
      {
        commandNo: 1,
        line: 2,
        command: 'pwd',
        ok: true,
        output: 'Remote working directory: /\n',
        responseTimeMs: expect.any(Number),
      },
      {
        commandNo: 2,
        line: 4,
        command: '-@ls -1   # all',
        ok: true,
        output: 'a.txt\n',
        responseTimeMs: expect.any(Number),
      },
    ])
  })

  test('end with the first line that fails, which names what was typed, the reason, the place and what to do', async () => {
    const { run, there } = await scene({ 'a.txt': 'a' })
    const { results, error } = await run('rename invoices.csv done/invoices.csv\nmkdir never')
    expect(error).toBeUndefined()
    expect(results).toHaveLength(1)
    expect(results[0]).toMatchObject({ ok: false, output: '' })
    expect(results[0]).not.toHaveProperty('ignored')
    expect(results[0]?.error).toMatchObject({
      code: 'not_found',
      message: 'rename invoices.csv done/invoices.csv: no such file or directory',
      details: { place: { file: 'x.sftp', line: 1 }, hint },
    })
    expect(existsSync(join(there, 'never'))).toBe(false)
  })

  test('tell of a failure under "-" and go on', async () => {
    const { run } = await scene()
    const { results } = await run('-rm gone\n-mkdri x\n-get\npwd')
    expect(results.map(({ ok, ignored }) => ({ ok, ignored }))).toEqual([
      { ok: false, ignored: true },
      { ok: false, ignored: true },
      { ok: false, ignored: true },
      { ok: true, ignored: undefined },
    ])
    expect(results[0]?.error).toMatchObject({ code: 'not_found', message: 'rm gone: no such file or directory' })
    expect(results[0]?.error?.details.hint).toBeUndefined()
    expect(results[1]?.error).toMatchObject({ code: 'script_invalid', message: 'invalid command "mkdri"' })
    expect(results[2]?.error?.details.place).toEqual({ file: 'x.sftp', line: 3 })
  })

  test('of a script that is invalid there are none, and nothing ran', async () => {
    const { run, there } = await scene()
    const { results, error } = await run('mkdir first\nmkdri x')
    expect(results).toEqual([])
    expect(error?.code).toBe('script_invalid')
    expect(readdirSync(there)).toEqual([])
  })

  test('of a script without commands there are none, and the server is not asked', async () => {
    const { run, pair } = await scene()
    const before = pair.requests.length
    expect(await run('# nothing\n\n')).toMatchObject({ results: [] })
    expect(pair.requests.length).toBe(before)
  })

  test('output comes as it is made, and need not be kept', async () => {
    const { run } = await scene({ a: '', b: '' })
    const seen: string[] = []
    const { output } = await run('ls -1\npwd', { onOutput: (text) => void seen.push(text), keepOutput: false })
    expect(seen).toEqual(['a\nb\n', 'Remote working directory: /\n'])
    expect(output).toBe('')
  })

  test('several failures of one command are told together', async () => {
    const { run, here } = await scene({ 'a/x': '', 'b/x': '', c: 'c' })
    const { results } = await run('get *')
    const [result] = results
    expect(result?.error).toMatchObject({ code: 'partial', message: 'get *: 2 failed' })
    expect(result?.error?.details.errors).toEqual([
      { file: 'x.sftp', line: 1, message: 'get a: is a directory, and -R was not given' },
      { file: 'x.sftp', line: 1, message: 'get b: is a directory, and -R was not given' },
    ])
    expect(readFileSync(join(here, 'c'), 'utf8')).toBe('c')
  })
})

describe('where a script starts', () => {
  test("is the connection's directory, to which a bare cd goes back", async () => {
    const { run } = await scene({ 'in/box/a': '' })
    const { output } = await run('pwd\ncd /\ncd\npwd\nls -1', { directory: 'in/box' })
    expect(output).toBe('Remote working directory: /in/box\nRemote working directory: /in/box\na\n')
  })

  test('must exist: nothing runs otherwise', async () => {
    const { run, there } = await scene({ file: '' })
    const missing = await run('mkdir /never', { directory: 'gone' })
    expect(missing.error).toMatchObject({
      code: 'not_found',
      message: 'change to the directory gone: no such file or directory',
    })
    const file = await run('mkdir /never', { directory: 'file' })
    expect(file.error).toMatchObject({ code: 'wrong_kind', message: 'change to the directory file: not a directory' })
    expect(readdirSync(there)).toEqual(['file'])
  })

  test('on this machine is the directory given, and the process stays where it is', async () => {
    const { run, here } = await scene({ a: 'a' })
    const before = [process.cwd(), process.umask()]
    const { output } = await run('lmkdir sub\nlumask 77\nlcd sub\nlpwd\nget a')
    expect(output).toContain(`Local working directory: ${join(here, 'sub')}\n`)
    expect(statSync(join(here, 'sub', 'a')).mode & 0o777).toBe(0o600)
    expect([process.cwd(), process.umask()]).toEqual(before)
  })
})

describe('what a connection sets', () => {
  test('holds for every transfer: preserved metadata, as with -p', async () => {
    const { run, here, there } = await scene({ a: 'a' })
    writeFileSync(join(here, 'b'), 'b', { mode: 0o640 })
    const old = new Date(1_500_000_000_000)
    utimesSync(join(there, 'a'), old, old)
    chmodSync(join(there, 'a'), 0o444)
    utimesSync(join(here, 'b'), old, old)
    await run('get a\nput b', { preserveMetadata: true })
    expect(statSync(join(here, 'a'))).toMatchObject({ mode: 0o100444, mtime: old })
    expect(statSync(join(there, 'b'))).toMatchObject({ mode: 0o100640, mtime: old })
    await run('get a plain')
    expect(statSync(join(here, 'plain')).mode & 0o200).toBe(0o200)
  })

  test('holds for every transfer: fsync, buffer size and requests in flight', async () => {
    const { run, here, pair } = await scene()
    writeFileSync(join(here, 'b'), Buffer.alloc(10_000))
    await run('put b', { fsync: true, bufferSize: 1000, requests: 2 })
    expect(pair.requests.filter(({ name }) => name === 'write').map(({ length }) => length)).toEqual(
      Array(10).fill(1000),
    )
    expect(pair.requests.some(({ name }) => name === 'fsync@openssh.com')).toBe(true)
  })

  test('local_commands: false refuses "!" and lls before anything ran, under "-" too', async () => {
    const { run, there } = await scene()
    const { results, error } = await run('mkdir never\n!touch x\n-lls', { localCommands: false })
    expect(results).toEqual([])
    expect(error).toMatchObject({ code: 'script_invalid', message: 'x.sftp: 2 problems, nothing was run' })
    expect(error?.details.errors?.map(({ line }) => line)).toEqual([2, 3])
    expect(readdirSync(there)).toEqual([])
    expect((await run('mkdir fine', { localCommands: false })).results[0]?.ok).toBe(true)
  })
})

describe('names that are not UTF-8', () => {
  test('keep their bytes both ways, in patterns too', async () => {
    const { run, there, here } = await scene()
    const name = Buffer.from([0x63, 0xe9, 0x2e, 0x74])
    writeFileSync(Buffer.concat([Buffer.from(`${there}/`), name]), 'bytes')
    const { output, results } = await run('get c\udce9.t\nget c?.t two\nput c\udce9* three\nmkdir d\udcff\nls -1')
    expect(results.map(({ error }) => error?.message)).toEqual([undefined, undefined, undefined, undefined, undefined])
    expect(readdirSync(here, { encoding: 'buffer' })).toEqual([name, Buffer.from('two')])
    expect(output).toBe('c\\351.t\nd\\377\nthree\n')
  })
})

describe('a script ends at once', () => {
  test('when the connection is lost, whatever the line says', async () => {
    const { run } = await scene({}, { faults: [{ on: 'mkdir', act: destroy }] })
    const { results, error } = await run('pwd\n-mkdir a\npwd')
    expect(results).toHaveLength(1)
    expect(error).toMatchObject({
      code: 'connection_lost',
      exitCode: 23,
      details: { place: { file: 'x.sftp', line: 2 } },
    })
    expect(error?.message).toMatch(/^mkdir a: /)
  })

  // promise: unknown-outcome
  test('when the answer to a rename is lost: nobody knows what became of it', async () => {
    const { run } = await scene({ a: 'a' }, { faults: [{ on: 'posix-rename@openssh.com', act: performed(destroy) }] })
    expect((await run('-rename a b\npwd')).error).toMatchObject({ code: 'outcome_unknown', exitCode: 24 })
  })

  test('when it is cancelled while the server is silent', async () => {
    const silent = gate(drop)
    const { run } = await scene({}, { faults: [{ on: 'mkdir', act: silent.act }] })
    const controller = new AbortController()
    const running = run('-mkdir a\npwd', { signal: controller.signal })
    await silent.reached
    controller.abort(new FerryError('cancelled', 'interrupted'))
    expect(await running).toMatchObject({ results: [], error: { code: 'cancelled', message: 'interrupted' } })
  })

  test('when it is cancelled while a local program runs', async () => {
    const { run } = await scene()
    const controller = new AbortController()
    const running = run('!echo started; exec sleep 600', {
      signal: controller.signal,
      onOutput: () => controller.abort(new FerryError('cancelled', 'interrupted')),
    })
    expect(await running).toMatchObject({ results: [], error: { code: 'cancelled' } })
  })

  test('at a user that this machine does not have, under "-" too', async () => {
    const { run } = await scene()
    const { results } = await run('-lcd ~no-such-user-here\npwd')
    expect(results).toHaveLength(1)
    expect(results[0]).toMatchObject({ ok: false, error: { code: 'local_failed' } })
    expect(results[0]).not.toHaveProperty('ignored')
  })
})
