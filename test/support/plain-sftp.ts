import { createServer, type Socket } from 'node:net'
import { listenOnLoopback } from './listen-on-loopback.ts'
import { type SftpServerOptions, serveSftp } from './sftp-server/sftp-server.ts'

export interface PlainSftp extends AsyncDisposable {
  readonly port: number
}

/** The scriptable server without SSH, behind a bare port of 127.0.0.1. */
export async function startPlainSftp(options: SftpServerOptions): Promise<PlainSftp> {
  const sockets = new Set<Socket>()
  const listener = createServer((socket) => {
    sockets.add(socket)
    serveSftp(socket, options)
  })
  const ownPort = await listenOnLoopback(listener)
  return {
    port: ownPort,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}

const piping = `
const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1')
process.stdin.pipe(socket)
socket.pipe(process.stdout)
socket.on('error', () => process.exit(1))
socket.on('close', () => process.exit(0))
`

/** The words of a program that joins its standard input and output with a port. */
export const pipeTo = (port: number): [string, ...string[]] => [process.execPath, '-e', piping, String(port)]
