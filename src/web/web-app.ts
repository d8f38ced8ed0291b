import { Hono } from 'hono'
import { FerryError } from '../errors/ferry-error.ts'
import { changeGuard, hostGuard, securityHeaders, sessionGuard, sizeGuard } from './guards.ts'
import { assetRoutes } from './routes/assets.ts'
import { auditRoutes } from './routes/audit.ts'
import { connectionRoutes } from './routes/connections.ts'
import { fileRoutes } from './routes/files.ts'
import { loginRoutes } from './routes/login.ts'
import { manifestRoutes } from './routes/manifest.ts'
import { pingRoutes } from './routes/ping.ts'
import { scriptRoutes } from './routes/scripts.ts'
import { shellRoutes } from './routes/shell.ts'
import { uploadRoutes } from './routes/upload.ts'
import { errorPage, statusOf } from './views/error-page.ts'
import type { Admin, WebEnvironment } from './web-environment.ts'

/** Forms, the longest of which holds a manifest. */
const maxForm = 20 * 1024 * 1024

/** The whole web admin: who is let in, and every page. */
export function webApp(admin: Admin, isOurs: (host: string, local: string) => boolean): Hono<WebEnvironment> {
  const app = new Hono<WebEnvironment>()
  app.use(securityHeaders)
  app.use(hostGuard(isOurs))
  app.route('/', assetRoutes(admin))
  app.route('/', loginRoutes(admin))
  app.use(sessionGuard(admin))
  const limited = sizeGuard(admin, maxForm)
  app.use((context, next) => (context.req.method === 'PUT' ? next() : limited(context, next)))
  app.use(changeGuard(admin))
  app.route('/', connectionRoutes(admin))
  app.route('/', pingRoutes(admin))
  app.route('/', shellRoutes(admin))
  app.route('/', fileRoutes(admin))
  app.route('/', uploadRoutes())
  app.route('/', scriptRoutes(admin))
  app.route('/', manifestRoutes(admin))
  if (admin.auditLog !== undefined) app.route('/', auditRoutes(admin, admin.auditLog))
  app.notFound((context) =>
    context.html(errorPage(admin, context, new FerryError('not_found', 'there is no such page')), 404),
  )
  app.onError((error, context) => {
    const told =
      error instanceof FerryError ? error : new FerryError('bug', `a bug in ferry: ${error.name}: ${error.message}`)
    return context.html(errorPage(admin, context, told), statusOf(told))
  })
  return app
}
