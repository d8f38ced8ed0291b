import { Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { isFromElsewhere } from '../guards.ts'
import { isSameWord } from '../same-word.ts'
import { loginPage, welcomePage } from '../views/login.ts'
import type { Admin, WebContext, WebEnvironment } from '../web-environment.ts'

/** A token or a password is exchanged for a cookie; the cookie for nothing, at the end. */
export function loginRoutes(admin: Admin): Hono<WebEnvironment> {
  const app = new Hono<WebEnvironment>()

  app.get('/', async (context, next) => {
    const token = context.req.query('token')
    return token === undefined ? next() : exchange(context, token, admin.token, 'the token is not the right one')
  })

  app.post('/login', async (context) => {
    if (isFromElsewhere(context)) return context.html(loginPage(admin, 'the request comes from another site'), 403)
    const { password } = await context.req.parseBody()
    return exchange(context, typeof password === 'string' ? password : '', admin.password, 'the password is wrong')
  })

  app.post('/logout', async (context) => {
    const session = admin.sessions.find(getCookie(context, admin.cookie.name))
    const { csrf } = await context.req.parseBody()
    if (session === undefined || isFromElsewhere(context) || csrf !== session.csrf) return context.redirect('/', 303)
    await admin.sessions.end(session)
    deleteCookie(context, admin.cookie.name, { path: '/' })
    return context.html(loginPage(admin))
  })

  async function exchange(context: WebContext, given: string, expected: string | undefined, refusal: string) {
    const from = context.env.incoming.socket.remoteAddress ?? ''
    const seconds = admin.attempts.waitSeconds(from)
    if (seconds > 0) {
      context.header('Retry-After', String(seconds))
      return context.html(loginPage(admin, `too many failures: try again in ${seconds} seconds`), 429)
    }
    if (expected === undefined || !isSameWord(given, expected)) {
      admin.attempts.failed(from)
      return context.html(loginPage(admin, refusal), 403)
    }
    setCookie(context, admin.cookie.name, admin.sessions.start().id, {
      httpOnly: true,
      sameSite: 'Strict',
      secure: admin.cookie.secure,
      path: '/',
    })
    return context.html(welcomePage(admin))
  }

  return app
}
