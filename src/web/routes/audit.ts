import { Hono } from 'hono'
import { type AuditCursor, type AuditFilter, auditPage } from '../../audit/audit-page.ts'
import { FerryError } from '../../errors/ferry-error.ts'
import { auditView } from '../views/audit.ts'
import { statusOf } from '../views/error-page.ts'
import type { Admin, WebEnvironment } from '../web-environment.ts'

/** So many that a page stays light. */
const pageSize = 50

const results = ['ok', 'failed', 'unknown'] as const

/** Who changed what. */
export function auditRoutes(admin: Admin, log: string): Hono<WebEnvironment> {
  const app = new Hono<WebEnvironment>()

  app.get('/audit', async (context) => {
    const session = context.get('session')
    const asked = context.req.query()
    const cursor = cursorOf(asked)
    const signal = session.during(context.req.raw.signal)
    try {
      const page = await auditPage(log, { filter: filterOf(asked), most: pageSize, ...(cursor && { cursor }), signal })
      return context.html(auditView(admin, { session, asked, ...page }))
    } catch (error) {
      if (!(error instanceof FerryError)) throw error
      return context.html(auditView(admin, { session, asked, changes: [], refusal: error }), statusOf(error))
    }
  })

  return app
}

type Asked = Readonly<Record<string, string>>

function filterOf(asked: Asked): AuditFilter {
  const text = (name: string): string | undefined => asked[name]?.trim() || undefined
  const [user, connection, operation, path] = ['user', 'connection', 'operation', 'path'].map(text)
  const result = results.find((one) => one === asked['result'])
  const from = instant(text('from'))
  // What is given is a whole minute, and its end is meant.
  const to = instant(text('to'), 59_999)
  return {
    ...(user !== undefined && { user }),
    ...(connection !== undefined && { connection }),
    ...(operation !== undefined && { operation }),
    ...(path !== undefined && { path }),
    ...(result !== undefined && { result }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }
}

/** A date and a time as the browser's own field gives them, taken for UTC. */
function instant(text: string | undefined, moreMs = 0): Date | undefined {
  if (text === undefined || !/^\d{4,6}-\d\d-\d\dT\d\d:\d\d$/.test(text)) return undefined
  const at = Date.parse(`${text}Z`)
  return Number.isNaN(at) ? undefined : new Date(at + moreMs)
}

function cursorOf({ before, ended = '' }: Asked): AuditCursor | undefined {
  const offset = Number(before)
  if (!Number.isSafeInteger(offset) || offset <= 0) return undefined
  return { before: offset, ended: ended.split(',').filter((id) => id !== '') }
}
