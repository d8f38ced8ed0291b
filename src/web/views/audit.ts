import { html } from 'hono/html'
import { type AuditEntry, auditOperations } from '../../audit/audit-entry.ts'
import type { AuditPage } from '../../audit/audit-page.ts'
import { codes, type FerryError } from '../../errors/ferry-error.ts'
import { elapsedText } from '../../model/duration.ts'
import { sizeText } from '../../model/size.ts'
import { visible } from '../../model/visible.ts'
import type { Admin } from '../web-environment.ts'
import type { WebSession } from '../web-session.ts'
import { type Html, link, problem, time } from './elements.ts'
import { layout } from './layout.ts'

interface AuditView extends AuditPage {
  readonly session: WebSession
  /** The query, as it came. */
  readonly asked: Readonly<Record<string, string>>
  readonly refusal?: FerryError
}

const results = { ok: 'done', failed: 'failed', unknown: 'no outcome' } as const
const filters = ['user', 'connection', 'operation', 'result', 'path', 'from', 'to'] as const

/** Who changed what, the latest first. */
export const auditView = (admin: Admin, view: AuditView): Html =>
  layout(admin, {
    title: 'Audit',
    session: view.session,
    section: 'audit',
    body: [filterForm(view), view.refusal === undefined ? changeTable(view) : problem(view.refusal)],
  })

function filterForm({ asked }: AuditView): Html {
  const input = (name: string, label: string, type = 'text'): Html =>
    html`<span class="choice"><label for="${name}" class="aside">${label}</label><input id="${name}" name="${name}" type="${type}" value="${asked[name] ?? ''}"></span>`
  const choice = (name: string, label: string, options: readonly (readonly [string, string])[]): Html =>
    html`<span class="choice"><label for="${name}" class="aside">${label}</label><select id="${name}" name="${name}"><option value="">any</option>
${options.map(([value, text]) => html`<option value="${value}"${value === asked[name] ? html` selected` : ''}>${text}</option>`)}</select></span>`
  return html`<form method="get" action="/audit" role="search" class="row">
${input('user', 'User')}
${input('connection', 'Connection')}
${choice(
  'operation',
  'Operation',
  auditOperations.map((name) => [name, words(name)] as const),
)}
${choice('result', 'Result', Object.entries(results))}
${input('path', 'Path')}
${input('from', 'From (UTC)', 'datetime-local')}
${input('to', 'To (UTC)', 'datetime-local')}
<button>Search</button>
</form>`
}

function changeTable({ changes, older, asked }: AuditView): Html {
  const search = Object.fromEntries(filters.map((name) => [name, asked[name] || undefined]))
  const hasSearch = Object.values(search).some((value) => value !== undefined)
  const isLater = asked['before'] !== undefined
  const none =
    older !== undefined ? 'Nothing found so far.' : hasSearch || isLater ? 'No results.' : 'Nothing is recorded yet.'
  const { before, ended = [] } = older ?? {}
  return html`${
    changes.length === 0
      ? html`<p class="empty">${none}</p>`
      : html`<div class="wide" role="region" aria-label="Changes" tabindex="0">
<table class="list">
<thead><tr><th scope="col">Time</th><th scope="col">User</th><th scope="col">Connection</th><th scope="col">Operation</th><th scope="col">Path</th><th scope="col">Size</th><th scope="col">Result</th></tr></thead>
<tbody>${changes.map(changeRow)}</tbody>
</table>
</div>`
  }
<p class="row">${isLater ? html`<a class="button" href="${link('/audit', search)}">Latest</a>` : ''}
${before === undefined ? '' : html`<a class="button" href="${link('/audit', { ...search, before: String(before), ended: ended.join(',') })}">Older</a>`}</p>`
}

function changeRow(change: AuditEntry): Html {
  const { user, session, host, connection, script, operation, command, size } = change
  return html`<tr>
<th scope="row" class="when">${time(new Date(change.time))}</th>
<td data-label="User">${visible(user)}${small(session, '')} <small>on ${visible(host)}</small></td>
<td data-label="Connection">${visible(connection ?? '')}</td>
<td data-label="Operation">${words(operation)} <small>by ${visible(command)}</small></td>
<td data-label="Path"><span class="path">${visible(script ?? change.path)}</span>${details(change)}</td>
<td data-label="Size" class="number">${size === undefined ? '' : sizeText(size)}</td>
<td data-label="Result">${outcome(change)}</td>
</tr>`
}

/** What else is known of what was changed. */
const details = ({ side, path, script, from, target, mode, owner, sha256 }: AuditEntry): Html =>
  html`${[
    small(side === 'local' ? 'on this machine' : undefined, ''),
    small(script === undefined ? undefined : path, 'in'),
    small(from, 'from'),
    small(target, 'to'),
    small(mode, 'mode'),
    small(owner, 'owner'),
    small(sha256, 'SHA-256'),
  ]}`

const small = (text: string | undefined, label: string): Html =>
  text === undefined ? html`` : html` <small>${label} ${visible(text)}</small>`

function outcome({ result, duration_ms: elapsed = 0 }: AuditEntry): Html {
  if (result === undefined)
    return html`<strong class="bad">no outcome</strong> <small>it is under way, or was interrupted</small>`
  if (result === 'ok') return html`<strong class="good">done</strong> <small>in ${elapsedText(elapsed)}</small>`
  return html`<strong class="bad">failed</strong> ${codes[result].title}`
}

const words = (name: string): string => name.replaceAll('_', ' ')
