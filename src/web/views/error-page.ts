import { html } from 'hono/html'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { codes, type FerryError } from '../../errors/ferry-error.ts'
import type { Admin, WebContext } from '../web-environment.ts'
import { type Html, problem } from './elements.ts'
import { layout } from './layout.ts'

const statuses: Readonly<Partial<Record<FerryError['code'], ContentfulStatusCode>>> = {
  usage: 422,
  manifest_invalid: 422,
  script_invalid: 422,
  not_found: 404,
  unknown_connection: 404,
  unknown_script: 404,
  permission_denied: 403,
  already_exists: 409,
  not_empty: 409,
  wrong_kind: 409,
  inactive: 409,
  state_locked: 423,
  audit_failed: 500,
  bug: 500,
}

/** The status of HTTP that says what a failure is; what a server far away did is a bad gateway's. */
export const statusOf = ({ code }: FerryError): ContentfulStatusCode => statuses[code] ?? 502

/** What failed: a whole page, or a piece where htmx asks for one. */
export function errorPage(admin: Admin, context: WebContext, error: FerryError): Html {
  if (context.req.header('hx-request') === 'true') return problem(error)
  return layout(admin, {
    title: `Failed: ${codes[error.code].title}`,
    session: context.get('session'),
    body: [problem(error), html`<p><a href="/">All connections</a></p>`],
  })
}
