import { html } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import type { FerryError, Problem } from '../../errors/ferry-error.ts'
import { visible } from '../../model/visible.ts'
import type { WebSession } from '../web-session.ts'

/** Markup in which every text is escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

/** What a form that changes something holds, so that it is known to be ours. */
export const csrfField = ({ csrf }: WebSession): Html => html`<input type="hidden" name="csrf" value="${csrf}">`

/** An address of ours with parameters; `undefined` ones are left out. */
export function link(path: string, parameters: Readonly<Record<string, string | undefined>> = {}): string {
  const set = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return set.length === 0 ? path : `${path}?${new URLSearchParams(set)}`
}

/** An identifier of the page for any name. */
export const idOf = (prefix: string, name: string): string => `${prefix}-${Buffer.from(name).toString('base64url')}`

/** Why something failed. */
export function problem(error: FerryError): Html {
  const { hint, place, errors = [] } = error.details
  return html`<div class="problem" role="alert">
<p>${visible(error.message)}</p>
${place === undefined || errors.length > 0 ? '' : html`<p class="place">${visible(placeText(place))}</p>`}
${problemList(errors)}
${hint === undefined ? '' : html`<p class="hint">Hint: ${visible(hint)}</p>`}
</div>`
}

/** Things wrong with a document, each with its place. */
export function problemList(problems: readonly Problem[]): Html {
  if (problems.length === 0) return html``
  return html`<ul class="problems">${problems.map(
    (one) =>
      html`<li><code>${visible(placeText(one))}</code> ${visible(one.message)}${one.hint === undefined ? '' : html` <span class="hint">${visible(one.hint)}</span>`}</li>`,
  )}</ul>`
}

/** `deploy.yml:14:5` */
export const placeText = ({ file, line, column }: Problem | { file: string; line?: number; column?: number }): string =>
  [file, line, column].filter((part) => part !== undefined).join(':')

export const notice = (text: string): Html => html`<p class="notice" role="status">${text}</p>`

/** A point in time; the browser shows it by its own clock (app.js). */
export const time = (at: Date): Html => {
  const iso = at.toISOString()
  return html`<time datetime="${iso}">${iso.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time>`
}

/** The way back from a page. */
export const trail = (...steps: readonly (readonly [string, string])[]): Html =>
  html`<nav class="trail" aria-label="Breadcrumb">${steps.map(([href, text]) => html`<a href="${href}">${text}</a> › `)}</nav>`
