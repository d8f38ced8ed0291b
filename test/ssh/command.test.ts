import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { programPath } from '../support/openssh.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { Bench, firstAnswer } from './connecting.ts'

const node = process.execPath

describeWithSshd('an SFTP server as a program', () => {
  test('speaks on its standard streams, and ends when the channel is closed', async () => {
    await using bench = await Bench.open()
    const channel = await bench.connect({
      transport: 'command',
      command: [programPath('sftp-server'), '-e'],
      username: 'me',
    })
    expect(await firstAnswer(channel)).toBe(2)
    expect(channel.peer).toEqual({ transport: 'command', host: '127.0.0.1', port: 22, username: 'me' })
    await channel.close()
    expect(await channel.ended).toMatchObject({
      code: 'connection_lost',
      message: expect.stringContaining('exited with status 0'),
    })
  })
})

// promise: no-shell
test('its words are no shell’s', async () => {
  await using bench = await Bench.open()
  const file = `${bench.home}/args`
  const words = ['$(touch x)', '; rm', '*', '-n', 'a b\n']
  const script = `require('fs').writeFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)))`
  const channel = await bench.connect({ transport: 'command', command: [node, '-e', script, '--', file, ...words] })
  await channel.ended
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(words)
})

// promise: secrets-stay
test('it gets the environment without ferry’s own variables', async () => {
  await using bench = await Bench.open()
  const file = `${bench.home}/environment`
  const script = `require('fs').writeFileSync(process.argv[1], JSON.stringify(process.env))`
  const channel = await bench.connect(
    { transport: 'command', command: [node, '-e', script, file] },
    { environment: { FERRY_KEY: 'secret', FERRY_PASSWORD: 'secret', OTHER: 'x' } },
  )
  await channel.ended
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ HOME: bench.home, OTHER: 'x' })
  expect(await readFile(file, 'utf8')).not.toContain('secret')
})

test('one that is not there is connect_failed', async () => {
  await using bench = await Bench.open()
  await expect(bench.connect({ transport: 'command', command: ['/nowhere/sftp'] })).rejects.toMatchObject({
    code: 'connect_failed',
    message: 'could not start /nowhere/sftp: no such file or directory',
  })
})

test('one that ends without a word is connect_failed, with its status and its last words', async () => {
  await using bench = await Bench.open()
  const script = 'console.error("no such host"); process.exitCode = 255'
  const channel = await bench.connect({ transport: 'command', command: [node, '-e', script] })
  expect(await channel.ended).toMatchObject({
    code: 'connect_failed',
    message: `could not connect: ${node} exited with status 255: "no such host"`,
  })
})

// promise: drained-stderr
test('what it floods stderr with is drained', async () => {
  await using bench = await Bench.open()
  const script = 'process.stderr.write("x".repeat(8e6), () => process.stdout.write("\\0\\0\\0\\5\\2\\0\\0\\0\\3"))'
  const channel = await bench.connect({ transport: 'command', command: [node, '-e', script] })
  expect(await firstAnswer(channel)).toBe(2)
})

// promise: close-ends
test('one that does not want to end is ended', async () => {
  await using bench = await Bench.open()
  const script =
    'process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6); process.stdout.write("\\0\\0\\0\\5\\2\\0\\0\\0\\3")'
  const channel = await bench.connect({ transport: 'command', command: [node, '-e', script] })
  expect(await firstAnswer(channel)).toBe(2)
  await channel.close()
  expect(await channel.ended).toMatchObject({ message: expect.stringContaining('was ended by SIGKILL') })
})

test.each([
  [{ identities: ['key'] }, '-i'],
  [{ options: ['Port=22'] }, '-o Port=22'],
  [{ sshConfigFile: 'x' }, '-F'],
  [{ jump: 'x' }, '-J x'],
  [{ port: 1 }, '-P 1'],
  [{ compression: true }, '-C'],
])('ssh’s flag %o means nothing to it', async (overrides, label) => {
  await using bench = await Bench.open()
  const settings = bench.settings({ transport: 'command', command: ['x'] }, { overrides })
  await expect(settings).rejects.toMatchObject({
    code: 'usage',
    message: `${label} means nothing to bank: its transport is a command`,
  })
})

test.each([[undefined], [[]], [['']], [['a\0b']]])('the words %o are no command', async (command) => {
  await using bench = await Bench.open()
  await expect(
    bench.settings({ transport: 'command', ...(command !== undefined && { command }) }),
  ).rejects.toMatchObject({ code: 'usage', message: 'the transport "command" needs a command' })
})
