import { html } from 'hono/html'
import { fields } from '../../api/connection-fields.ts'
import type { FerryError } from '../../errors/ferry-error.ts'
import { type Connection, isActive, isSecretField } from '../../model/connection.ts'
import type { StoredSecret } from '../../model/secret.ts'
import type { Stored } from '../../model/state.ts'
import { visible } from '../../model/visible.ts'
import type { Admin } from '../web-environment.ts'
import type { WebSession } from '../web-session.ts'
import { pingButton, pingResult } from './connections.ts'
import { csrfField, type Html, link, notice, placeText, problem, trail } from './elements.ts'
import { layout } from './layout.ts'

export interface ConnectionPage {
  readonly session: WebSession
  readonly stored: Stored<Connection>
  readonly done?: string
  /** What to put into the manifest that owns it, where it was changed here. */
  readonly yaml?: string
  /** Why a rename was refused. */
  readonly refusal?: FerryError
}

/** One connection: what is set of it, and all that can be done with it. */
export function connectionPage(admin: Admin, { session, stored, done, yaml, refusal }: ConnectionPage): Html {
  const { value } = stored
  const { name, description, tags = [] } = value
  return layout(admin, {
    title: visible(name),
    session,
    section: 'connections',
    body: [
      trail(['/', 'Connections']),
      done === undefined ? html`` : notice(done),
      refusal === undefined ? html`` : problem(refusal),
      ownerNote(stored, yaml),
      description === undefined ? html`` : html`<p>${visible(description)}</p>`,
      html`<p>${isActive(value) ? html`<span class="badge good">active</span>` : html`<span class="badge">inactive: every use is refused</span>`}
${tags.map((tag) => html` <a class="tag" href="${link('/', { tag })}">${visible(tag)}</a>`)}</p>
<p class="row">${pingButton(name)} ${pingResult(name, admin.pings.get(name))}</p>
<p class="row">
<a class="button" href="${link('/shell', { name })}">Command shell</a>
<a class="button" href="${link('/files', { name })}">Files</a>
<a class="button" href="${link('/connection/edit', { name })}">Edit</a>
<a class="button" href="${link('/connection/settings', { name })}">Effective settings</a>
<a class="button" href="${link('/connection/export', { name })}" download>Export as manifest</a>
</p>`,
      settingsTable(stored),
      changes(session, value),
    ],
  })
}

function settingsTable({ value, origin }: Stored<Connection>): Html {
  const rows = fields.flatMap(({ name, title }) => {
    const set = value[name]
    if (set === undefined) return []
    const place = origin.fields?.get(name) ?? origin.place
    return [
      html`<tr><th scope="row">${title}</th><td>${isSecretField(name) ? secretText(value[name]) : visible(settingText(set))}</td><td class="place">${place === undefined ? '' : visible(placeText(place))}</td></tr>`,
    ]
  })
  return html`<section aria-labelledby="set"><h2 id="set">What is set</h2>
<div class="wide"><table><thead><tr><th scope="col">Option</th><th scope="col">Value</th><th scope="col">Where</th></tr></thead><tbody>${rows}</tbody></table></div></section>`
}

/** What a secret is, which is not the secret: a reference may be shown. */
export function secretText(secret: StoredSecret | undefined): string {
  if (secret === undefined) return 'not set'
  if ('sealed' in secret) return '(sensitive), sealed in the state'
  if ('env' in secret) return `(sensitive), of the environment variable ${visible(secret.env)}`
  if ('file' in secret) return `(sensitive), in the file ${visible(secret.file)}`
  const { command } = secret
  return `(sensitive), printed by ${visible(typeof command === 'string' ? command : command.join(' '))}`
}

/** A value for people, one line. */
export function settingText(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .flatMap(([key, one]: [string, unknown]) => [one].flat().map((each) => `${key}=${String(each)}`))
    .join(', ')
}

const changes = (session: WebSession, value: Connection): Html => html`
<section aria-labelledby="change"><h2 id="change">Change</h2>
<form method="post" action="${link('/connection/rename', { name: value.name })}" class="row">
${csrfField(session)}
<label for="to">New name</label> <input id="to" name="to" required maxlength="255" value="${value.name}"> <button>Rename</button>
</form>
<form method="post" action="${link('/connection/active', { name: value.name })}" class="row">
${csrfField(session)}
<input type="hidden" name="active" value="${isActive(value) ? 'false' : 'true'}">
<button>${isActive(value) ? 'Disable' : 'Enable'}</button>
<a class="button danger" href="${link('/connection/delete', { name: value.name })}">Delete…</a>
</form>
</section>`

/** What a person has to know who changes an object of a manifest here. */
export function ownerNote({ value, origin }: Stored<{ readonly name: string }>, yaml?: string): Html {
  const { owner, place } = origin
  if (owner === undefined) return html``
  const where = place === undefined ? '' : ` (${visible(placeText(place))})`
  return html`<div class="warning" role="note"><p>${visible(value.name)} belongs to the manifest “${visible(owner)}”${where}: its next import undoes what is changed here.</p>
${
  yaml === undefined
    ? ''
    : html`<p>To keep the change, put this there:</p><pre tabindex="0">
${yaml}</pre>`
}</div>`
}

/** Asks before something is deleted. */
export function deletePage(
  admin: Admin,
  session: WebSession,
  { stored, kind }: { readonly stored: Stored<{ readonly name: string }>; readonly kind: 'connection' | 'script' },
): Html {
  const { name } = stored.value
  const home = kind === 'connection' ? link('/connection', { name }) : link('/script', { name })
  return layout(admin, {
    title: `Delete ${visible(name)}?`,
    session,
    section: kind === 'connection' ? 'connections' : 'scripts',
    body: [
      ownerNote(stored),
      html`<p>The ${kind} is deleted from the state. What is on the server stays.</p>
<form method="post" action="${link(`/${kind}/delete`, { name })}" class="row">
${csrfField(session)}
<button class="danger">Delete ${visible(name)}</button>
<a class="button" href="${home}">Keep it</a>
</form>`,
    ],
  })
}
