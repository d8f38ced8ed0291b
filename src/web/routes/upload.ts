import { Hono } from 'hono'
import { FerryError } from '../../errors/ferry-error.ts'
import { visible } from '../../model/visible.ts'
import { pathOf, pathParameter } from '../path-code.ts'
import { statusOf } from '../views/error-page.ts'
import type { WebEnvironment } from '../web-environment.ts'
import { below } from './files.ts'

/** Takes a file as it comes: the remote name holds all of it at once, or what it held before. */
export function uploadRoutes(): Hono<WebEnvironment> {
  const app = new Hono<WebEnvironment>()

  app.put('/files/upload', async (context) => {
    const session = context.get('session')
    const directory = pathParameter(context.req.url) ?? ''
    const file = pathOf(context.req.header('x-file-name') ?? '')
    try {
      if (directory === '' || file.includes('/'))
        throw new FerryError('usage', 'an upload needs a directory and a name')
      const path = below(directory, file)
      const signal = session.during(context.req.raw.signal)
      const bytes = await session.withConnection(context.req.query('name') ?? '', (connection) =>
        connection.write(path, context.req.raw.body ?? Buffer.alloc(0), {
          overwrite: context.req.header('x-replace') === 'true',
          signal,
        }),
      )
      return context.json({ ok: true, bytes }, 201)
    } catch (error) {
      if (!(error instanceof FerryError)) throw error
      return context.json({ ok: false, message: visible(error.message) }, statusOf(error))
    }
  })

  return app
}
