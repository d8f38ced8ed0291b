import { html } from 'hono/html'
import type { Connection } from '../../model/connection.ts'
import type { Script } from '../../model/script.ts'
import { visible } from '../../model/visible.ts'
import type { Admin } from '../web-environment.ts'
import type { WebSession } from '../web-session.ts'
import { type Html, link, trail } from './elements.ts'
import { layout } from './layout.ts'
import { runPlace } from './run-pieces.ts'

export interface ShellPage {
  readonly session: WebSession
  readonly connection: Connection
  readonly names: readonly string[]
  readonly scripts: readonly Script[]
  readonly run: string
}

/** Commands, or a stored script, on one connection. */
export function shellPage(admin: Admin, { session, connection, names, scripts, run }: ShellPage): Html {
  const { name, log_level: stored = 0 } = connection
  return layout(admin, {
    title: `Command shell: ${visible(name)}`,
    session,
    section: 'connections',
    body: [
      trail(['/', 'Connections'], [link('/connection', { name }), visible(name)]),
      html`<form method="get" action="/shell" class="row">
<label for="other">Connection</label>
<select id="other" name="name">${names.map((one) => html`<option value="${one}"${one === name ? html` selected` : ''}>${visible(one)}</option>`)}</select>
<button>Switch</button>
</form>
<form class="card" id="commands-form" hx-post="${link('/shell', { name })}" hx-swap="none" hx-disable="find .primary">
<input type="hidden" name="run" value="${run}">
<label for="commands">Commands, one a line</label>
<textarea id="commands" name="commands" rows="5" spellcheck="false" required aria-describedby="about-commands" data-submit="ctrl-enter"
 hx-post="/script/check" hx-trigger="input changed delay:300ms" hx-target="#check" hx-swap="innerHTML">ls .</textarea>
<div id="check" class="fault" role="status"></div>
<p class="about" id="about-commands">sftp's own: <code>ls</code>, <code>get</code>, <code>put</code>, <code>rename</code>, … Local paths are those of the machine that ferry runs on. Commands of its shell (<code>!</code>) are refused here. Ctrl-Enter runs.</p>
<p class="row">
<label for="level">Log level</label>
<select id="level" name="level">${[0, 1, 2, 3, 4].map((level) => html`<option${level === stored ? html` selected` : ''}>${level}</option>`)}</select>
<button class="primary">Run</button>
<button type="button" hx-post="/stop" hx-vals="${JSON.stringify({ run })}" hx-swap="none">Stop</button>
<button type="button" data-clear="#output, #messages">Clear</button>
<span id="run-status" role="status" class="status"></span>
</p>
</form>`,
      runPlace('output', 'messages', visible(name)),
      html`<section aria-labelledby="history-title"><h2 id="history-title">History</h2><div id="history">${historyList(session.history(name))}</div></section>`,
      scriptForms(name, scripts, run),
    ],
  })
}

/** What was run before; a press takes it back into the form. */
export const historyList = (commands: readonly string[]): Html =>
  commands.length === 0
    ? html`<p class="empty">(None)</p>`
    : html`<ol class="history">${commands.map((text) => html`<li><button type="button" class="quiet" data-fill="#commands" data-text="${text}"><code>${visible(text)}</code></button></li>`)}</ol>`

function scriptForms(name: string, scripts: readonly Script[], run: string): Html {
  if (scripts.length === 0) return html``
  return html`<section aria-labelledby="scripts-title"><h2 id="scripts-title">Run a stored script</h2>
${scripts.map(
  (script, index) => html`<details><summary>${visible(script.name)}</summary>
<form class="card" hx-post="${link('/shell', { name })}" hx-swap="none" hx-disable="find .primary">
<input type="hidden" name="run" value="${run}"><input type="hidden" name="script" value="${script.name}"><input type="hidden" name="level" value="0">
${parameterControls(script, `script-${index}`)}
<p class="row"><button class="primary">Run ${visible(script.name)}</button></p>
</form></details>`,
)}</section>`
}

/** A control for every parameter of a script. */
export const parameterControls = ({ parameters = {} }: Script, prefix: string): Html =>
  html`${Object.entries(parameters).map(
    ([parameter, { required, default: fallback, description }], index) => html`<div class="field">
<label for="${prefix}-${index}">${parameter}</label>
<input id="${prefix}-${index}" name="parameter.${parameter}" spellcheck="false" value="${fallback ?? ''}"${required === true && fallback === undefined ? html` required` : ''}>
${description === undefined ? '' : html`<p class="about">${visible(description)}</p>`}
</div>`,
  )}`
