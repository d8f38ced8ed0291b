import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'

/** A line to the server with a round trip of its own. */
export interface Line extends Disposable {
  /** The server's address, as seen through the line. */
  readonly host: string
  readonly port: number
  /** What a command is run through to be at the other end. */
  readonly through: readonly string[]
}

/** The ends of a line that goes through a network namespace. */
export const serverAddress = '10.213.77.1'
const clientAddress = '10.213.77.2'
const namespace = 'ferry-bench'
const [near, far] = ['ferry-bench0', 'ferry-bench1']

/** A network namespace, joined to this one by a pair of virtual interfaces; gives why it cannot be had. */
export function openNamespace(): string | undefined {
  try {
    closeNamespace()
    run('ip', 'netns', 'add', namespace)
    run('ip', 'link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', namespace)
    run('ip', 'addr', 'add', `${serverAddress}/30`, 'dev', near)
    run('ip', 'link', 'set', near, 'up')
    run('ip', '-n', namespace, 'addr', 'add', `${clientAddress}/30`, 'dev', far)
    run('ip', '-n', namespace, 'link', 'set', far, 'up')
    setDelay(1)
    return undefined
  } catch (error) {
    closeNamespace()
    return error instanceof Error ? error.message.split('\n').at(0) : String(error)
  }
}

export function closeNamespace(): void {
  try {
    run('ip', 'netns', 'del', namespace)
  } catch {
    // there is none
  }
}

/** A real TCP connection, 1 Gbit/s, half of the round trip each way (tc-netem(8)). */
export function throughNamespace(port: number, roundTripMs: number): Line {
  setDelay(roundTripMs)
  const through = ['nsenter', `--net=/run/netns/${namespace}`]
  return { host: serverAddress, port, through, [Symbol.dispose]: () => undefined }
}

function setDelay(roundTripMs: number): void {
  const netem = ['root', 'netem', 'delay', `${roundTripMs / 2}ms`, 'rate', '1gbit', 'limit', '100000']
  run('tc', 'qdisc', 'replace', 'dev', near, ...netem)
  run('tc', '-n', namespace, 'qdisc', 'replace', 'dev', far, ...netem)
}

/** Without a namespace: a relay that holds all bytes back for half of the round trip. TCP's own slow start is not seen through it. */
export async function throughRelay(port: number, roundTripMs: number): Promise<Line> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const upstream = createConnection({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true })
    for (const socket of [client, upstream]) {
      sockets.add(socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket)))
    }
    delayed(client, upstream, roundTripMs / 2)
    delayed(upstream, client, roundTripMs / 2)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  const close = (): void => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { host: '127.0.0.1', port: address.port, through: [], [Symbol.dispose]: close }
}

function delayed(from: Socket, to: Socket, ms: number): void {
  from.on('data', (chunk) => setTimeout(() => to.destroyed || to.write(chunk), ms))
  from.on('end', () => setTimeout(() => to.end(), ms))
}

const run = (program: string, ...args: string[]): void => {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
