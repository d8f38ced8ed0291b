import { html } from 'hono/html'
import type { RemoteEntry } from '../../api/remote-entry.ts'
import { directoryName } from '../../model/remote-path.ts'
import { sizeText } from '../../model/size.ts'
import { visible } from '../../model/visible.ts'
import { pathCode } from '../path-code.ts'
import type { Admin } from '../web-environment.ts'
import type { WebSession } from '../web-session.ts'
import { csrfField, type Html, link, notice, time, trail } from './elements.ts'
import { layout } from './layout.ts'

/** An address about a remote path: its code is safe in an address as it is. */
export const fileLink = (
  page: string,
  name: string,
  path: string,
  more: Readonly<Record<string, string>> = {},
): string => `${link(page, { name, ...more })}&path=${pathCode(path)}`

export interface DirectoryPage {
  readonly session: WebSession
  readonly name: string
  /** Absolute. */
  readonly path: string
  readonly entries: readonly RemoteEntry[]
  readonly total: number
  /** The first entry shown, from 0. */
  readonly start: number
  readonly pageSize: number
  readonly filter: string
  readonly done?: string | undefined
}

/** A remote directory, and what can be put into it. */
export function directoryPage(admin: Admin, page: DirectoryPage): Html {
  const { session, name, path, done } = page
  return layout(admin, {
    title: `Files: ${visible(name)}`,
    session,
    section: 'connections',
    body: [
      trail(['/', 'Connections'], [link('/connection', { name }), visible(name)]),
      done === undefined ? html`` : notice(done),
      pathTrail(name, path),
      html`<div class="bar">
<form method="get" action="/files" role="search" class="row"><input type="hidden" name="name" value="${name}"><input type="hidden" name="code" value="${pathCode(path)}">
<label for="filter">Names with</label> <input id="filter" name="filter" type="search" value="${page.filter}"> <button>Filter</button></form>
<form method="post" action="${fileLink('/files/mkdir', name, path)}" class="row">${csrfField(session)}
<label for="directory">New directory</label> <input id="directory" name="directory" required> <button>Create</button></form>
</div>
<section class="drop" data-upload="${fileLink('/files/upload', name, path)}" aria-labelledby="upload-title">
<h2 id="upload-title">Upload</h2>
<p><label for="upload">Drop files here, or choose them</label> <input id="upload" type="file" multiple></p>
<label class="choice"><input type="checkbox" id="replace"> Replace files that exist</label>
<ul id="uploads" aria-live="polite"></ul>
</section>`,
      entryTable(page),
    ],
  })
}

/** Every directory on the way to a path, each a link. */
function pathTrail(name: string, path: string): Html {
  const parts = path.split('/').filter((part) => part !== '')
  const steps = parts.map((part, index) => ({ part, to: `/${parts.slice(0, index + 1).join('/')}` }))
  return html`<nav class="path" aria-label="Remote path"><a href="${fileLink('/files', name, '/')}">/</a>${steps.map(
    ({ part, to }) => html`<a href="${fileLink('/files', name, to)}">${visible(part)}</a>/`,
  )}</nav>`
}

function entryTable({ name, path, entries, total, start, pageSize, filter }: DirectoryPage): Html {
  if (total === 0) return html`<p class="empty">${filter === '' ? 'The directory is empty.' : 'No name has that.'}</p>`
  const turn = (to: number, text: string): Html =>
    to < 0 || to >= total
      ? html``
      : html`<a class="button" href="${fileLink('/files', name, path, { start: String(to), filter })}">${text}</a>`
  return html`<div class="wide" role="region" aria-label="Entries" tabindex="0"><table class="list">
<thead><tr><th scope="col">Name</th><th scope="col">Size</th><th scope="col">Permissions</th><th scope="col">Owner</th><th scope="col">Group</th><th scope="col">Modified</th><th scope="col">Actions</th></tr></thead>
<tbody>${entries.map((entry) => entryRow(name, entry))}</tbody></table></div>
<p class="row">${start + 1}–${start + entries.length} of ${total} ${turn(start - pageSize, 'Previous')} ${turn(start + pageSize, 'Next')}</p>`
}

function entryRow(name: string, entry: RemoteEntry): Html {
  const { path, type, target } = entry
  const shown = visible(entry.name)
  const href = fileLink(type === 'directory' || type === 'symlink' ? '/files' : '/file', name, path)
  return html`<tr>
<th scope="row"><a href="${href}">${shown}</a>${type === 'directory' ? '/' : ''}${target === undefined ? '' : html` <span class="target">→ ${visible(target)}</span>`}</th>
<td data-label="Size" class="number">${entry.size === undefined || type === 'directory' ? '' : html`<span title="${entry.size} bytes">${sizeText(entry.size)}</span>`}</td>
<td data-label="Permissions"><code>${entry.permissions ?? ''}</code> ${entry.permissionsOctal ?? ''}</td>
<td data-label="Owner">${visible(entry.owner ?? String(entry.uid ?? ''))}</td>
<td data-label="Group">${visible(entry.group ?? String(entry.gid ?? ''))}</td>
<td data-label="Modified">${entry.modifiedAt === undefined ? '' : time(entry.modifiedAt)}</td>
<td class="actions">${type === 'file' ? html`<a href="${fileLink('/file/download', name, path)}" download aria-label="Download ${shown}">Download</a>` : ''}
<a href="${fileLink('/file', name, path)}" aria-label="Manage ${shown}">Manage</a></td>
</tr>`
}

export interface FilePage {
  readonly session: WebSession
  readonly name: string
  readonly entry: RemoteEntry
  /** The beginning of a text file. */
  readonly text?: string
  /** Why there is no text to see. */
  readonly noText?: string
  readonly isCut: boolean
}

/** One remote file, directory or link: its attributes, its text, and what changes it. */
export function filePage(admin: Admin, { session, name, entry, text, noText, isCut }: FilePage): Html {
  const { path, type } = entry
  const act = (what: string): string => fileLink(`/file/${what}`, name, path)
  const rows = [
    ['Type', type],
    ['Size', entry.size === undefined ? '' : `${sizeText(entry.size)} (${entry.size} bytes)`],
    ['Permissions', `${entry.permissions ?? ''} ${entry.permissionsOctal ?? ''}`],
    ['Owner', `${entry.owner ?? ''} (${entry.uid ?? '?'})`],
    ['Group', `${entry.group ?? ''} (${entry.gid ?? '?'})`],
    ...(entry.target === undefined ? [] : [['Points to', entry.target]]),
  ]
  return layout(admin, {
    title: visible(entry.name),
    session,
    section: 'connections',
    body: html`${trail(['/', 'Connections'], [link('/connection', { name }), visible(name)], [fileLink('/files', name, directoryName(path)), visible(directoryName(path))])}
<div class="wide"><table><tbody>${rows.map(([title = '', value = '']) => html`<tr><th scope="row">${title}</th><td>${visible(value)}</td></tr>`)}
<tr><th scope="row">Modified</th><td>${entry.modifiedAt === undefined ? '' : time(entry.modifiedAt)}</td></tr></tbody></table></div>
${type === 'file' ? html`<p><a class="button primary" href="${act('download')}" download>Download</a></p>` : ''}
<section aria-labelledby="change"><h2 id="change">Change</h2>
<form method="post" action="${act('rename')}" class="row">${csrfField(session)}<label for="to">New name or path</label> <input id="to" name="to" required placeholder="${visible(entry.name)}"> <button>Rename</button></form>
${type === 'symlink' ? '' : html`<form method="post" action="${act('chmod')}" class="row">${csrfField(session)}<label for="mode">Mode</label> <input id="mode" name="mode" required value="${entry.permissionsOctal ?? ''}" spellcheck="false"> <button>Change mode</button></form>`}
<details><summary>Delete ${visible(entry.name)}</summary><form method="post" action="${act('delete')}" class="row">${csrfField(session)}
${type === 'directory' ? html`<label class="choice"><input type="checkbox" name="recursive" value="true"> with all that is in it</label>` : ''}
<button class="danger">Delete for good</button></form></details></section>
${
  text === undefined
    ? ''
    : html`<section aria-labelledby="text-title"><h2 id="text-title">Text${isCut ? ', its beginning' : ''}</h2><pre class="code" tabindex="0">
${text}</pre></section>`
}
${noText === undefined ? '' : html`<p class="empty">${noText}</p>`}`,
  })
}
