import type { Duplex } from 'node:stream'
import type { SshSettings } from './settings.ts'

export interface ConfigCallbacks {
  readonly socket: Duplex
  readonly hostKeyAlgorithms: readonly string[]
  /** Must call back, with `true` or `false`. */
  readonly hostVerifier: (key: Buffer, verify: (isRight: boolean) => void) => void
  readonly authHandler: (next: (request: unknown) => void) => void
  readonly debug: (text: string) => void
}

/** The configuration that ssh2 gets. Deadlines are ours, and the agent is never forwarded. */
export function connectionConfig(settings: SshSettings, callbacks: ConfigCallbacks): object {
  const { host, port, username, algorithms, compression, serverAliveIntervalMs, serverAliveCountMax } = settings
  return {
    sock: callbacks.socket,
    host,
    port,
    username,
    readyTimeout: 0,
    keepaliveInterval: serverAliveIntervalMs,
    keepaliveCountMax: serverAliveCountMax,
    algorithms: {
      kex: [...algorithms.kex],
      serverHostKey: [...callbacks.hostKeyAlgorithms],
      cipher: [...algorithms.cipher],
      hmac: [...algorithms.mac],
      // zlib without delay would hand a decompressor to a server that nobody has checked.
      compress: compression ? ['zlib@openssh.com', 'none'] : ['none'],
    },
    hostVerifier: callbacks.hostVerifier,
    authHandler: (_left: unknown, _partial: unknown, next: (request: unknown) => void): undefined => {
      callbacks.authHandler(next)
    },
    agentForward: false,
    debug: callbacks.debug,
  }
}
