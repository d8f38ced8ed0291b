import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie } from 'hono/cookie'
import { FerryError } from '../errors/ferry-error.ts'
import { sizeText } from '../model/size.ts'
import { isSameWord } from './same-word.ts'
import { errorPage } from './views/error-page.ts'
import { loginPage } from './views/login.ts'
import type { Admin, WebContext, WebEnvironment } from './web-environment.ts'

type Guard = MiddlewareHandler<WebEnvironment>

/** What a browser may do with our pages: load our own files, talk to us, and nothing else. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

const headers = {
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  // Not `no-referrer`: with that, browsers hide the origin of our own forms, too (Fetch, "append a request Origin header").
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
}

export const securityHeaders: Guard = async (context, next) => {
  await next()
  for (const [name, value] of Object.entries(headers)) {
    if (!context.res.headers.has(name)) context.res.headers.set(name, value)
  }
  if (!context.res.headers.has('Cache-Control')) context.res.headers.set('Cache-Control', 'no-store')
}

/** Answers nobody who calls us by another's name. */
export const hostGuard =
  (isOurs: (host: string, local: string) => boolean): Guard =>
  async (context, next) => {
    const { incoming } = context.env
    if (isOurs(context.req.header('host') ?? '', incoming.socket.localAddress ?? '')) return next()
    return context.text('this is not the address of ferry\n', 421)
  }

/** Lets only those in who have exchanged their token, or logged in. */
export const sessionGuard =
  (admin: Admin): Guard =>
  async (context, next) => {
    const session = admin.sessions.find(getCookie(context, admin.cookie.name))
    if (session === undefined) return context.html(loginPage(admin), 401)
    context.set('session', session)
    return next()
  }

/** Takes forms of so many bytes at most. */
export const sizeGuard = (admin: Admin, maxBytes: number): Guard =>
  bodyLimit({
    maxSize: maxBytes,
    onError: (context) => {
      const error = new FerryError('usage', `the request is larger than ${sizeText(maxBytes)}`)
      return context.html(errorPage(admin, context, error), 413)
    },
  })

const safeMethods = ['GET', 'HEAD']

/** A change comes from a page of ours: the browser says so (Origin, Sec-Fetch-Site), and it knows what only our pages know. */
export const changeGuard =
  (admin: Admin): Guard =>
  async (context, next) => {
    if (safeMethods.includes(context.req.method)) return next()
    const reason = isFromElsewhere(context)
      ? 'the request comes from another site'
      : isSameWord(await csrfOf(context), context.get('session').csrf)
        ? undefined
        : 'the form is not one of this session: load the page again'
    if (reason === undefined) return next()
    return context.html(errorPage(admin, context, new FerryError('permission_denied', reason)), 403)
  }

/** Browsers name the origin of every request that changes something. */
export function isFromElsewhere(context: WebContext): boolean {
  const origin = context.req.header('origin')
  const site = context.req.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== context.req.header('host')?.toLowerCase()
}

const formTypes = ['application/x-www-form-urlencoded', 'multipart/form-data']

async function csrfOf(context: WebContext): Promise<string> {
  const header = context.req.header('x-csrf-token')
  if (header !== undefined) return header
  const type = context.req.header('content-type') ?? ''
  if (!formTypes.some((form) => type.startsWith(form))) return ''
  const { csrf } = await context.req.parseBody()
  return typeof csrf === 'string' ? csrf : ''
}
