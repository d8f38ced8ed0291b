import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listenOnLoopback } from '../support/listen-on-loopback.ts'
import { Bench } from './connecting.ts'

// A server is called while keys are still read, so it may be gone before anybody listens to it.

let bench: Bench
let port: number
/** The first call, as the server has it. */
let called: Promise<Socket>
const server = createServer((call) => call.resume())

beforeEach(async () => {
  bench = await Bench.open()
  called = once(server, 'connection').then(([socket]) => socket)
  port = await listenOnLoopback(server)
})
afterEach(async () => {
  server.close()
  await bench[Symbol.asyncDispose]()
})

const noKeys = Buffer.of(0, 0, 0, 5, 12, 0, 0, 0, 0)

/** Connects with an agent that says nothing before something has become of the server's end of the call. */
async function connectSlowly(become: 'finish' | 'close'): Promise<unknown> {
  const socket = join(bench.home, 'agent')
  const agent = createServer((asked) => {
    void ended(become).then(() => asked.end(noKeys))
  }).listen(socket)
  try {
    return await bench.connect({ port }, { environment: { SSH_AUTH_SOCK: socket } })
  } finally {
    agent.close()
  }
}

async function ended(become: 'finish' | 'close'): Promise<void> {
  const call = await called
  if (!(become === 'close' ? call.closed : call.writableFinished)) await once(call, become)
}

// promise: lost-settles
test.each<[string, (call: Socket) => void, 'finish' | 'close', string]>([
  ['closes', (call) => call.end(), 'close', 'the server closed the connection without a word'],
  ['refuses', (call) => call.end('Not allowed\r\n'), 'finish', 'not an SSH server: it says "Not allowed"'],
  ['resets', (call) => call.resetAndDestroy(), 'close', 'connection reset by the other side'],
])('a server that %s while keys are read is connect_failed', async (_how, end, become, reason) => {
  void called.then(end)
  await expect(connectSlowly(become)).rejects.toMatchObject({
    code: 'connect_failed',
    message: `could not connect to 127.0.0.1:${port}: ${reason}`,
  })
})

test('where no key can be read, the server is let go', async () => {
  const connecting = bench.connect({ port, identity_file: '/nowhere/key' })
  await expect(connecting).rejects.toMatchObject({ code: 'authentication_failed' })
  const call = await called
  if (!call.closed) await once(call, 'close')
})

test('nor is it called again, should it not have answered', async () => {
  server.close()
  await once(server, 'close')
  const connecting = bench.connect({ port, identity_file: '/nowhere/key', ssh_options: { ConnectionAttempts: '3' } })
  await expect(connecting).rejects.toMatchObject({ code: 'authentication_failed' })
  let isCalled = false
  void called.then(() => {
    isCalled = true
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  await setTimeout(1500)
  expect(isCalled).toBe(false)
})
