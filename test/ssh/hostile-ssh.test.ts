import { createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { listenOnLoopback } from '../support/listen-on-loopback.ts'
import { startRelay } from '../support/relay.ts'
import { Bench, firstAnswer, passwordOf, serve } from './connecting.ts'

/** A port where this is done to every connection. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.resume()
    onConnection(socket)
  })
  onTestFinished(() => void server.close())
  return listenOnLoopback(server)
}

/** Writes for as long as it is taken. */
function pour(socket: Socket, piece: Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
  }
  socket.on('drain', more)
  more()
}

const after =
  (start: Buffer, piece: Buffer) =>
  (socket: Socket): void => {
    socket.write(start)
    if (piece.length > 0) pour(socket, piece)
  }

const identification = Buffer.from('SSH-2.0-hostile\r\n')
/** The start of a packet that says that it has so many bytes (RFC 4253 §6). */
const claiming = (length: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(length)
  return Buffer.concat([identification, bytes])
}
const ones = Buffer.alloc(16_384, 1)
const nothing = Buffer.alloc(0)
/** SSH_MSG_IGNORE (RFC 4253 §11.2). */
const ignored = Buffer.from('0000000c0602000000000000000000ff', 'hex')

async function failureAt(port: number, timeoutMs: number): Promise<unknown> {
  await using bench = await Bench.open()
  return bench.connect({ port }, { overrides: { timeoutMs } }).catch((error: unknown) => error)
}

// promise: hostile-ssh
test.each<[string, (socket: Socket) => void, string]>([
  ['lines before the identification, for ever', after(nothing, Buffer.from('hello\r\n'.repeat(999))), 'connect_failed'],
  ['a line before the identification that never ends', after(nothing, Buffer.alloc(16_384, 'x')), 'connect_failed'],
  ['zeros', after(nothing, Buffer.alloc(16_384)), 'connect_failed'],
  ['zeros after the identification', after(identification, Buffer.alloc(16_384)), 'protocol_error'],
  ['a packet of 4 GiB', after(claiming(0xffff_ffff), ones), 'protocol_error'],
  ['a packet of 2 GiB', after(claiming(0x8000_0000), ones), 'protocol_error'],
  ['a packet that does not come', after(claiming(30_004), nothing), 'timed_out'],
  ['packets to be ignored, for ever', after(identification, Buffer.concat(Array(500).fill(ignored))), 'timed_out'],
])('%s', async (_what, onConnection, code) => {
  expect(await failureAt(await listen(onConnection), 1000)).toMatchObject({ code })
})

// promise: hostile-ssh
test('whatever comes after the identification is an error of the server', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const port = await listen((socket) => {
        socket.write(identification)
        socket.end(bytes)
      })
      const failure = await failureAt(port, 20_000)
      expect(failure).toBeInstanceOf(FerryError)
      expect(failure).toMatchObject({ code: expect.stringMatching(/^(connect_failed|protocol_error)$/) })
    }),
    { numRuns: 40 },
  )
})

// promise: hostile-ssh
test('bytes that are changed on the way, anywhere, are an error and no answer', async () => {
  const { server, fields } = await serve({ users: [{ name: 'deploy', password: 'right' }] })
  onTestFinished(() => server.stop())
  const environment = { BANK_PASSWORD: 'right' }
  await using honest = await startRelay({ to: server.port })
  const through = { ...fields, password: passwordOf }
  let neededBytes = 0
  {
    await using bench = await Bench.open()
    const channel = await bench.connect({ ...through, port: honest.port }, { environment })
    neededBytes = honest.passed()
    await firstAnswer(channel)
  }
  for (let at = 30; at < neededBytes; at += 45) {
    await using relay = await startRelay({ to: server.port, act: 'garble', afterBytes: at })
    await using bench = await Bench.open()
    const outcome = await bench
      .connect({ ...through, port: relay.port }, { environment })
      .then((channel) => Promise.race([firstAnswer(channel), channel.ended]))
      .catch((error: unknown) => error)
    expect(outcome).toMatchObject({
      code: expect.stringMatching(/^(connect_failed|protocol_error|host_key_rejected)$/),
    })
    expect(outcome).not.toMatchObject({ message: expect.stringContaining('error:') })
  }
})
