import { Hono } from 'hono'
import type { FerryConnection } from '../../api/ferry-connection.ts'
import type { RemoteEntry } from '../../api/remote-entry.ts'
import { FerryError } from '../../errors/ferry-error.ts'
import { decodeName } from '../../model/name-bytes.ts'
import { directoryName } from '../../model/remote-path.ts'
import { visible } from '../../model/visible.ts'
import { pathOf, pathParameter } from '../path-code.ts'
import { directoryPage, fileLink, filePage } from '../views/files.ts'
import type { Admin, WebContext, WebEnvironment } from '../web-environment.ts'
import { attachment } from './attachment.ts'
import { formTexts } from './connection-values.ts'
import { startOf } from './page-start.ts'

const pageSize = 500
/** As much of a text as is shown. */
const shownBytes = 256 * 1024

const doneTexts: Readonly<Record<string, string>> = {
  created: 'Created.',
  renamed: 'Renamed.',
  changed: 'Mode changed.',
  deleted: 'Deleted.',
}

/** The browser of remote files. */
export function fileRoutes(admin: Admin): Hono<WebEnvironment> {
  const app = new Hono<WebEnvironment>()
  const nameOf = (context: WebContext): string => context.req.query('name') ?? ''
  const pathOfRequest = (context: WebContext): string => {
    const path = pathParameter(context.req.url)
    if (path === undefined || path === '') throw new FerryError('usage', 'the address names no path')
    return path
  }

  /** Looks, and so does it again over a new connection where the kept one is gone. */
  const look = <T>(context: WebContext, work: (connection: FerryConnection, signal: AbortSignal) => Promise<T>) => {
    const session = context.get('session')
    const signal = session.during(context.req.raw.signal)
    return session.withConnection(nameOf(context), (connection) => work(connection, signal), { again: true })
  }

  /** Changes something, and goes back to the directory that shows it. */
  async function change(
    context: WebContext,
    done: string,
    work: (connection: FerryConnection, texts: ReadonlyMap<string, string>, signal: AbortSignal) => Promise<string>,
  ): Promise<Response> {
    const session = context.get('session')
    const texts = formTexts(await context.req.parseBody())
    const signal = session.during(context.req.raw.signal)
    const name = nameOf(context)
    const directory = await session.withConnection(name, (connection) => work(connection, texts, signal))
    return context.redirect(fileLink('/files', name, directory, { done }), 303)
  }

  app.get('/files', async (context) => {
    const code = context.req.query('code')
    const asked = code === undefined ? pathParameter(context.req.url) : pathOf(code)
    const filter = context.req.query('filter') ?? ''
    const { path, entries } = await look(context, async (connection, signal) => {
      const directory = await connection.realpath(asked ?? '.', { signal })
      return { path: directory, entries: await connection.ls(directory, { signal }) }
    })
    const found = entries.filter((entry) => entry.name.includes(filter))
    const start = startOf(context.req.query('start'), found.length)
    return context.html(
      directoryPage(admin, {
        session: context.get('session'),
        name: nameOf(context),
        path,
        entries: found.slice(start, start + pageSize),
        total: found.length,
        start,
        pageSize,
        filter,
        done: doneTexts[context.req.query('done') ?? ''],
      }),
    )
  })

  app.get('/file', async (context) => {
    const page = await look(context, async (connection, signal) => {
      const entry = await connection.info(pathOfRequest(context), { signal })
      return { entry, ...(entry.type === 'file' ? await textOf(connection, entry, signal) : { isCut: false }) }
    })
    return context.html(filePage(admin, { session: context.get('session'), name: nameOf(context), ...page }))
  })

  app.get('/file/download', async (context) => {
    const session = context.get('session')
    const path = pathOfRequest(context)
    const name = nameOf(context)
    const signal = session.during(context.req.raw.signal)
    const { name: file } = await look(context, (connection) => connection.info(path, { follow: true, signal }))
    const body = ReadableStream.from(pieces())
    return context.body(body, 200, attachment(file))

    /** A connection stays in use until the last piece. */
    async function* pieces(): AsyncGenerator<Uint8Array> {
      const lease = await session.lease(name)
      try {
        yield* lease.connection.readStream(path, { signal })
      } catch (error) {
        if (!(error instanceof FerryError)) throw error
        if (error.exitCode === 23) lease.discard()
        // An answer that just ended would be taken for the whole file.
        context.env.outgoing.destroy()
      } finally {
        lease[Symbol.dispose]()
      }
    }
  })

  app.post('/files/mkdir', (context) =>
    change(context, 'created', async (connection, texts, signal) => {
      const parent = pathOfRequest(context)
      await connection.mkdir(below(parent, texts.get('directory') ?? ''), { signal })
      return parent
    }),
  )

  app.post('/file/rename', (context) =>
    change(context, 'renamed', async (connection, texts, signal) => {
      const path = pathOfRequest(context)
      await connection.rename(path, below(directoryName(path), texts.get('to') ?? ''), { signal })
      return directoryName(path)
    }),
  )

  app.post('/file/chmod', (context) =>
    change(context, 'changed', async (connection, texts, signal) => {
      const path = pathOfRequest(context)
      await connection.chmod(texts.get('mode') ?? '', path, { signal })
      return directoryName(path)
    }),
  )

  app.post('/file/delete', (context) =>
    change(context, 'deleted', async (connection, texts, signal) => {
      const path = pathOfRequest(context)
      await connection.delete(path, { recursive: texts.has('recursive'), signal })
      return directoryName(path)
    }),
  )

  return app
}

/** A name that was typed, in the directory where it was typed. */
export function below(directory: string, name: string): string {
  if (name === '') throw new FerryError('usage', 'there is no name')
  return name.startsWith('/') ? name : `${directory.replace(/\/$/, '')}/${name}`
}

/** The beginning of a file as text, or why it is none. */
async function textOf(
  connection: FerryConnection,
  { path, size = 0 }: RemoteEntry,
  signal: AbortSignal,
): Promise<{ readonly text?: string; readonly noText?: string; readonly isCut: boolean }> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of connection.readStream(path, { signal })) {
      chunks.push(chunk)
      length += chunk.length
      if (length >= shownBytes) break
    }
  } catch (error) {
    if (!(error instanceof FerryError) || error.exitCode === 23) throw error
    return { noText: visible(error.message), isCut: false }
  }
  const bytes = Buffer.concat(chunks).subarray(0, shownBytes)
  if (bytes.includes(0)) return { noText: 'Not a text: download it.', isCut: false }
  const lines = decodeName(bytes).split(/(\r?\n|\t|\\)/)
  const text = lines.map((line) => (/^(?:\r?\n|\t|\\)$/.test(line) ? line : visible(line))).join('')
  return { text, isCut: size > shownBytes || length > shownBytes }
}
