import { html } from 'hono/html'
import type { Admin } from '../web-environment.ts'
import type { Html } from './elements.ts'
import { layout } from './layout.ts'

/** For whoever is not let in: how to be. */
export function loginPage(admin: Admin, refusal?: string): Html {
  return layout(admin, {
    title: 'Log in',
    body: html`
${refusal === undefined ? '' : html`<div class="problem" role="alert"><p>${refusal}</p></div>`}
<p>Open the address that <code>ferry web</code> printed: it holds the token that lets you in.</p>
${
  admin.password === undefined
    ? ''
    : html`<form method="post" action="/login" class="card narrow">
<label for="password">Or the password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button class="primary">Log in</button>
</form>`
}`,
  })
}

/** The answer to the right token: a page that goes on, as a cookie that is Strict is not sent along a redirection from elsewhere. */
export const welcomePage = (admin: Admin): Html =>
  layout(admin, { title: 'Welcome', onwards: '/', body: html`<p><a href="/">Go on to the connections</a></p>` })
