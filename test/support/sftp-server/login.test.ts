import { once } from 'node:events'
import { tmpdir } from 'node:os'
import ssh2, { type AuthenticationType } from 'ssh2'
import { expect, test } from 'vitest'
import { generateHostKey } from './host-key.ts'
import { login, password } from './ssh-client.ts'
import { type RunningSftpServer, type StartOptions, startSftpServer } from './start-sftp-server.ts'

const ours = generateHostKey()

const start = (options: Partial<StartOptions>): Promise<RunningSftpServer> =>
  startSftpServer({ root: tmpdir(), users: [{ name: 'ann', password }], ...options })

test('a wrong password, an unknown user and a wrong key are refused, and recorded', async () => {
  await using server = await start({ users: [{ name: 'ann', password, publicKeys: [ours.publicKey] }] })
  await expect(login(server, { password: 'wrong' })).rejects.toThrow(/authentication methods failed/)
  await expect(login(server, { username: 'bob', password })).rejects.toThrow(/authentication methods failed/)
  await expect(login(server, { privateKey: generateHostKey().privateKey })).rejects.toThrow(
    /authentication methods failed/,
  )
  expect(server.logins).toEqual([
    { username: 'ann', method: 'password', accepted: false },
    { username: 'bob', method: 'password', accepted: false },
    { username: 'ann', method: 'publickey', accepted: false },
  ])
})

test('a key logs in after it was shown', async () => {
  await using server = await start({ users: [{ name: 'ann', publicKeys: [ours.publicKey] }] })
  const client = await login(server, { privateKey: ours.privateKey })
  expect(server.logins).toEqual([
    { username: 'ann', method: 'publickey', accepted: true, probe: true },
    { username: 'ann', method: 'publickey', accepted: true },
  ])
  client.end()
})

test('several factors are needed in their order', async () => {
  const factors = ['publickey', 'password'] as const
  await using server = await start({ users: [{ name: 'ann', password, publicKeys: [ours.publicKey], factors }] })
  await expect(login(server, { password })).rejects.toThrow(/authentication methods failed/)
  const partial: unknown[] = []
  const methods: AuthenticationType[] = ['none', 'publickey', 'password']
  const client = await login(server, {
    password,
    privateKey: ours.privateKey,
    authHandler: (left, isPartial, next) => {
      partial.push([left, isPartial])
      next(methods.shift() ?? 'none')
    },
  })
  expect(partial).toEqual([
    [null, null],
    [['publickey'], false],
    [['password'], true],
  ])
  client.end()
})

async function answerPrompts(
  server: RunningSftpServer,
  answers: (prompts: string[]) => string[],
): Promise<ssh2.Client> {
  const client = new ssh2.Client()
  await new Promise((resolve, reject) => {
    client.on('ready', () => resolve(undefined)).on('error', reject)
    client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) => {
      finish(answers(prompts.map(({ prompt, echo }) => `${prompt}${echo}`)))
    })
    client.connect({ host: server.host, port: server.port, username: 'ann', tryKeyboard: true })
  })
  return client
}

const rounds = [
  { prompts: [{ prompt: 'Password: ', answer: password }] },
  { title: 'Token', instructions: 'Look', prompts: [{ prompt: 'Code: ', echo: true, answer: '123' }] },
  { prompts: [] },
]

test('prompts come in rounds, and every answer must be right', async () => {
  await using server = await start({ users: [{ name: 'ann', keyboardInteractive: rounds }] })
  const asked: string[][] = []
  const right: Readonly<Record<string, string>> = { 'Password: false': password, 'Code: true': '123' }
  const client = await answerPrompts(server, (prompts) => {
    asked.push(prompts)
    return prompts.map((prompt) => right[prompt] ?? '')
  })
  // ssh2 answers a round without prompts by itself.
  expect(asked).toEqual([['Password: false'], ['Code: true']])
  client.end()
  await expect(answerPrompts(server, (prompts) => prompts.map(() => '123'))).rejects.toThrow(
    /authentication methods failed/,
  )
})

test('prompts can have no end', async () => {
  await using server = await start({ users: [{ name: 'ann', keyboardInteractive: rounds, endlessRounds: true }] })
  const asked = new Promise((resolve) => {
    let count = 0
    answerPrompts(server, (prompts) => {
      count += 1
      if (count === 10) resolve(count)
      return prompts.map(() => password)
    }).catch(() => undefined)
  })
  expect(await asked).toBe(10)
})

test('an expired password asks for a new one, again and again', async () => {
  await using server = await start({ users: [{ name: 'ann', password, passwordExpired: true }] })
  const client = new ssh2.Client()
  const asked: string[] = []
  client.on('error', () => undefined)
  await new Promise((resolve) => {
    client.on('change password', (prompt, done) => {
      asked.push(prompt)
      if (asked.length === 2) resolve(undefined)
      else done('a new one')
    })
    client.connect({ host: server.host, port: server.port, username: 'ann', password })
  })
  expect(asked).toEqual(['Your password has expired.', 'Your password has expired.'])
  client.destroy()
})

test('banner and greeting are said', async () => {
  await using server = await start({ banner: 'no trespassing', greeting: 'hello' })
  const said: string[] = []
  const client = new ssh2.Client()
  client.on('error', () => undefined)
  client.on('greeting', (text) => void said.push(text)).on('banner', (text) => void said.push(text))
  client.connect({ host: server.host, port: server.port, username: 'ann', password })
  await once(client, 'ready')
  expect(said.map((text) => text.trim())).toEqual(['hello', 'no trespassing'])
  client.end()
})
