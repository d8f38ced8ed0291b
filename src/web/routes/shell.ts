import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { html } from 'hono/html'
import { storedConnection } from '../../api/stored-objects.ts'
import { compareNames } from '../../model/byte-order.ts'
import { elapsedText } from '../../model/duration.ts'
import { historyList, shellPage } from '../views/shell.ts'
import type { Admin, WebEnvironment } from '../web-environment.ts'
import { type FormTexts, formTexts } from './connection-values.ts'
import { eventStream } from './event-stream.ts'
import { runCommands } from './run-commands.ts'

/** The command shell of a connection. */
export function shellRoutes(admin: Admin): Hono<WebEnvironment> {
  const { state } = admin
  const app = new Hono<WebEnvironment>()

  app.get('/shell', async (context) => {
    const read = await state.read()
    const connection = storedConnection(read, context.req.query('name') ?? '').value
    return context.html(
      shellPage(admin, {
        session: context.get('session'),
        connection,
        names: [...read.connections.keys()].sort(compareNames),
        scripts: [...read.scripts.values()].map(({ value }) => value),
        run: randomUUID(),
      }),
    )
  })

  app.post('/shell', async (context) => {
    const session = context.get('session')
    const { name } = storedConnection(await state.read(), context.req.query('name') ?? '').value
    const texts = formTexts(await context.req.parseBody())
    const script = texts.get('script')
    const commands = texts.get('commands') ?? ''
    if (script === undefined) session.remember(name, commands)
    return eventStream(context, 'messages', async (send) => {
      using running = session.startRun(texts.get('run') ?? '', context.req.raw.signal)
      const startedAt = performance.now()
      await send(
        html`<pre id="output" hx-swap-oob="innerHTML"></pre><div id="messages" hx-swap-oob="innerHTML"></div><span id="run-status" hx-swap-oob="innerHTML">running…</span><div id="history" hx-swap-oob="innerHTML">${historyList(session.history(name))}</div>`,
      )
      const ok = await runCommands(
        admin,
        session,
        {
          connection: name,
          source: script === undefined ? commands : { stored: script },
          ...(script !== undefined && { variables: parametersOf(texts) }),
          logLevel: levelOf(texts.get('level')),
          signal: running.signal,
          place: { output: 'output', messages: 'messages' },
        },
        send,
      )
      const outcome = running.signal.aborted ? 'stopped' : ok ? 'done' : 'failed, see the messages'
      await send(
        html`<span id="run-status" hx-swap-oob="innerHTML">${outcome}, ${elapsedText(performance.now() - startedAt)} in all</span>`,
      )
    })
  })

  return app
}

/** The values of parameters that a form holds; one that is empty is left to its default. */
export function parametersOf(texts: FormTexts): Readonly<Record<string, string>> {
  const prefix = 'parameter.'
  return Object.fromEntries(
    [...texts].flatMap(([name, value]) =>
      name.startsWith(prefix) && value !== '' ? [[name.slice(prefix.length), value]] : [],
    ),
  )
}

const levels = [0, 1, 2, 3, 4] as const

const levelOf = (text: string | undefined): (typeof levels)[number] =>
  levels.find((level) => String(level) === text) ?? 0
