import { once } from 'node:events'
import { createServer } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { connectTcp } from '../../src/ssh/tcp.ts'
import { listenOnLoopback } from '../support/listen-on-loopback.ts'
import { Bench } from './connecting.ts'

const silent = { note: () => undefined }

test('small writes of one turn are gathered, large ones are not', async () => {
  let received = ''
  const server = createServer((peer) => peer.on('data', (chunk) => (received += chunk.toString())))
  const port = await listenOnLoopback(server)
  await using bench = await Bench.open()
  const settings = await bench.settings({ port })
  if (settings.transport !== 'ssh') throw new Error('ssh is the usual transport')
  const socket = await connectTcp(settings, silent, new AbortController().signal)
  socket.write('a')
  socket.write('b')
  expect(socket.writableCorked).toBe(1)
  socket.write('c'.repeat(20_000))
  expect(socket.writableCorked).toBe(0)
  socket.write('d'.repeat(20_000))
  expect(socket.writableCorked).toBe(0)
  socket.write('e')
  expect(socket.writableCorked).toBe(1)
  await setImmediate()
  expect(socket.writableCorked).toBe(0)
  socket.end('f')
  await once(socket, 'close')
  expect(received).toBe(`ab${'c'.repeat(20_000)}${'d'.repeat(20_000)}ef`)
  server.close()
})

test('a connection that is aborted leaves nothing', async () => {
  await using bench = await Bench.open()
  // 192.0.2.0/24 is for documentation (RFC 5737): nobody answers.
  const settings = await bench.settings({ host: '192.0.2.1' })
  if (settings.transport !== 'ssh') throw new Error('ssh is the usual transport')
  const controller = new AbortController()
  const connecting = connectTcp(settings, silent, controller.signal)
  const reason = new FerryError('cancelled', 'interrupted')
  controller.abort(reason)
  await expect(connecting).rejects.toBe(reason)
  await expect(connectTcp(settings, silent, controller.signal)).rejects.toBe(reason)
})
