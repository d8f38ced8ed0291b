import { html } from 'hono/html'
import type { FerryError, Problem } from '../../errors/ferry-error.ts'
import type { Script } from '../../model/script.ts'
import type { Stored } from '../../model/state.ts'
import { visible } from '../../model/visible.ts'
import type { Admin } from '../web-environment.ts'
import type { WebSession } from '../web-session.ts'
import { ownerNote } from './connection.ts'
import { csrfField, type Html, link, notice, problem, problemList, trail } from './elements.ts'
import { layout } from './layout.ts'
import { runPlace } from './run-pieces.ts'
import { parameterControls } from './shell.ts'

/** The list of scripts. */
export const scriptsPage = (
  admin: Admin,
  session: WebSession,
  { scripts, done }: { readonly scripts: readonly Stored<Script>[]; readonly done?: string | undefined },
): Html =>
  layout(admin, {
    title: 'Scripts',
    session,
    section: 'scripts',
    body: [
      done === undefined ? html`` : notice(done),
      html`<p><a class="button primary" href="/script/create">Create a new script</a></p>`,
      scripts.length === 0
        ? html`<p class="empty">No scripts yet.</p>`
        : html`<div class="wide" role="region" aria-label="Scripts" tabindex="0"><table class="list">
<thead><tr><th scope="col">Name</th><th scope="col">Parameters</th><th scope="col">Description</th><th scope="col">Actions</th></tr></thead>
<tbody>${scripts.map(
            ({ value: { name, parameters = {}, description = '' } }) => html`<tr>
<th scope="row"><a href="${link('/script', { name })}">${visible(name)}</a></th>
<td data-label="Parameters">${Object.keys(parameters).join(', ')}</td><td data-label="Description">${visible(description)}</td>
<td class="actions"><a href="${link('/script/run', { name })}" aria-label="Run ${visible(name)}">Run</a> <a href="${link('/script', { name })}" aria-label="Edit ${visible(name)}">Edit</a> <a href="${link('/script/delete', { name })}" aria-label="Delete ${visible(name)}">Delete</a></td>
</tr>`,
          )}</tbody></table></div>`,
    ],
  })

export interface ScriptForm {
  readonly session: WebSession
  readonly stored?: Stored<Script>
  readonly name: string
  readonly body: string
  /** A parameter a line, as `--parameter` takes it. */
  readonly parameters: string
  readonly description: string
  readonly done?: string | undefined
  readonly refusal?: FerryError
}

/** A byte that is not UTF-8 (model/name-bytes.ts); a low surrogate of a pair is half of a character. */
const notUtf8 = /(?<![\ud800-\udbff])[\udc80-\udcff]/

/** The form for a new script, or for a stored one, which is checked while it is typed. */
export function scriptFormPage(admin: Admin, form: ScriptForm): Html {
  const { session, stored, name, body, parameters, description, done, refusal } = form
  const isNew = stored === undefined
  const isText = !notUtf8.test(body)
  return layout(admin, {
    title: isNew ? 'Create a new script' : visible(name),
    session,
    section: 'scripts',
    body: [
      trail(['/scripts', 'Scripts']),
      done === undefined ? html`` : notice(done),
      isNew ? html`` : ownerNote(stored),
      refusal === undefined ? html`` : problem(refusal),
      isText
        ? html``
        : html`<div class="warning" role="note"><p>The text holds bytes that are not UTF-8, which a browser would change. To edit it: <code>ferry scripts edit</code> with a file.</p></div>`,
      html`<form method="post" action="${isNew ? '/script/create' : link('/script', { name })}" class="fields" autocomplete="off">
${csrfField(session)}
${isNew ? html`<div class="field"><label for="name">Name</label><input id="name" name="name" required maxlength="255" value="${name}"></div>` : ''}
<div class="field"><label for="body">Text</label>
<textarea id="body" name="body" rows="14" spellcheck="false" class="code" aria-describedby="check" hx-post="/script/check" hx-trigger="load, input changed delay:300ms" hx-target="#check" hx-swap="innerHTML"${isText ? '' : html` readonly`}>
${body}</textarea>
<div id="check" class="fault" role="status"></div></div>
<div class="field"><label for="parameters">Parameters</label>
<textarea id="parameters" name="parameters" rows="3" spellcheck="false" aria-describedby="about-parameters" hx-post="/script/check" hx-trigger="input changed delay:300ms" hx-target="#check" hx-swap="innerHTML">
${parameters}</textarea>
<p class="about" id="about-parameters">One a line: <code>day</code>, which is then required, or <code>day=monday</code>. In the text a parameter is written <code>\${day}</code>, and is always one word.</p></div>
<div class="field"><label for="description">Description</label><input id="description" name="description" value="${description}"></div>
<p class="row"><button class="primary"${isText ? '' : html` disabled`}>${isNew ? 'Create' : 'Save'}</button>
${isNew ? '' : html`<a class="button" href="${link('/script/run', { name })}">Run</a> <a class="button danger" href="${link('/script/delete', { name })}">Delete…</a>`}</p>
</form>`,
    ],
  })
}

/** What the parser says of a text. */
export const checkResult = (problems: readonly Problem[]): Html =>
  problems.length === 0
    ? html`<span class="good">No mistakes.</span>`
    : problemList(problems.map((one) => ({ ...one, file: 'line' })))

/** Runs a script on one or several connections. */
export const scriptRunPage = (
  admin: Admin,
  session: WebSession,
  { script, names, run }: { readonly script: Script; readonly names: readonly string[]; readonly run: string },
): Html =>
  layout(admin, {
    title: `Run ${visible(script.name)}`,
    session,
    section: 'scripts',
    body: [
      trail(['/scripts', 'Scripts'], [link('/script', { name: script.name }), visible(script.name)]),
      html`<pre class="code" tabindex="0">
${script.body}</pre>
<form class="card" hx-post="${link('/script/run', { name: script.name })}" hx-swap="none" hx-disable="find .primary">
<input type="hidden" name="run" value="${run}">
${parameterControls(script, 'parameter')}
<fieldset><legend>Connections</legend>
${names.map((name) => html`<label class="choice"><input type="checkbox" name="connection" value="${name}"> ${visible(name)}</label>`)}
</fieldset>
<p class="row"><button class="primary">Run</button>
<button type="button" hx-post="/stop" hx-vals="${JSON.stringify({ run })}" hx-swap="none">Stop</button>
<span id="run-status" role="status" class="status"></span></p>
</form>
<div id="runs"></div>`,
    ],
  })

/** A place for the output of each connection. */
export const runPlaces = (
  runs: readonly { readonly name: string; readonly output: string; readonly messages: string }[],
): Html =>
  html`<div id="runs" hx-swap-oob="true">${runs.map(({ name, output, messages }) => runPlace(output, messages, visible(name)))}</div>`
