import { streamSSE } from 'hono/streaming'
import { FerryError } from '../../errors/ferry-error.ts'
import { type Html, problem } from '../views/elements.ts'
import { append } from '../views/run-pieces.ts'
import type { WebContext } from '../web-environment.ts'

/** Sends pieces of a page as they come. Whoever sends waits while the browser is slow. */
export type Send = (piece: Html) => Promise<void>

/** Answers with pieces that htmx puts where they belong; why `work` failed goes to `place`. */
export function eventStream(context: WebContext, place: string, work: (send: Send) => Promise<void>): Response {
  // Proxies that gather answers would hold the pieces back (nginx, ngx_http_proxy_module: proxy_buffering).
  context.header('X-Accel-Buffering', 'no')
  return streamSSE(context, async (stream) => {
    const send: Send = async (piece) => stream.writeSSE({ data: String(await piece) })
    try {
      await work(send)
    } catch (error) {
      const told = error instanceof FerryError ? error : new FerryError('bug', `a bug in ferry: ${String(error)}`)
      await send(append(place, problem(told)))
    }
  })
}
