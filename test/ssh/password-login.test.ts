import { describe, expect, test } from 'vitest'
import { describeWithUnixUsers } from '../support/requirements.ts'
import { useSshd } from '../support/sshd.ts'
import { Bench, firstAnswer, passwordOf, serve } from './connecting.ts'

describe('passwords', () => {
  test('the right password lets in, and no other request is sent', async () => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', password: 'right' }] })
    await using _server = server
    await using bench = await Bench.open()
    const channel = await bench.connect(
      { ...fields, password: passwordOf },
      { environment: { BANK_PASSWORD: 'right' } },
    )
    expect(await firstAnswer(channel)).toBe(2)
    expect(server.logins).toEqual([{ username: 'deploy', method: 'password', accepted: true }])
  })

  test('a wrong password is authentication_failed, and is sent once', async () => {
    const { server, fields } = await serve({
      users: [
        {
          name: 'deploy',
          password: 'right',
          keyboardInteractive: [{ prompts: [{ prompt: 'Password: ', answer: 'right' }] }],
        },
      ],
    })
    await using _server = server
    await using bench = await Bench.open()
    const connecting = bench.connect({ ...fields, password: passwordOf }, { environment: { BANK_PASSWORD: 'wrong' } })
    await expect(connecting).rejects.toMatchObject({
      code: 'authentication_failed',
      message: `authentication failed for deploy@127.0.0.1:${server.port}: the server takes password and keyboard-interactive, tried password`,
    })
    expect(server.logins).toEqual([{ username: 'deploy', method: 'password', accepted: false }])
    await server.idle()
  })

  test('a server that takes only keys says so, with what to set', async () => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', publicKeys: [] }] })
    await using _server = server
    await using bench = await Bench.open()
    const connecting = bench.connect({ ...fields, password: passwordOf }, { environment: { BANK_PASSWORD: 'x' } })
    await expect(connecting).rejects.toMatchObject({
      code: 'authentication_failed',
      message: `authentication failed for deploy@127.0.0.1:${server.port}: the server takes publickey, tried password`,
      details: { hint: 'set identity_file for "bank", or run with -i <file>' },
    })
  })

  test('with nothing to offer the server is asked what it takes', async () => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', password: 'x' }] })
    await using _server = server
    await using bench = await Bench.open()
    await expect(bench.connect(fields)).rejects.toMatchObject({
      code: 'authentication_failed',
      message: `authentication failed for deploy@127.0.0.1:${server.port}: the server takes password, nothing to offer`,
      details: { hint: 'set password for "bank"' },
    })
  })

  test('a secret that cannot be opened ends the login', async () => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', password: 'x' }] })
    await using _server = server
    await using bench = await Bench.open()
    const settings = await bench.settings({ ...fields, password: passwordOf })
    expect(settings.transport).toBe('ssh')
    await expect(bench.connect({ ...fields, password: passwordOf }, { environment: {} })).rejects.toMatchObject({
      code: 'authentication_failed',
    })
  })

  test('a person is asked, again where they mistype', async () => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', password: 'right' }] })
    await using _server = server
    await using bench = await Bench.open()
    const typed = ['wrong', 'right']
    const channel = await bench.connect(fields, { answer: () => typed.shift() ?? '' })
    expect(await firstAnswer(channel)).toBe(2)
    expect(bench.prompts).toEqual(Array(2).fill({ text: "deploy@127.0.0.1's password: ", echo: false }))
  })

  // promise: never-asks
  test('nobody is asked in BatchMode', async () => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', password: 'right' }] })
    await using _server = server
    await using bench = await Bench.open()
    const connecting = bench.connect({ ...fields, ssh_options: { BatchMode: 'yes' } }, { answer: () => 'right' })
    await expect(connecting).rejects.toMatchObject({ code: 'authentication_failed' })
    expect(bench.prompts).toEqual([])
  })

  // promise: keyboard-interactive
  test('an expired password is reported as that', async () => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', password: 'right', passwordExpired: true }] })
    await using _server = server
    await using bench = await Bench.open()
    const connecting = bench.connect({ ...fields, password: passwordOf }, { environment: { BANK_PASSWORD: 'right' } })
    await expect(connecting).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringContaining('the password has expired ("Your password has expired.")'),
    })
  })

  test('switched off, it is not sent', async () => {
    const { server, fields } = await serve({ users: [{ name: 'deploy', password: 'right' }] })
    await using _server = server
    await using bench = await Bench.open()
    const connecting = bench.connect(
      { ...fields, password: passwordOf, ssh_options: { PasswordAuthentication: 'no' } },
      { environment: { BANK_PASSWORD: 'right' } },
    )
    await expect(connecting).rejects.toMatchObject({ code: 'authentication_failed' })
    expect(server.logins.map(({ method }) => method)).not.toContain('password')
  })
})

describe('keyboard-interactive', () => {
  test('a hidden prompt is answered with the password, a second one by a person', async () => {
    const { server, fields } = await serve({
      users: [
        {
          name: 'deploy',
          keyboardInteractive: [
            { prompts: [] },
            { prompts: [{ prompt: 'Password: ', answer: 'right' }] },
            { instructions: 'From your phone', prompts: [{ prompt: 'Code: ', echo: true, answer: '123' }] },
          ],
        },
      ],
    })
    await using _server = server
    await using bench = await Bench.open()
    const channel = await bench.connect(
      { ...fields, password: passwordOf },
      { environment: { BANK_PASSWORD: 'right' }, answer: () => '123' },
    )
    expect(await firstAnswer(channel)).toBe(2)
    expect(bench.prompts).toEqual([{ text: '(deploy@127.0.0.1) Code: ', echo: true }])
    expect(bench.notes).toContainEqual({ level: 0, text: 'From your phone' })
  })

  test('with nobody to answer it is authentication_failed and names the question', async () => {
    const { server, fields } = await serve({
      users: [{ name: 'deploy', keyboardInteractive: [{ prompts: [{ prompt: 'Code: ', echo: true, answer: '1' }] }] }],
    })
    await using _server = server
    await using bench = await Bench.open()
    const connecting = bench.connect({ ...fields, password: passwordOf }, { environment: { BANK_PASSWORD: 'x' } })
    await expect(connecting).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringContaining('nobody to answer "Code:"'),
    })
  })

  // promise: keyboard-interactive
  test('a server that does not stop asking is left', async () => {
    const { server, fields } = await serve({
      users: [
        {
          name: 'deploy',
          endlessRounds: true,
          keyboardInteractive: [{ prompts: [{ prompt: 'More? ', answer: 'x' }] }],
        },
      ],
    })
    await using _server = server
    await using bench = await Bench.open()
    await expect(bench.connect(fields, { answer: () => 'x' })).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringContaining('the server does not stop asking'),
    })
    expect(bench.prompts.length).toBeLessThanOrEqual(10)
  })

  // promise: keyboard-interactive
  test('no new password is made up', async () => {
    const { server, fields } = await serve({
      users: [{ name: 'deploy', keyboardInteractive: [{ prompts: [{ prompt: 'New password: ', answer: 'x' }] }] }],
    })
    await using _server = server
    await using bench = await Bench.open()
    const connecting = bench.connect({ ...fields, password: passwordOf }, { environment: { BANK_PASSWORD: 'x' } })
    await expect(connecting).rejects.toMatchObject({ message: expect.stringContaining('the password has expired') })
  })
})

describe('a password and then a code', () => {
  const codeUser = {
    name: 'deploy',
    password: 'right',
    keyboardInteractive: [{ prompts: [{ prompt: 'Password: ', answer: '123' }] }],
    factors: ['password', 'keyboard-interactive'],
  } as const

  // promise: secret-meant
  test('whoever is there is asked for the code, even where the prompt says password', async () => {
    const { server, fields } = await serve({ users: [codeUser] })
    await using _server = server
    await using bench = await Bench.open()
    const channel = await bench.connect(
      { ...fields, password: passwordOf },
      { environment: { BANK_PASSWORD: 'right' }, answer: () => '123' },
    )
    expect(await firstAnswer(channel)).toBe(2)
    expect(bench.prompts).toEqual([{ text: '(deploy@127.0.0.1) Password: ', echo: false }])
  })

  // promise: secret-meant
  test('without anybody the password is not given a second time', async () => {
    const { server, fields } = await serve({
      users: [{ ...codeUser, keyboardInteractive: [{ prompts: [{ prompt: 'Code: ', answer: 'right' }] }] }],
    })
    await using _server = server
    await using bench = await Bench.open()
    const connecting = bench.connect({ ...fields, password: passwordOf }, { environment: { BANK_PASSWORD: 'right' } })
    await expect(connecting).rejects.toMatchObject({
      code: 'authentication_failed',
      message: expect.stringContaining('nobody to answer "Code:"'),
    })
  })

  test('a code that comes first leaves the password for its own turn', async () => {
    const { server, fields } = await serve({
      users: [
        {
          ...codeUser,
          keyboardInteractive: [{ prompts: [{ prompt: 'Code: ', echo: true, answer: '123' }] }],
          factors: ['keyboard-interactive', 'password'],
        },
      ],
    })
    await using _server = server
    await using bench = await Bench.open()
    const channel = await bench.connect(
      { ...fields, password: passwordOf },
      { environment: { BANK_PASSWORD: 'right' }, answer: () => '123' },
    )
    expect(await firstAnswer(channel)).toBe(2)
    expect(bench.prompts).toHaveLength(1)
  })
})

describeWithUnixUsers('passwords of a real sshd', () => {
  test('password and keyboard-interactive', async () => {
    await using sshd = await useSshd()
    await using bench = await Bench.open()
    const user = await sshd.passwordUser()
    const channel = await bench.connect(
      { port: sshd.port, username: user.username, known_hosts_file: sshd.knownHostsFile, password: passwordOf },
      { environment: { BANK_PASSWORD: user.password } },
    )
    expect(await firstAnswer(channel)).toBe(2)
  })
})
