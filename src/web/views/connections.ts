import { html } from 'hono/html'
import type { Connection } from '../../model/connection.ts'
import { isActive } from '../../model/connection.ts'
import { elapsedText } from '../../model/duration.ts'
import type { Stored } from '../../model/state.ts'
import { visible } from '../../model/visible.ts'
import type { Admin, KeptPing } from '../web-environment.ts'
import type { WebSession } from '../web-session.ts'
import { type Html, idOf, link, notice, time } from './elements.ts'
import { layout } from './layout.ts'

export interface ConnectionsPage {
  readonly session: WebSession
  readonly shown: readonly Stored<Connection>[]
  /** How many match the search, and the first of them that is shown, from 0. */
  readonly found: number
  readonly start: number
  readonly pageSize: number
  /** How many there are. */
  readonly total: number
  readonly search: string
  readonly tag?: string
  readonly tags: readonly string[]
  readonly run: string
  readonly done?: string
}

/** The list of connections. */
export function connectionsPage(admin: Admin, page: ConnectionsPage): Html {
  const { session, done } = page
  return layout(admin, {
    title: 'Connections',
    session,
    section: 'connections',
    body: [
      done === undefined ? html`` : notice(done),
      html`<div class="bar">
<form method="get" action="/" role="search" class="row">
<label for="q" class="aside">Search</label>
<input id="q" name="q" type="search" value="${page.search}" placeholder="name, host, user, description"
 hx-get="/" hx-trigger="input changed delay:200ms" hx-include="closest form" hx-target="#connections" hx-select="#connections" hx-swap="outerHTML">
<label for="tag" class="aside">Tag</label>
<select id="tag" name="tag" hx-get="/" hx-include="closest form" hx-target="#connections" hx-select="#connections" hx-swap="outerHTML">
<option value="">any</option>
${page.tags.map((tag) => html`<option value="${tag}"${tag === page.tag ? html` selected` : ''}>${visible(tag)}</option>`)}
</select>
<button>Search</button>
</form>
<a class="button primary" href="/connection/create">Create a new connection</a>
</div>`,
      connectionTable(admin, page),
    ],
  })
}

function connectionTable(admin: Admin, page: ConnectionsPage): Html {
  const { shown, total, run, search, tag } = page
  if (shown.length === 0) {
    const why =
      total === 0 ? html`No connections yet: create one, or apply a <a href="/manifest">manifest</a>.` : 'No results.'
    return html`<div id="connections"><p class="empty">${why}</p></div>`
  }
  return html`<div id="connections">
<form class="row" hx-post="/ping-all" hx-swap="none">
<input type="hidden" name="run" value="${run}">
<input type="hidden" name="q" value="${search}"><input type="hidden" name="tag" value="${tag ?? ''}">
<button>Ping all</button>
<button type="button" class="quiet" hx-post="/stop" hx-vals="${JSON.stringify({ run })}" hx-swap="none">Stop</button>
<span id="ping-all-result" role="status"></span>
</form>
<div class="wide" role="region" aria-label="Connections" tabindex="0">
<table class="list">
<thead><tr><th scope="col">Name</th><th scope="col">Address</th><th scope="col">Active</th><th scope="col">Tags</th><th scope="col">Last ping</th><th scope="col">Actions</th></tr></thead>
<tbody>${shown.map(({ value }) => connectionRow(admin, value))}</tbody>
</table>
</div>
${pager(page)}
</div>`
}

function pager({ found, start, pageSize, shown, search, tag }: ConnectionsPage): Html {
  if (found <= pageSize) return html``
  const turn = (to: number, text: string): Html => {
    const q = search === '' ? undefined : search
    return to < 0 || to >= found
      ? html``
      : html`<a class="button" href="${link('/', { q, tag, start: String(to) })}">${text}</a>`
  }
  return html`<p class="row">${start + 1}–${start + shown.length} of ${found} ${turn(start - pageSize, 'Previous')} ${turn(start + pageSize, 'Next')}</p>`
}

function connectionRow({ pings }: Admin, connection: Connection): Html {
  const { name, tags = [] } = connection
  const shown = visible(name)
  return html`<tr>
<th scope="row"><a href="${link('/connection', { name })}">${shown}</a></th>
<td data-label="Address">${visible(addressOf(connection))}</td>
<td data-label="Active">${isActive(connection) ? 'Yes' : 'No'}</td>
<td data-label="Tags">${tags.map((tag) => html`<a class="tag" href="${link('/', { tag })}">${visible(tag)}</a> `)}</td>
<td data-label="Last ping">${pingResult(name, pings.get(name))}</td>
<td class="actions">
${pingButton(name)}
<a href="${link('/shell', { name })}" aria-label="Command shell of ${shown}">Command shell</a>
<a href="${link('/files', { name })}" aria-label="Files of ${shown}">Files</a>
<a href="${link('/connection/edit', { name })}" aria-label="Edit ${shown}">Edit</a>
<a href="${link('/connection/delete', { name })}" aria-label="Delete ${shown}">Delete</a>
</td>
</tr>`
}

/** As ssh takes it, with the port where that was set. */
export function addressOf({ host, port, username }: Connection): string {
  const place = port === undefined ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`
  return username === undefined ? place : `${username}@${place}`
}

/** Pings one connection, and shows what comes of it where `pingResult` is. */
export const pingButton = (name: string): Html =>
  html`<button type="button" aria-label="Ping ${visible(name)}" hx-post="${link('/ping', { name })}" hx-target="#${idOf('ping', name)}" hx-swap="outerHTML" hx-indicator="#${idOf('ping', name)}" hx-disable="this">Ping</button>`

/** The last ping of a connection: how long it took, or all of why it failed. */
export function pingResult(name: string, kept: KeptPing | undefined, oob = false): Html {
  const swap = oob ? html` hx-swap-oob="true"` : ''
  const id = idOf('ping', name)
  if (kept === undefined)
    return html`<span id="${id}" class="ping"${swap} role="status"><span class="none">not yet</span></span>`
  const { result, at } = kept
  const { error, responseTimeMs = 0, connectedInMs = 0 } = result
  if (error === undefined) {
    return html`<span id="${id}" class="ping"${swap} role="status"><strong class="good">ok, ${elapsedText(responseTimeMs)}</strong> <small>connected in ${elapsedText(connectedInMs)}, ${time(at)}</small></span>`
  }
  const { hint } = error.details
  return html`<span id="${id}" class="ping"${swap} role="status"><strong class="bad">failed</strong> ${visible(error.message)}${hint === undefined ? '' : html` <small class="hint">Hint: ${visible(hint)}</small>`} <small>${time(at)}</small></span>`
}
