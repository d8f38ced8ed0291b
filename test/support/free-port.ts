import { once } from 'node:events'
import { createServer } from 'node:net'
import { listenOnLoopback } from './listen-on-loopback.ts'

/** A TCP port of 127.0.0.1 that nobody listens on; somebody may take it before it is used. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listenOnLoopback(server)
  server.close()
  await once(server, 'close')
  return port
}
