import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runFerry, startFerry } from './run-ferry.ts'
import { runInTerminal } from './run-in-terminal.ts'
import { type TemporaryDirectory, temporaryDirectory } from './temporary-directory.ts'

async function program(directory: TemporaryDirectory, text: string): Promise<string> {
  const file = join(directory.path, 'program.mjs')
  await writeFile(file, text)
  return file
}

test('both streams, exact bytes and the exit code come back', async () => {
  await using directory = await temporaryDirectory()
  const text = `
    process.stdout.write(Buffer.of(0xff, 0x0a))
    process.stderr.write(process.argv.slice(2).join('|'))
    process.exitCode = 3`
  const result = await runFerry(['a b', "c'd"], { program: await program(directory, text) })
  expect(result).toMatchObject({ stdoutBytes: Buffer.of(0xff, 0x0a), stderr: "a b|c'd", exitCode: 3, signal: null })
})

test('standard input is what was given, and ends', async () => {
  await using directory = await temporaryDirectory()
  const file = await program(directory, 'process.stdin.pipe(process.stdout)')
  expect(await runFerry([], { program: file, stdin: 'hello' })).toMatchObject({ stdout: 'hello', exitCode: 0 })
  expect(await runFerry([], { program: file })).toMatchObject({ stdout: '', exitCode: 0 })
})

test('the environment is clean, and what a test adds is there', async () => {
  await using directory = await temporaryDirectory()
  const file = await program(directory, 'console.log(JSON.stringify(process.env))')
  process.env['FERRY_STATE'] = '/a/state'
  try {
    const { stdout } = await runFerry([], { program: file, env: { FERRY_KEY: 'x', TZ: undefined } })
    const environment: unknown = JSON.parse(stdout)
    expect(environment).toMatchObject({ FERRY_KEY: 'x', HOME: expect.stringMatching(/ferry-test-/) })
    for (const name of ['CI', 'FERRY_STATE', 'SSH_AUTH_SOCK', 'NODE_OPTIONS', 'VITEST', 'TZ']) {
      expect(environment).not.toHaveProperty(name)
    }
  } finally {
    delete process.env['FERRY_STATE']
  }
})

test('runs that are given a home share it', async () => {
  await using home = await temporaryDirectory()
  await using directory = await temporaryDirectory()
  const text = `
    import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
    mkdirSync(process.env.XDG_STATE_HOME, { recursive: true })
    appendFileSync(process.env.XDG_STATE_HOME + '/runs', 'x')
    process.stdout.write(readFileSync(process.env.XDG_STATE_HOME + '/runs'))`
  const options = { program: await program(directory, text), home: home.path }
  await runFerry([], options)
  expect(await runFerry([], options)).toMatchObject({ stdout: 'xx' })
})

const untilSignal = `
  process.on('SIGINT', () => { console.error('interrupted'); process.exit(130) })
  console.log('ready')
  setInterval(() => {}, 1000)`

test('a running program can be waited for and be sent a signal', async () => {
  await using directory = await temporaryDirectory()
  const ferry = await startFerry([], { program: await program(directory, untilSignal) })
  await ferry.until('stdout', /^ready$/m)
  ferry.kill('SIGINT')
  expect(await ferry.result).toMatchObject({ exitCode: 130, stderr: 'interrupted\n' })
})

test('waiting for what a program does not say ends with the program', async () => {
  await using directory = await temporaryDirectory()
  const ferry = await startFerry([], { program: await program(directory, 'console.log("something else")') })
  await expect(ferry.until('stdout', /ready/)).rejects.toThrow(/something else/)
  await ferry.result
})

test('an aborted program is killed', async () => {
  await using directory = await temporaryDirectory()
  const abort = new AbortController()
  const ferry = await startFerry([], { program: await program(directory, untilSignal), signal: abort.signal })
  await ferry.until('stdout', /ready/)
  abort.abort()
  expect(await ferry.result).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
})

test('a reader that goes away is seen by the program', async () => {
  await using directory = await temporaryDirectory()
  const text = `
    process.stdout.on('error', (error) => { console.error(error.code); process.exit(0) })
    setInterval(() => console.log('more'), 1)`
  const ferry = await startFerry([], { program: await program(directory, text) })
  await ferry.until('stdout', /more/)
  ferry.closeStdout()
  expect(await ferry.result).toMatchObject({ stderr: 'EPIPE\n' })
})

test('in a terminal, all three streams are one of the size that was asked for', async () => {
  await using directory = await temporaryDirectory()
  const text = `
    console.log([process.stdin.isTTY, process.stdout.isTTY, process.stderr.isTTY, process.stdout.columns].join())
    console.error('and stderr')
    process.exitCode = 5`
  const result = await runInTerminal([], { program: await program(directory, text), columns: 64 })
  expect(result).toMatchObject({ screen: 'true,true,true,64\nand stderr', exitCode: 5 })
})

test('in a terminal, questions are answered as by a person', async () => {
  await using directory = await temporaryDirectory()
  const text = `
    import { createInterface } from 'node:readline/promises'
    const lines = createInterface({ input: process.stdin, output: process.stdout })
    console.log('hello ' + await lines.question('name? '))
    process.on('SIGINT', () => process.exit(130))
    lines.close()
    console.log('waiting')
    process.stdin.resume()`
  const result = await runInTerminal([], {
    program: await program(directory, text),
    typing: [
      { at: /name\? /, text: 'Ann\r' },
      { at: /waiting/, text: '\x03' },
    ],
  })
  expect(result.screen).toContain('name? Ann\nhello Ann\nwaiting')
  expect(result.exitCode).toBe(130)
})

test('in a terminal, words reach the program as they are', async () => {
  await using directory = await temporaryDirectory()
  const file = await program(directory, 'console.log(process.argv.slice(2).join("|"))')
  expect(await runInTerminal(["it's", '$HOME', 'a b', ''], { program: file })).toMatchObject({
    screen: "it's|$HOME|a b|",
  })
})
