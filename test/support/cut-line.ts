import { connect, createServer } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import type { Channel } from '../../src/ssh/transport.ts'
import { listenOnLoopback } from './listen-on-loopback.ts'

/** Joins two streams until so many bytes went through, both ways together; then it ends both at once. */
function join(one: Duplex, other: Duplex, mostBytes: number): void {
  let left = mostBytes
  const cut = (): void => {
    one.destroy()
    other.destroy()
  }
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('data', (chunk: Buffer) => {
      if (to.destroyed) return
      const through = chunk.subarray(0, left)
      left -= through.length
      if (left > 0) to.write(through)
      else to.write(through, cut)
    })
    from.on('end', () => to.end())
    from.on('error', cut)
    from.on('close', cut)
  }
}

/** A channel that is cut after so many bytes. */
export function cutChannel(channel: Channel, mostBytes: number): Channel {
  const [near, far] = duplexPair()
  join(far, channel.stream, mostBytes)
  // One end's destruction ends the other too, as with sockets.
  far.once('close', () => near.destroy())
  near.once('close', () => far.destroy())
  return { ...channel, stream: near }
}

export interface CutRelay extends AsyncDisposable {
  readonly port: number
  /** Connections so far. */
  accepted(): number
}

/** Leads to a port of this machine; the first connections are cut, each after so many bytes, and all later ones are whole. */
export async function useCutRelay(port: number, cuts: readonly number[]): Promise<CutRelay> {
  let accepted = 0
  const listener = createServer((socket) => {
    const mostBytes = cuts[accepted] ?? Number.POSITIVE_INFINITY
    accepted += 1
    join(socket, connect(port, '127.0.0.1'), mostBytes)
  })
  const ownPort = await listenOnLoopback(listener)
  return {
    port: ownPort,
    accepted: () => accepted,
    [Symbol.asyncDispose]: async () => {
      listener.close()
    },
  }
}
