import { EventEmitter, once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { listenOnLoopback } from './listen-on-loopback.ts'

export interface RelayOptions {
  /** The server's port on 127.0.0.1. */
  readonly to: number
  /**
   * What becomes of each connection after so many bytes of the server: nothing goes either way any more, it is ended or reset,
   * what comes is changed, or the rest comes one byte at a time.
   */
  readonly act?: 'freeze' | 'close' | 'reset' | 'garble' | 'drip'
  readonly afterBytes?: number
}

export interface Relay extends AsyncDisposable {
  readonly port: number
  /** Bytes of the server that went through, of all connections. */
  passed(): number
  /** Settles when the first connection has come to its fault. */
  readonly reached: Promise<void>
  /** Settles when the client has no connection open. */
  idle(): Promise<void>
}

const dripMs = 100

/** A line to a server that can fail at any byte. */
export async function startRelay({ to, act, afterBytes = 0 }: RelayOptions): Promise<Relay> {
  const sockets = new Set<Socket>()
  const events = new EventEmitter()
  let passed = 0
  let open = 0
  let reach = (): void => undefined
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  const listener = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    open += 1
    for (const socket of [near, far]) {
      sockets.add(socket.setNoDelay(true))
      socket.on('error', () => socket.destroy())
    }
    near.on('close', () => {
      far.destroy()
      open -= 1
      if (open === 0) events.emit('idle')
    })
    const pass = (bytes: Buffer): void => {
      passed += bytes.length
      near.write(bytes)
    }
    let leftBytes = act === undefined ? Number.POSITIVE_INFINITY : afterBytes
    let failed = false
    const fail = (): void => {
      if (failed) return
      failed = true
      reach()
      if (act === 'close') near.end()
      if (act === 'reset') near.resetAndDestroy()
      if (act !== 'freeze') return
      far.removeAllListeners('data').resume()
      // It reads on, or the end of the client would not be seen.
      near.removeAllListeners('data').resume()
    }
    far.on('data', (bytes: Buffer) => {
      const now = bytes.subarray(0, leftBytes)
      leftBytes -= now.length
      if (now.length > 0) pass(now)
      if (leftBytes > 0) return
      fail()
      if (act === 'drip') void dripped(bytes.subarray(now.length))
      if (act === 'garble') pass(Buffer.from(bytes.subarray(now.length).map((byte) => byte ^ 0x55)))
    })
    let dripping = Promise.resolve()
    const dripped = (bytes: Buffer): Promise<void> => {
      dripping = dripping.then(async () => {
        for (let at = 0; at < bytes.length && !near.destroyed; at += 1) {
          await new Promise((resolve) => setTimeout(resolve, dripMs))
          pass(bytes.subarray(at, at + 1))
        }
      })
      return dripping
    }
    far.on('end', () => (act !== undefined && failed ? undefined : near.end()))
    near.on('data', (bytes: Buffer) => far.write(bytes))
    if (leftBytes === 0) fail()
  })
  const ownPort = await listenOnLoopback(listener)
  return {
    port: ownPort,
    passed: () => passed,
    reached,
    idle: async () => {
      if (open > 0) await once(events, 'idle')
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
