import { html } from 'hono/html'
import type { EffectiveSetting } from '../../api/effective-settings.ts'
import { visible } from '../../model/visible.ts'
import type { Admin } from '../web-environment.ts'
import type { WebSession } from '../web-session.ts'
import { type Html, link, placeText, trail } from './elements.ts'
import { layout } from './layout.ts'

export interface EffectiveSettingsPage {
  readonly session: WebSession
  readonly name: string
  readonly settings: readonly EffectiveSetting[]
}

/** Every setting of a connection as it takes effect, and where it comes from. */
export const effectiveSettingsPage = (admin: Admin, { session, name, settings }: EffectiveSettingsPage): Html =>
  layout(admin, {
    title: `Effective settings: ${visible(name)}`,
    session,
    section: 'connections',
    body: html`${trail(['/', 'Connections'], [link('/connection', { name }), visible(name)])}
<p>What a connection takes effect with: what is stored, then ssh_config, then the defaults. Nothing was connected for this.</p>
<div class="wide" role="region" aria-label="Settings" tabindex="0"><table>
<thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">From</th></tr></thead>
<tbody>${settings.map(settingRow)}</tbody></table></div>`,
  })

function settingRow({ name, value, source, place, reference }: EffectiveSetting): Html {
  const from = [
    source,
    ...(place === undefined ? [] : [placeText(place)]),
    ...(reference === undefined ? [] : [reference]),
  ]
  return html`<tr><th scope="row">${visible(name)}</th><td>${visible([value].flat().join(' '))}</td><td class="place">${visible(from.join(', '))}</td></tr>`
}
