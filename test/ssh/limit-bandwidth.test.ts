import { duplexPair } from 'node:stream'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FerryError } from '../../src/errors/ferry-error.ts'
import { limitBandwidth } from '../../src/ssh/limit-bandwidth.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const bytesPerSecond = 1_000_000
const chunk = Buffer.alloc(10_000, 1)

function limited() {
  const [near, far] = duplexPair()
  const channel = limitBandwidth(
    {
      stream: near,
      ended: new Promise<FerryError>(() => undefined),
      peer: { transport: 'ssh', host: 'h', port: 22, username: 'u' },
      close: async () => undefined,
    },
    bytesPerSecond,
  )
  return { stream: channel.stream, far }
}

test('what is written arrives at the rate, not sooner', async () => {
  const { stream, far } = limited()
  let arrived = 0
  far.on('data', (data: Buffer) => {
    arrived += data.length
  })
  for (let sent = 0; sent < 100; sent += 1) stream.write(chunk)
  await vi.advanceTimersByTimeAsync(500)
  expect(arrived).toBeGreaterThanOrEqual(450_000)
  expect(arrived).toBeLessThanOrEqual(600_000)
  await vi.advanceTimersByTimeAsync(600)
  expect(arrived).toBe(1_000_000)
})

test.each([4096, 261_120])(
  'over ten seconds the rate holds within 5 %% both ways, in pieces of %i bytes',
  async (size) => {
    const { stream, far } = limited()
    const piece = Buffer.alloc(size, 1)
    const moved = { out: 0, in: 0 }
    far.on('data', (data: Buffer) => (moved.out += data.length))
    stream.on('data', (data: Buffer) => (moved.in += data.length))
    const pieces = Math.ceil((12 * bytesPerSecond) / size)
    const send = (to: NodeJS.WritableStream, left: number): void => {
      if (left > 0) to.write(piece, () => send(to, left - 1))
    }
    send(stream, pieces)
    send(far, pieces)
    await vi.advanceTimersByTimeAsync(10_000)
    for (const bytes of Object.values(moved)) {
      expect(bytes).toBeGreaterThan(9.5 * bytesPerSecond)
      expect(bytes).toBeLessThan(10.5 * bytesPerSecond)
    }
  },
)

test('what is read comes at the rate, whole and in order, and ends', async () => {
  const { stream, far } = limited()
  const parts: Buffer[] = []
  let ended = false
  stream.on('data', (data: Buffer) => parts.push(data))
  stream.on('end', () => {
    ended = true
  })
  for (let sent = 0; sent < 100; sent += 1) far.write(Buffer.alloc(10_000, sent))
  far.end()
  await vi.advanceTimersByTimeAsync(500)
  expect(Buffer.concat(parts).length).toBeLessThanOrEqual(600_000)
  expect(ended).toBe(false)
  await vi.advanceTimersByTimeAsync(700)
  const all = Buffer.concat(parts)
  expect(all.length).toBe(1_000_000)
  expect([all[0], all[999_999]]).toEqual([0, 99])
  expect(ended).toBe(true)
})

test('the end of the channel below ends the limited one', async () => {
  const { stream, far } = limited()
  const closed = new Promise<void>((resolve) => stream.on('close', () => resolve()))
  stream.on('error', () => undefined)
  far.destroy()
  stream.destroy()
  await closed
  expect(far.destroyed).toBe(true)
})
