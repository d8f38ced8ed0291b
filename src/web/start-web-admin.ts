import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createSecureServer } from 'node:https'
import { resolve } from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import type { FerryState } from '../api/open-state.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { localReason } from '../errors/local-error.ts'
import { acceptedHosts, bracketed } from './accepted-hosts.ts'
import type { Assets } from './assets.ts'
import { Attempts } from './attempts.ts'
import { Sessions } from './sessions.ts'
import { webApp } from './web-app.ts'

export interface WebAdminOptions {
  readonly state: FerryState
  readonly assets: Assets
  readonly now: () => Date
  /** Where changes are recorded, if they are. */
  readonly auditLog?: string
  readonly listen: string
  /** 0 for any free one. */
  readonly port: number
  /** In PEM. */
  readonly tls?: { readonly certificate: string; readonly key: string }
  readonly password?: string
  /** A proxy stands before it, which speaks TLS; `origin` is what browsers open. */
  readonly proxy?: { readonly origin?: string }
}

/** A web admin that answers. Disposing of it ends every session, and all that they opened. */
export interface WebAdmin extends AsyncDisposable {
  /** What is to be opened; it holds the token. */
  readonly address: string
}

/** Starts to answer; rejects where the address cannot be had. */
export async function startWebAdmin(options: WebAdminOptions): Promise<WebAdmin> {
  const { state, assets, now, auditLog, listen, tls, password, proxy } = options
  const token = randomBytes(32).toString('base64url')
  const sessions = new Sessions(state, now)
  const handler: { fetch?: ReturnType<typeof webApp>['fetch'] } = {}
  const server = createAdaptorServer({
    fetch: (request, environment) => handler.fetch?.(request, environment) ?? new Response(null, { status: 503 }),
    // An upload takes as long as it takes; a request's head does not.
    ...(tls === undefined
      ? { serverOptions: { requestTimeout: 0, headersTimeout: 30_000 } }
      : {
          createServer: createSecureServer,
          serverOptions: { cert: tls.certificate, key: tls.key, requestTimeout: 0, headersTimeout: 30_000 },
        }),
  })
  server.listen(options.port, listen)
  await once(server, 'listening').catch((error: unknown) => {
    throw new FerryError('local_failed', `listen on ${listen}:${options.port}: ${listenReason(error)}`, {
      cause: error,
      hint: '--port 0 takes any free port',
    })
  })
  const place = server.address()
  const port = typeof place === 'object' && place !== null ? place.port : options.port
  const isOurs = acceptedHosts({
    listen,
    port,
    ...(tls !== undefined && { certificate: tls.certificate }),
    ...(proxy !== undefined && { proxy }),
  })
  const admin = {
    state,
    assets,
    sessions,
    attempts: new Attempts(now),
    now,
    ...(auditLog !== undefined && { auditLog }),
    pings: new Map(),
    localDirectory: resolve('.'),
    token,
    ...(password !== undefined && { password }),
    cookie: { name: `ferry-${port}`, secure: tls !== undefined || proxy !== undefined },
  }
  handler.fetch = webApp(admin, isOurs).fetch
  const origin = proxy?.origin ?? `${tls === undefined ? 'http' : 'https'}://${bracketed(listen)}:${port}`
  return {
    address: `${origin}/?token=${token}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      await sessions[Symbol.asyncDispose]()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await closed
    },
  }
}

function listenReason(error: unknown): string {
  const reason = localReason(error)
  if (reason === 'EADDRINUSE') return 'something else listens there'
  return reason === 'EADDRNOTAVAIL' ? 'this machine has no such address' : reason
}
