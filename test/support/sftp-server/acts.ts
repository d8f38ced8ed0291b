import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Answer, type NamedEntry, statusAnswer, statusCode } from './answers.ts'
import type { Act, Exchange, Outcome } from './faults.ts'
import type { WireAttributes, WireName } from './wire.ts'

// Acts for faults. One that is missing here is a function in the test: `({ perform }) => …`.

/** Refuses with any code, and does nothing else. `null` sends no message at all, as servers of older drafts. */
export const status =
  (code: number, message?: WireName | null): Act =>
  () => {
    if (message === undefined) return statusAnswer(code)
    return { type: 'status', code, ...(message !== null && { message }) }
  }

/** Gives this answer, whatever was asked. */
export const answer =
  (said: Answer): Act =>
  () =>
    said

/** Neither does nor answers. */
export const drop: Act = () => undefined

/** Ends the stream in order in place of an answer. */
export const end: Act = (exchange) => {
  exchange.end()
  return undefined
}

/** Ends the stream at once in place of an answer. */
export const destroy: Act = (exchange) => {
  exchange.destroy()
  return undefined
}

/** Takes no byte more from the client, this request not answered. */
export const stopReading: Act = (exchange) => {
  exchange.stopReading()
  return undefined
}

/** Does what was asked, and then acts so: `performed(destroy)` is the answer that was lost. */
export const performed =
  (act: Act): Act =>
  (exchange) => {
    exchange.perform()
    return act(exchange)
  }

/** Something happens on the server just before it serves the request. */
export const meanwhile =
  (effect: (exchange: Exchange) => void): Act =>
  (exchange) => {
    effect(exchange)
    return exchange.perform()
  }

export interface Gate {
  /** Settles when the first request waits at the gate. */
  readonly reached: Promise<void>
  /** Lets through all that wait, and all that come. */
  open(): void
  readonly act: Act
}

/** Holds requests, unserved and unanswered, until a test opens it. Others overtake them. */
export function gate(act: Act = ({ perform }) => perform()): Gate {
  let arrive = (): void => {}
  let open = (): void => {}
  const reached = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return {
    reached,
    open: () => open(),
    act: async (exchange) => {
      arrive()
      await opened
      return act(exchange)
    },
  }
}

/** Serves and answers so much later, as over a long line. */
export const later =
  (ms: number): Act =>
  async ({ perform }) => {
    await new Promise((resolve) => setTimeout(resolve, ms))
    return perform()
  }

/** Puts these bytes on the wire as they are. */
export const raw =
  (bytes: Uint8Array): Act =>
  () =>
    bytes

/** Noise goes out before the honest answer: lines of a login script, packets that nobody asked for. */
export const preceded =
  (noise: Outcome): Act =>
  ({ perform }) => [noise, perform()]

export const followed =
  (noise: Outcome): Act =>
  ({ perform }) => [perform(), noise]

/** The honest answer under another id. */
export const wrongId =
  (id: number): Act =>
  ({ perform, encode }) =>
    encode(perform(), id)

/** The honest answer's bytes, changed: length (4), type (1), id (4), fields. */
export const rewritten =
  (change: (packet: Buffer) => Uint8Array): Act =>
  ({ perform, encode }) =>
    change(encode(perform()))

export const wrongType = (type: number): Act =>
  rewritten((packet) => {
    packet.writeUInt8(type, 4)
    return packet
  })

/** Claims a length that the packet does not have. */
export const claimedLength = (length: number): Act =>
  rewritten((packet) => {
    packet.writeUInt32BE(length)
    return packet
  })

/** A whole packet whose fields break off: its length is right, and `bytes` of its end are missing. */
export const shortened = (bytes: number): Act =>
  rewritten((packet) => {
    const rest = packet.subarray(0, Math.max(4, packet.length - bytes))
    rest.writeUInt32BE(rest.length - 4)
    return rest
  })

/** A packet that is longer than its fields. */
export const lengthened = (extra: Uint8Array): Act =>
  rewritten((packet) => {
    packet.writeUInt32BE(packet.length - 4 + extra.length)
    return Buffer.concat([packet, extra])
  })

/** The first `bytes` of the honest answer, and then the end of the stream. */
export const brokenOff =
  (bytes: number): Act =>
  (exchange) => {
    exchange.send(exchange.encode(exchange.perform()).subarray(0, bytes))
    exchange.end()
    return undefined
  }

/** The honest answer, one byte each `intervalMs`. */
export const dripped =
  (intervalMs: number): Act =>
  async ({ perform, encode, send, gone }) => {
    const packet = encode(perform())
    for (let at = 0; at < packet.length && !gone.aborted; at += 1) {
      await new Promise((resolve) => setTimeout(resolve, intervalMs).unref())
      send(packet.subarray(at, at + 1))
    }
    return undefined
  }

/** Answers READ with these bytes, whatever was asked. */
export const data =
  (bytes: Uint8Array): Act =>
  () => ({ type: 'data', data: bytes })

/** Legal, and seldom seen: READ gives at most so many bytes. */
export const shortRead =
  (most: number): Act =>
  ({ perform }) => {
    const honest = perform()
    return honest.type === 'data' ? { ...honest, data: honest.data.subarray(0, most) } : honest
  }

/** Each READ gets all that it asked for, for ever. */
export const endlessData: Act = ({ request, perform }) =>
  request.name === 'read' ? { type: 'data', data: Buffer.alloc(request.length, 'endless ') } : perform()

/** Answers READDIR (or REALPATH, READLINK, …) with these entries. Give it `times: 1`, or the listing has no end. */
export const listing =
  (...entries: readonly (WireName | NamedEntry)[]): Act =>
  () => ({
    type: 'name',
    entries: entries.map((entry) =>
      typeof entry === 'string' || entry instanceof Uint8Array ? { name: entry } : entry,
    ),
  })

/** A listing that goes on for ever, each batch with new names. */
export function endlessListing(make: (index: number) => NamedEntry, batch = 100): Act {
  let index = 0
  return () => ({
    type: 'name',
    entries: Array.from({ length: batch }, () => {
      index += 1
      return make(index)
    }),
  })
}

/** The honest answer with other attributes; in a listing, `name` is the entry's. */
export const attributes =
  (change: (honest: WireAttributes, name?: WireName) => WireAttributes): Act =>
  ({ perform }) => {
    const honest = perform()
    if (honest.type === 'attributes') return { ...honest, attributes: change(honest.attributes) }
    if (honest.type !== 'name') return honest
    const entries = honest.entries.map((entry) => ({
      ...entry,
      attributes: change(entry.attributes ?? {}, entry.name),
    }))
    return { ...honest, entries }
  }

/** Refuses every request that comes while another is being served; `served` is what it does for that one. */
export function oneAtATime(code: number = statusCode.failure, served: Act = ({ perform }) => perform()): Act {
  let isBusy = false
  return async (exchange) => {
    if (isBusy) return statusAnswer(code)
    isBusy = true
    // What the client sent together arrives within a turn.
    await nextTurn()
    isBusy = false
    return served(exchange)
  }
}
