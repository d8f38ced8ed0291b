import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Connection } from '../../src/model/connection.ts'
import { OpensshAnswers } from '../../src/ssh/openssh-answers.ts'
import { OpensshLog } from '../../src/ssh/openssh-log.ts'
import type { Prompt } from '../../src/ssh/transport.ts'
import { Bench, passwordOf } from './connecting.ts'

const [own, jump] = [100, 200]
const environment = { BANK_PASSWORD: 'secret', PHRASE: 'phrase' }
const keyPrompt = (file: string): string => `Enter passphrase for key '${file}': `

/** Answers to an ssh that has written these lines; `person` is there to be asked. */
async function answersTo(bench: Bench, lines: readonly string[], more: { person?: string } & Partial<Connection> = {}) {
  const { person, ...fields } = more
  const settings = await bench.settings(
    {
      transport: 'openssh',
      identity_file: `${bench.home}/id`,
      identity_passphrase: { env: 'PHRASE' },
      password: passwordOf,
      ...fields,
    },
    { environment },
  )
  if (settings.transport !== 'openssh') throw new Error('another transport')
  const said = new PassThrough()
  const prompts: Prompt[] = []
  const events = {
    note: () => undefined,
    ...(person !== undefined && {
      ask: async (prompt: Prompt) => {
        prompts.push(prompt)
        return person
      },
    }),
  }
  const log = new OpensshLog(said, events)
  const failures: unknown[] = []
  const { signal } = new AbortController()
  const fail = (error: unknown): void => void failures.push(error)
  const answers = new OpensshAnswers({ settings, events, signal, log, pid: own, fail })
  const say = async (text: string): Promise<void> => {
    said.write(`${text}\n`)
    await setImmediate()
  }
  for (const line of lines) await say(line)
  const ask = (askedBy: number, prompt: string): Promise<string | undefined> =>
    answers.answer({ askedBy, words: [prompt], kind: '' })
  return { ask, say, prompts }
}

const old = 'debug1: Local version string SSH-2.0-OpenSSH_8.4p1 Debian-5'
const marking = 'debug1: Local version string SSH-2.0-OpenSSH_8.5p1'
const next = (method: string): string => `debug1: Next authentication method: ${method}`

// promise: secret-meant
test('a jump host whose question looks like a key’s gets no passphrase from an ssh that does not mark it', async () => {
  await using bench = await Bench.open()
  const { ask } = await answersTo(bench, [old, next('publickey')])
  expect(await ask(jump, keyPrompt(`${bench.home}/id`))).toBeUndefined()
  expect(await ask(own, keyPrompt(`${bench.home}/id`))).toBe('phrase')
})

test('nor does a text of the server that claims another version', async () => {
  await using bench = await Bench.open()
  const { ask } = await answersTo(bench, [old, marking])
  expect(await ask(jump, keyPrompt(`${bench.home}/id`))).toBeUndefined()
})

test('each ssh on the way gets the passphrase of the same key, where questions are marked', async () => {
  await using bench = await Bench.open()
  const { ask } = await answersTo(bench, [marking])
  expect(await ask(jump, keyPrompt(`${bench.home}/id`))).toBe('phrase')
  expect(await ask(own, keyPrompt(`${bench.home}/id`))).toBe('phrase')
  await expect(ask(own, keyPrompt(`${bench.home}/id`))).rejects.toThrow('identity_passphrase does not open it')
})

// promise: secret-meant
test('a question of the server that looks like a key’s gets no passphrase, though keys were tried in between', async () => {
  await using bench = await Bench.open()
  const lines = [old, next('keyboard-interactive'), next('publickey'), next('keyboard-interactive')]
  const { ask } = await answersTo(bench, lines)
  expect(await ask(own, keyPrompt(`${bench.home}/id`))).toBe('secret')
})

// promise: secret-meant
test('a passphrase opens the keys that the settings have, and no other', async () => {
  await using bench = await Bench.open()
  const { ask } = await answersTo(bench, [marking])
  for (const file of ['', '/', `${bench.home}/other`]) expect(await ask(own, keyPrompt(file))).toBeUndefined()
})

test('a name that ssh has cut is still the key’s', async () => {
  await using bench = await Bench.open()
  const file = `${bench.home}/${'k'.repeat(120)}`
  const { ask } = await answersTo(bench, [marking], { identity_file: file })
  expect(await ask(own, keyPrompt(file.slice(0, 100)))).toBe('phrase')
})

const passwordPrompt = "deploy@127.0.0.1's password: "
const partial = 'debug1: Authenticated using "password" with partial success.'

// promise: secret-meant
test('once the password was taken, whoever is there is asked for the rest', async () => {
  await using bench = await Bench.open()
  const { ask, say, prompts } = await answersTo(bench, [marking, next('password')], { person: '123' })
  expect(await ask(own, passwordPrompt)).toBe('secret')
  await say(partial)
  await say(next('keyboard-interactive'))
  expect(await ask(own, '(deploy@127.0.0.1) Password: ')).toBe('123')
  expect(prompts).toHaveLength(1)
})

// promise: secret-meant
test('once the password was taken and nobody is there, the login fails', async () => {
  await using bench = await Bench.open()
  const { ask, say } = await answersTo(bench, [marking, next('password')])
  expect(await ask(own, passwordPrompt)).toBe('secret')
  await say(partial)
  await say(next('keyboard-interactive'))
  await expect(ask(own, '(deploy@127.0.0.1) Code: ')).rejects.toMatchObject({
    code: 'authentication_failed',
    message: expect.stringContaining('nobody to answer'),
  })
})
