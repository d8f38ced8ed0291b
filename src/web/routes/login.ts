import { Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { isFromElsewhere, sizeGuard } from '../guards.ts'
import { isSameWord } from '../same-word.ts'
import { loginPage, welcomePage } from '../views/login.ts'
import type { Admin, WebContext, WebEnvironment } from '../web-environment.ts'

/** Forms that strangers may send, too. */
const maxForm = 16 * 1024

/** A token or a password is exchanged for a cookie; the cookie for nothing, at the end. */
export function loginRoutes(admin: Admin): Hono<WebEnvironment> {
  const app = new Hono<WebEnvironment>()

  app.get('/', async (context, next) => {
    const token = context.req.query('token')
    if (token === undefined) return next()
    // It cannot be found by trying, and others with the address of a proxy do not keep out whoever has it.
    if (isSameWord(token, admin.token)) return letIn(context)
    return refuse(context, 'the token is not the right one')
  })

  app.post('/login', sizeGuard(admin, maxForm), async (context) => {
    if (isFromElsewhere(context)) return context.html(loginPage(admin, 'the request comes from another site'), 403)
    const { password } = await context.req.parseBody()
    const isRight = admin.password !== undefined && typeof password === 'string' && isSameWord(password, admin.password)
    return isRight && waitSeconds(context) === 0 ? letIn(context) : refuse(context, 'the password is wrong')
  })

  app.post('/logout', sizeGuard(admin, maxForm), async (context) => {
    const session = admin.sessions.find(getCookie(context, admin.cookie.name))
    const { csrf } = await context.req.parseBody()
    const isOurs = session !== undefined && typeof csrf === 'string' && isSameWord(csrf, session.csrf)
    if (!isOurs || isFromElsewhere(context)) return context.redirect('/', 303)
    await admin.sessions.end(session)
    deleteCookie(context, admin.cookie.name, { path: '/' })
    return context.html(loginPage(admin))
  })

  const addressOf = (context: WebContext): string => context.env.incoming.socket.remoteAddress ?? ''
  const waitSeconds = (context: WebContext): number => admin.attempts.waitSeconds(addressOf(context))

  function letIn(context: WebContext) {
    setCookie(context, admin.cookie.name, admin.sessions.start(addressOf(context)).id, {
      httpOnly: true,
      sameSite: 'Strict',
      secure: admin.cookie.secure,
      path: '/',
    })
    return context.html(welcomePage(admin))
  }

  function refuse(context: WebContext, refusal: string) {
    const seconds = waitSeconds(context)
    if (seconds > 0) {
      context.header('Retry-After', String(seconds))
      return context.html(loginPage(admin, `too many failures: try again in ${seconds} seconds`), 429)
    }
    admin.attempts.failed(addressOf(context))
    return context.html(loginPage(admin, refusal), 403)
  }

  return app
}
