import { execFileSync } from 'node:child_process'
import { watch } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import type { StoredSecret } from '../../src/model/secret.ts'
import { openSecret, type SecretContext } from '../../src/secrets/open-secret.ts'
import { seal } from '../../src/secrets/seal.ts'
import { sealingKeys } from '../../src/secrets/sealing-keys.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

let directory: TemporaryDirectory
beforeAll(async () => {
  directory = await temporaryDirectory()
})
afterAll(() => directory[Symbol.asyncDispose]())

function context(environment: SecretContext['environment'] = {}, signal = new AbortController().signal): SecretContext {
  const whole = { HOME: directory.path, PATH: process.env['PATH'], ...environment }
  return { environment: whole, keys: sealingKeys({ environment: whole, mayCreate: true }), signal }
}

const opened = (secret: StoredSecret, environment?: SecretContext['environment']): Promise<string> =>
  openSecret(secret, 'password of bank', context(environment))

const reference = (inside: string): string => `$${`{${inside}}`}`

const failure = (message: string): unknown => expect.objectContaining({ code: 'authentication_failed', message })

describe('environment', () => {
  test('a variable is the secret as it is', async () => {
    expect(await opened({ env: 'BANK' }, { BANK: ' s3cret\n' })).toBe(' s3cret\n')
  })

  test('an unset or empty one is authentication_failed and names it', async () => {
    await expect(opened({ env: 'BANK' })).rejects.toEqual(
      failure('password of bank: the environment variable BANK is not set'),
    )
    const empty = failure(`password of bank: ${reference('env:BANK')} is empty`)
    await expect(opened({ env: 'BANK' }, { BANK: '' })).rejects.toEqual(empty)
  })

  test('a name such as __proto__ or toString is a variable that is not set', async () => {
    const environment = Object.freeze(Object.assign(Object.create(null), { HOME: directory.path }))
    await expect(openSecret({ env: 'toString' }, 'x', { ...context(), environment })).rejects.toMatchObject({
      code: 'authentication_failed',
    })
  })
})

describe('file', () => {
  test('its text, less one newline', async () => {
    const file = join(directory.path, 'secret')
    await writeFile(file, 'two\nlines\n\n')
    expect(await opened({ file })).toBe('two\nlines\n')
    await writeFile(file, 'dos\r\n')
    expect(await opened({ file: '~/secret' })).toBe('dos')
  })

  test.each([
    ['missing', undefined, 'no such file or directory'],
    ['empty', '', 'is empty'],
    ['newline', '\n', 'is empty'],
    ['binary', Buffer.of(0xff, 0xfe), 'is not UTF-8 text'],
    ['huge', Buffer.alloc(1024 * 1024 + 1, 'x'), 'is longer than 1 MiB'],
  ])('a file that is %s is authentication_failed', async (name, content, reason) => {
    const file = join(directory.path, name)
    if (content !== undefined) await writeFile(file, content)
    await expect(opened({ file })).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringMatching(new RegExp(`^password of bank: .*file:${file}.*${reason}$`)),
    })
  })

  test('a FIFO or a directory is refused and not waited for', async () => {
    const fifo = join(directory.path, 'fifo')
    execFileSync('mkfifo', [fifo])
    await expect(opened({ file: fifo })).rejects.toMatchObject({ message: expect.stringContaining('not a regular') })
    await expect(opened({ file: directory.path })).rejects.toMatchObject({ code: 'authentication_failed' })
  })
})

describe('command', () => {
  // promise: no-shell
  test('its standard output, less one newline; nothing is expanded and no shell is asked', async () => {
    expect(await opened({ command: ['printf', '%s\n\n', '$HOME; *'] })).toBe('$HOME; *\n')
    expect(await opened({ command: `printf '%s|' "a b" $HOME` })).toBe('a b|$HOME|')
  })

  test('it has the environment, but none of our own secrets', async () => {
    const environment = { GREETING: 'hello', FERRY_KEY: 'k', FERRY_PASSWORD: 'p', FERRY_IDENTITY_PASSPHRASE: 'i' }
    const output = await openSecret({ command: 'env' }, 'x', { ...context(), environment })
    expect(output).toBe('GREETING=hello')
  })

  test.each([
    ["sh -c 'echo hunter2; echo hunter2 >&2; exit 3'", 'it exited with status 3'],
    ["sh -c 'kill -9 $$'", 'it was ended by SIGKILL'],
    ['true', 'is empty'],
    ['/no/such/program', 'no such file or directory'],
    ['yes', 'it printed more than 1048576 bytes'],
    ["printf '\\377'", 'is not UTF-8 text'],
  ])('%s is authentication_failed and says why, without what it printed', async (command, reason) => {
    const error = await opened({ command }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'authentication_failed', message: expect.stringContaining(reason) })
    expect(error).toMatchObject({ message: expect.stringContaining('password of bank: command:') })
    expect(JSON.stringify(error).replaceAll(command, '')).not.toContain('hunter2')
  })

  test('cancelling ends the program and gives the reason', async () => {
    const controller = new AbortController()
    const pidFile = join(directory.path, 'pid')
    const started = new Promise<void>((resolve) => {
      const watcher = watch(directory.path, (_event, name) => {
        if (name !== 'pid') return
        watcher.close()
        resolve()
      })
    })
    const script = `echo $$ > ${pidFile}.part; mv ${pidFile}.part ${pidFile}; exec sleep 1000`
    const work = openSecret({ command: ['sh', '-c', script] }, 'x', context({}, controller.signal))
    await started
    controller.abort(new FerryError('cancelled', 'interrupted'))
    await expect(work).rejects.toMatchObject({ code: 'cancelled' })
    const pid = (await readFile(pidFile, 'utf8')).trim()
    // A signalled process is gone, or waits to be reaped.
    await expect.poll(() => isRunning(pid)).toBe(false)
  })
})

async function isRunning(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'x (x) Z')
  return !/\) [ZX]/.test(stat)
}

describe('sealed', () => {
  test('what was sealed is opened, whatever it holds', async () => {
    const { keys } = context()
    for (const literal of ['s3cret', '', 'a\nb\n', `𝒳ü${reference('X')}`]) {
      expect(await opened(await seal({ literal }, keys))).toBe(literal)
    }
  })

  test('a template is resolved when it is opened', async () => {
    const secret = await seal({ literal: `a-${reference('X')}`, template: true }, context().keys)
    expect(await opened(secret, { X: 'x' })).toBe('a-x')
    await expect(opened(secret)).rejects.toEqual(failure('password of bank: the environment variable X is not set'))
  })

  test('another key, no key, and damage are authentication_failed', async () => {
    const secret = await seal({ literal: 'hunter2' }, context().keys)
    await using other = await temporaryDirectory()
    await expect(opened(secret, { HOME: other.path })).rejects.toMatchObject({
      code: 'authentication_failed',
      message: `password of bank: it is sealed, and there is no key file ${other.path}/.config/ferry/key.txt`,
    })
    await context({ HOME: other.path }).keys.obtain()
    await expect(opened(secret, { HOME: other.path })).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringContaining('does not open it'),
    })
    await expect(opened({ sealed: 'rubbish' })).rejects.toMatchObject({ code: 'authentication_failed' })
  })
})

test('an aborted signal is obeyed before anything is read', async () => {
  const signal = AbortSignal.abort(new FerryError('cancelled', 'interrupted'))
  await expect(openSecret({ env: 'X' }, 'x', context({ X: 'x' }, signal))).rejects.toMatchObject({ code: 'cancelled' })
})
