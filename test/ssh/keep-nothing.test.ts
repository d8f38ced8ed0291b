import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { keepNothing, reusePackets } from '../../src/ssh/ssh2-internals.ts'

type OnPayload = (payload: Buffer) => undefined

/** What ssh2 encrypts and decrypts with: in C++ where its addon is there, in JavaScript where that is forced. */
const crypto: {
  readonly CIPHER_INFO: Record<string, { readonly keyLen: number; readonly ivLen: number }>
  readonly MAC_INFO: Record<string, { readonly len: number }>
  readonly init: Promise<void>
  createCipher(config: object): { allocPacket(length: number): Buffer; encrypt(packet: Buffer): void }
  createDecipher(config: object): {
    _onPayload: OnPayload
    decrypt(data: Buffer, from: number, to: number): number | undefined
  }
} = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js')

beforeAll(() => crypto.init)

const ways = ['aes128-gcm@openssh.com', 'chacha20-poly1305@openssh.com', 'aes128-ctr', 'aes256-cbc'].flatMap((cipher) =>
  (cipher.includes('@') ? [''] : ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-256']).flatMap((mac) =>
    [false, true].map((forceNative) => ({ cipher, mac, forceNative })),
  ),
)

/** What encrypts, what was written by it, and what decrypts that. */
function transport({ cipher, mac, forceNative }: (typeof ways)[number], onPayload: OnPayload) {
  const { keyLen = 0, ivLen = 0 } = crypto.CIPHER_INFO[cipher] ?? {}
  const { len = 0 } = crypto.MAC_INFO[mac] ?? {}
  const common = { seqno: 0, forceNative, macInfo: crypto.MAC_INFO[mac], macKey: Buffer.alloc(len, 2) }
  const written: Uint8Array[] = []
  const sender = crypto.createCipher({
    outbound: {
      ...common,
      onWrite: (part: Uint8Array) => written.push(part),
      cipherInfo: crypto.CIPHER_INFO[cipher],
      cipherKey: Buffer.alloc(keyLen, 1),
      cipherIV: Buffer.alloc(ivLen, 3),
    },
  })
  const decipher = crypto.createDecipher({
    inbound: {
      ...common,
      onPayload,
      decipherInfo: crypto.CIPHER_INFO[cipher],
      decipherKey: Buffer.alloc(keyLen, 1),
      decipherIV: Buffer.alloc(ivLen, 3),
    },
  })
  return { sender, written, decipher }
}

/** As ssh2 sends it; gives the packet's memory. */
function send(sender: ReturnType<typeof crypto.createCipher>, payload: Buffer): ArrayBufferLike {
  const packet = sender.allocPacket(payload.length)
  packet.set(payload, 5)
  sender.encrypt(packet)
  return packet.buffer
}

const lentChannel = 7
const channelData = (channel: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(94, 0, 0, 0, channel), bytes])

const payloads = fc.array(
  fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => channelData(lentChannel, bytes)),
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => channelData(8, bytes)),
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.concat([Buffer.of(20), bytes])),
  ),
  { maxLength: 12 },
)

// promise: own-memory
test.each(ways)('what is kept of packets outlives the memory that they came in: %o', (way) => {
  fc.assert(
    fc.property(payloads, fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (wanted, sizes) => {
      const kept: Buffer[] = []
      const take = (payload: Buffer): undefined => {
        kept.push(payload[0] === 94 && payload[4] === lentChannel ? Buffer.from(payload) : payload)
      }
      const memory = Buffer.allocUnsafeSlow(700)
      const { sender, written, decipher } = transport(way, take)
      for (const payload of wanted) send(sender, payload)
      const bytes = Buffer.concat(written)
      const onParsed = keepNothing({ _protocol: { _decipher: decipher } }, memory.buffer, (id) => id === lentChannel)
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const length = bytes.copy(memory, 0, at, at + (sizes[turn % sizes.length] ?? 1))
        const chunk = memory.subarray(0, length)
        for (let from = 0; from < length; ) from = decipher.decrypt(chunk, from, length) ?? length
        // As ssh2 does while keys are exchanged.
        decipher._onPayload = take
        onParsed?.()
        memory.fill(0)
        at += length
      }
      expect(kept.map((payload) => Buffer.from(payload))).toEqual(wanted)
    }),
  )
})

test('data of a channel that takes it at once is not copied', () => {
  const seen: Buffer[] = []
  const memory = Buffer.allocUnsafeSlow(700)
  const wanted = [channelData(lentChannel, Buffer.alloc(200, 1)), channelData(8, Buffer.alloc(200, 2))]
  const decipher = { _onPayload: (payload: Buffer) => void seen.push(payload) }
  keepNothing({ _protocol: { _decipher: decipher } }, memory.buffer, (id) => id === lentChannel)
  for (const packet of wanted) decipher._onPayload(memory.subarray(0, packet.copy(memory)))
  expect(seen.map(({ buffer }) => buffer === memory.buffer)).toEqual([true, false])
})

test('the decipher of new keys keeps nothing either', () => {
  const seen: Buffer[] = []
  const memory = Buffer.allocUnsafeSlow(8)
  const decipher = () => ({ _onPayload: (payload: Buffer) => void seen.push(payload) })
  const protocol = { _decipher: decipher() }
  keepNothing({ _protocol: protocol }, memory.buffer, () => false)
  const next = decipher()
  protocol._decipher = next
  expect(protocol._decipher).toBe(next)
  protocol._decipher._onPayload(memory.fill(1))
  memory.fill(2)
  expect(seen).toEqual([Buffer.alloc(8, 1)])
})

const decrypted = (decipher: ReturnType<typeof crypto.createDecipher>, bytes: Buffer): void => {
  for (let from = 0; from < bytes.length; ) from = decipher.decrypt(bytes, from, bytes.length) ?? bytes.length
}
/** Of the lengths that a WRITE is cut into, and others. */
const large = [32_768, 20_000, 32_768, 32_768, 17_000, 20_000, 16_384, 100, 100, 30_000, 32_768]

// promise: own-memory
test.each(ways)('packets in memory that was used before arrive as they were sent: %o', (way) => {
  const arrived: Buffer[] = []
  const { sender, written, decipher } = transport(way, (payload) => void arrived.push(Buffer.from(payload)))
  expect(reusePackets({ _protocol: { _cipher: sender } }, () => true)).toBe(true)
  const payloads = large.map((length) => randomBytes(length))
  const memories = payloads.map((payload) => {
    const memory = send(sender, payload)
    decrypted(decipher, Buffer.concat(written.splice(0)))
    return memory
  })
  expect(arrived).toEqual(payloads)
  expect(memories[2]).toBe(memories[0])
  expect(memories[5]).toBe(memories[1])
})

// promise: own-memory
test.each(ways)('what has not been sent stays as it is: %o', (way) => {
  const arrived: Buffer[] = []
  const { sender, written, decipher } = transport(way, (payload) => void arrived.push(Buffer.from(payload)))
  reusePackets({ _protocol: { _cipher: sender } }, () => false)
  const payloads = large.map((length) => randomBytes(length))
  for (const payload of payloads) send(sender, payload)
  decrypted(decipher, Buffer.concat(written))
  expect(arrived).toEqual(payloads)
})

test('the cipher of new keys uses its own packets again', () => {
  const cipher = () => ({ allocPacket: (length: number) => Buffer.alloc(length + 10) })
  const protocol = { _cipher: cipher() }
  reusePackets({ _protocol: protocol }, () => true)
  const before = protocol._cipher.allocPacket(20_000)
  protocol._cipher = cipher()
  const after = protocol._cipher.allocPacket(20_000)
  expect(after).not.toBe(before)
  expect(protocol._cipher.allocPacket(20_000)).toBe(after)
})
