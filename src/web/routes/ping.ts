import { Hono } from 'hono'
import { html } from 'hono/html'
import { storedConnection } from '../../api/stored-objects.ts'
import { isActive } from '../../model/connection.ts'
import { pingResult } from '../views/connections.ts'
import type { Admin, KeptPing, WebEnvironment } from '../web-environment.ts'
import type { WebSession } from '../web-session.ts'
import { formTexts } from './connection-values.ts'
import { eventStream } from './event-stream.ts'
import { findConnections } from './find-connections.ts'

/** Pings, and keeps what came of the last one of each connection. */
export function pingRoutes(admin: Admin): Hono<WebEnvironment> {
  const app = new Hono<WebEnvironment>()

  async function ping(session: WebSession, name: string, signal: AbortSignal): Promise<KeptPing> {
    using _slot = await session.slots.take(signal)
    const result = await session.state.ping(name, { signal, localCommands: false })
    const kept = { result, at: admin.now() }
    admin.pings.set(name, kept)
    return kept
  }

  app.post('/ping', async (context) => {
    const session = context.get('session')
    const { name } = storedConnection(await admin.state.read(), context.req.query('name') ?? '').value
    return context.html(pingResult(name, await ping(session, name, session.during(context.req.raw.signal))))
  })

  app.post('/ping-all', async (context) => {
    const session = context.get('session')
    const texts = formTexts(await context.req.parseBody())
    const { connections } = await admin.state.read()
    const found = findConnections(connections, { search: texts.get('q') ?? '', tag: texts.get('tag') || undefined })
    const names = found.filter(({ value }) => isActive(value)).map(({ value }) => value.name)
    return eventStream(context, 'ping-all-result', async (send) => {
      using running = session.startRun(texts.get('run') ?? '', context.req.raw.signal)
      const { signal } = running
      let failed = 0
      const all = names.map(async (name) => {
        const kept = await ping(session, name, signal)
        if (!kept.result.ok) failed += 1
        await send(pingResult(name, kept, true))
      })
      await Promise.allSettled(all)
      const outcome = failed === 0 ? `${names.length} pinged` : `${failed} of ${names.length} failed`
      const text = signal.aborted ? 'stopped' : outcome
      await send(html`<span id="ping-all-result" hx-swap-oob="true" role="status">${text}</span>`)
    })
  })

  /** Ends what runs under a number, whatever it is. */
  app.post('/stop', async (context) => {
    const { run } = await context.req.parseBody()
    if (typeof run === 'string') context.get('session').stopRun(run)
    return context.body(null, 204)
  })

  return app
}
