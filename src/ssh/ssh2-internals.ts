import { randomFillSync } from 'node:crypto'

/**
 * What ssh2 1.17 knows and does not tell. Everything here is looked for before it is used, and ferry works without it: worse
 * messages, a smaller window. test/ssh/ssh2-internals.test.ts fails where a new ssh2 has none of it.
 */

const member = (object: unknown, name: string): unknown =>
  typeof object === 'object' && object !== null ? Reflect.get(object, name) : undefined

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

const texts = (value: unknown): string[] => (isList(value) ? value.filter((one) => typeof one === 'string') : [])

/** What the server says about logging in. ssh2 forgets part of it where a key was tried through an agent. */
export interface LoginListener {
  /** The methods that can go on, and whether the last one was accepted as one of several. */
  onFailure(methods: string[], isPartial: boolean): void
  /** `server-sig-algs` of RFC 8308: the signatures that the server takes. */
  onSignatureAlgorithms(algorithms: string[]): void
}

/** Listens in between ssh2's parser and its client. To be called once `connect` was. */
export function listenToLogin(client: object, listener: LoginListener): void {
  const handlers = member(member(client, '_protocol'), '_handlers')
  const wrap = (name: string, listen: (args: unknown[]) => void): void => {
    const original = member(handlers, name)
    if (typeof handlers !== 'object' || handlers === null || typeof original !== 'function') return
    Reflect.set(handlers, name, (...args: unknown[]): unknown => {
      listen(args)
      return Reflect.apply(original, handlers, args)
    })
  }
  wrap('USERAUTH_FAILURE', ([, methods, isPartial]) => listener.onFailure(texts(methods), isPartial === true))
  wrap('EXT_INFO', ([, extensions]) => {
    for (const extension of isList(extensions) ? extensions : []) {
      if (member(extension, 'name') === 'server-sig-algs')
        listener.onSignatureAlgorithms(texts(member(extension, 'algs')))
    }
  })
}

/**
 * Has a request with a key signed from the first where `signer` gives what signs it: whether the key would do need not be asked before (RFC
 * 4252 §7), which saves a round trip. Where it cannot sign, the server is asked.
 */
export function signAtOnce(client: object, signer: () => ((data: Buffer) => Buffer | undefined) | undefined): boolean {
  const protocol = member(client, '_protocol')
  const request = member(protocol, 'authPK')
  if (typeof protocol !== 'object' || protocol === null || typeof request !== 'function') return false
  Reflect.set(protocol, 'authPK', (...args: unknown[]): unknown => {
    const [username, key, algorithm, ...signing] = args
    const sign = signing.length === 0 ? signer() : undefined
    if (sign === undefined) return Reflect.apply(request, protocol, args)
    const signed = (data: Buffer, done: (signature: Buffer) => void): void => {
      const signature = sign(data)
      if (signature === undefined) Reflect.apply(request, protocol, args)
      else done(signature)
    }
    return Reflect.apply(request, protocol, [username, key, algorithm, signed])
  })
  return true
}

/** Has the server prove that it holds the host keys that it names (OpenSSH's PROTOCOL §2.5) only where `wants` says so. To be called once `connect` was. */
export function proveHostKeys(client: object, wants: (keys: readonly Buffer[]) => boolean): boolean {
  const handlers = member(member(client, '_protocol'), '_handlers')
  const original = member(handlers, 'GLOBAL_REQUEST')
  if (typeof handlers !== 'object' || handlers === null || typeof original !== 'function') return false
  Reflect.set(handlers, 'GLOBAL_REQUEST', (...args: unknown[]): unknown => {
    const [protocol, name, wantsReply, keys] = args
    if (name !== 'hostkeys-00@openssh.com' || wants(blobsOf(keys))) return Reflect.apply(original, handlers, args)
    answerSoon(client)
    // As any request that ssh2 does not know.
    return Reflect.apply(original, handlers, [protocol, '', wantsReply, keys])
  })
  return true
}

/**
 * Sends a keepalive, as a packet that goes to the server now. Behind the names of its keys sshd's next small one, the channel that was asked for, waits until those
 * are acknowledged (Nagle's algorithm), which a system with nothing to send puts off for 40 ms.
 */
function answerSoon(client: object): void {
  const protocol = member(client, '_protocol')
  const ping = member(protocol, 'ping')
  const callbacks = member(client, '_callbacks')
  if (typeof ping !== 'function' || !Array.isArray(callbacks)) return
  callbacks.push(() => undefined)
  Reflect.apply(ping, protocol, [])
}

function blobsOf(keys: unknown): Buffer[] {
  return (isList(keys) ? keys : []).flatMap((key) => {
    const encode = member(key, 'getPublicSSH')
    const blob: unknown = typeof encode === 'function' ? Reflect.apply(encode, key, []) : undefined
    return blob instanceof Buffer ? [blob] : []
  })
}

/** Has variables sent on every channel right before its subsystem is asked for, without waiting for an answer (RFC 4254 §6.4). */
export function sendVariables(client: object, variables: ReadonlyMap<string, string>): boolean {
  const protocol = member(client, '_protocol')
  const subsystem = member(protocol, 'subsystem')
  const env = member(protocol, 'env')
  if (typeof protocol !== 'object' || protocol === null) return false
  if (typeof subsystem !== 'function' || typeof env !== 'function') return false
  Reflect.set(protocol, 'subsystem', (...args: unknown[]): unknown => {
    for (const [name, value] of variables) Reflect.apply(env, protocol, [args[0], name, value, false])
    return Reflect.apply(subsystem, protocol, args)
  })
  return true
}

/**
 * Has bytes sent on every channel right behind the request for its subsystem, as ssh does: that the server grants it is not waited for,
 * which saves a round trip. `countOpening` has to take them from the channel's window.
 */
export function sendOpening(client: object, bytes: Uint8Array): boolean {
  const protocol = member(client, '_protocol')
  const subsystem = member(protocol, 'subsystem')
  const data = member(protocol, 'channelData')
  if (typeof protocol !== 'object' || protocol === null) return false
  if (typeof subsystem !== 'function' || typeof data !== 'function') return false
  Reflect.set(protocol, 'subsystem', (...args: unknown[]): unknown => {
    const result: unknown = Reflect.apply(subsystem, protocol, args)
    Reflect.apply(data, protocol, [args[0], bytes])
    return result
  })
  return true
}

/** Takes so many bytes from what the server may still be sent on a channel. */
export function countOpening(channel: object, bytes: number): void {
  const outgoing = member(channel, 'outgoing')
  const window = member(outgoing, 'window')
  if (typeof outgoing === 'object' && outgoing !== null && typeof window === 'number') {
    Reflect.set(outgoing, 'window', window - bytes)
  }
}

/** What the server calls itself in its greeting: `OpenSSH_9.2p1`. */
export function softwareOf(client: object): string | undefined {
  const software = member(client, '_remoteVer')
  return typeof software === 'string' ? software : undefined
}

/** Negotiates new keys, unless that is under way. */
export function exchangeKeys(client: object): void {
  const protocol = member(client, '_protocol')
  const rekey = member(protocol, 'rekey')
  if (typeof rekey === 'function') Reflect.apply(rekey, protocol, [])
}

/** Whether both sides count packets strictly, which keeps CVE-2023-48795 out. What cannot be known is taken for no. */
export const isStrict = (client: object): boolean => member(member(client, '_protocol'), '_strictMode') === true

/** Ends the describing of every packet, which costs more than it tells once the connection stands. */
export function endDebugging(client: object): void {
  const protocol = member(client, '_protocol')
  if (typeof protocol === 'object' && protocol !== null) Reflect.set(protocol, '_debug', undefined)
}

/**
 * Lets a channel whose connection is gone take no more: what is written to it would go through ciphers and compressors that are torn
 * down, and throw where nobody can catch it.
 */
export function sealChannel(channel: object): void {
  const outgoing = member(channel, 'outgoing')
  if (typeof outgoing === 'object' && outgoing !== null) Reflect.set(outgoing, 'state', 'closed')
}

/** So much more than ssh2's 2 MiB may be under way to us. */
const moreWindowBytes = 16 * 1024 * 1024

/**
 * Lets the server send more before it hears from us: ssh2's own window allows 1 MiB a round trip. ssh2 tops up its own as before, and
 * counts these bytes as a debt. It drops what comes while its count is 0, which it now says only of a server that sends more than
 * it may.
 */
export function widenWindow(client: object, channel: object): boolean {
  const protocol = member(client, '_protocol')
  const adjust = member(protocol, 'channelWindowAdjust')
  const id = member(member(channel, 'outgoing'), 'id')
  const incoming = member(channel, 'incoming')
  let window = member(incoming, 'window')
  if (typeof adjust !== 'function' || typeof id !== 'number') return false
  if (typeof incoming !== 'object' || incoming === null || typeof window !== 'number') return false
  const counted = (bytes: number): number => (bytes < -moreWindowBytes ? 0 : bytes === 0 ? -1 : bytes)
  Object.defineProperty(incoming, 'window', {
    get: () => (typeof window === 'number' ? counted(window) : window),
    set: (bytes: unknown) => {
      window = bytes
    },
  })
  Reflect.apply(adjust, protocol, [id, moreWindowBytes])
  return true
}

/** The socket that a client speaks over, and the number that the server knows one of its channels by here. */
export const wayOf = (client: object, channel: object): { socket: unknown; id: unknown } => ({
  socket: member(client, '_sock'),
  id: member(member(channel, 'incoming'), 'id'),
})

/** Changes what ssh2's protocol has by a name, and whatever comes in its place: each exchange of keys makes new ciphers. */
function changeEach(protocol: object, name: string, change: (one: unknown) => boolean): boolean {
  let current = member(protocol, name)
  if (!change(current)) return false
  Object.defineProperty(protocol, name, {
    get: () => current,
    set: (next: unknown) => {
      change(next)
      current = next
    },
  })
  return true
}

/** The type of a packet with a channel's data, whose number comes next (RFC 4254 §5.2). */
const channelData = 94

/**
 * Has ssh2 copy whatever it would keep of memory that is used again: all packets but the data of channels that are said to take it at
 * once. What is given is to be called when a chunk has been parsed; nothing where this ssh2 is another one. Packets are seen where the
 * decipher hands them on, which it does to another function while keys are exchanged.
 */
export function keepNothing(
  client: object,
  memory: ArrayBufferLike,
  isTaken: (channel: number) => boolean,
): (() => void) | undefined {
  const protocol = member(client, '_protocol')
  const isView = (value: unknown): value is Uint8Array => value instanceof Uint8Array && value.buffer === memory
  const owned = (packet: unknown): unknown => {
    if (!isView(packet)) return packet
    const { buffer, byteOffset, byteLength } = packet
    const isData = packet[0] === channelData && byteLength > 4
    return isData && isTaken(new DataView(buffer, byteOffset).getUint32(1)) ? packet : Buffer.from(packet)
  }
  const guard = (decipher: unknown): boolean => {
    let onPacket = member(decipher, '_onPayload')
    if (typeof decipher !== 'object' || decipher === null || typeof onPacket !== 'function') return false
    const handOn = (packet: unknown): unknown => typeof onPacket === 'function' && onPacket(owned(packet))
    Object.defineProperty(decipher, '_onPayload', { get: () => handOn, set: (next: unknown) => (onPacket = next) })
    return true
  }
  if (typeof protocol !== 'object' || protocol === null || !changeEach(protocol, '_decipher', guard)) return undefined
  return () => {
    const decipher = member(protocol, '_decipher')
    if (typeof decipher !== 'object' || decipher === null) return
    // A packet that is whole but for its MAC is a view.
    for (const [name, value] of Object.entries(decipher)) {
      if (isView(value)) Reflect.set(decipher, name, Buffer.from(value))
    }
  }
}

/** Fewer bytes are not worth keeping. */
const smallestKept = 16 * 1024
/** A large write is cut into packets of few lengths. */
const mostKept = 4

/** Has the memory of a large packet used for the next one of its length, once all that was written has been sent. */
export function reusePackets(client: object, hasSentAll: () => boolean): boolean {
  const protocol = member(client, '_protocol')
  if (typeof protocol !== 'object' || protocol === null) return false
  return changeEach(protocol, '_cipher', (cipher) => {
    const allocate = member(cipher, 'allocPacket')
    if (typeof cipher !== 'object' || cipher === null || typeof allocate !== 'function') return false
    /** By the length of the payload: packets, and the lengths that they began with before they were encrypted. */
    const kept = new Map<number, { readonly packet: Buffer; readonly head: Buffer }>()
    Reflect.set(cipher, 'allocPacket', (length: number): unknown => {
      const last = kept.get(length)
      if (last !== undefined && hasSentAll()) {
        const { packet, head } = last
        packet.set(head)
        return randomFillSync(packet, head.length + length, head[4])
      }
      const packet: unknown = Reflect.apply(allocate, cipher, [length])
      if (packet instanceof Buffer && length >= smallestKept) {
        if (last === undefined && kept.size === mostKept) kept.clear()
        kept.set(length, { packet, head: Buffer.from(packet.subarray(0, 5)) })
      }
      return packet
    })
    return true
  })
}
