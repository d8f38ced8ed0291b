import { html } from 'hono/html'
import type { CommandResult } from '../../api/index.ts'
import { elapsedText } from '../../model/duration.ts'
import { visible } from '../../model/visible.ts'
import type { Html } from './elements.ts'

/** Output as sftp prints it: its names are escaped already, line ends and tabs are its own. */
const printed = (text: string): string =>
  text
    .split(/([\n\t\\])/)
    .map((part) => (/^[\n\t\\]$/.test(part) ? part : visible(part)))
    .join('')

/** A piece of output. */
export const outputPiece = (text: string): Html => html`<span>${printed(text)}</span>`

/** How a command ended. */
export function resultPiece(place: string, { commandNo, command, ok, responseTimeMs, ignored }: CommandResult): Html {
  const outcome = ok ? html`<b class="good">ok</b>` : html`<b class="bad">failed${ignored ? ', ignored' : ''}</b>`
  return append(
    place,
    html`<span class="result">#${commandNo} <code>${visible(command)}</code> ${outcome} <span>Response time: ${elapsedText(responseTimeMs)}</span></span>`,
  )
}

/** Adds to a place on the page while an answer is still coming. */
export const append = (place: string, piece: Html): Html =>
  html`<hx-partial hx-target="#${place}" hx-swap="beforeend">${piece}</hx-partial>`

/** Where the output of one run goes, and what was said beside it. */
export const runPlace = (output: string, messages: string, title: string): Html => html`
<section class="run" aria-label="${title}">
<h2>Result: ${title}</h2>
<h3>Output</h3><pre id="${output}" class="output" tabindex="0" role="log" aria-label="Output of ${title}"></pre>
<h3>Messages</h3><div id="${messages}" class="messages" role="log" tabindex="0" aria-label="Messages of ${title}"></div>
</section>`
