import { html } from 'hono/html'
import { fieldNamed } from '../../api/connection-fields.ts'
import type { FerryError } from '../../errors/ferry-error.ts'
import { isSecretField } from '../../model/connection.ts'
import { type FieldChange, type Plan, type Step, summaryText } from '../../model/plan.ts'
import { visible } from '../../model/visible.ts'
import type { Admin } from '../web-environment.ts'
import type { WebSession } from '../web-session.ts'
import { settingText } from './connection.ts'
import { csrfField, type Html, link, notice, problem } from './elements.ts'
import { layout } from './layout.ts'

export interface ManifestPage {
  readonly session: WebSession
  readonly text: string
  readonly file: string
  readonly prune: boolean
  readonly takeOver: boolean
  readonly owners: readonly string[]
  readonly plan?: Plan
  /** The serial of the state, once the plan was applied. */
  readonly serial?: number
  readonly refusal?: FerryError
}

/** Paste a manifest or choose its file, see what it would do, apply it. */
export function manifestPage(admin: Admin, page: ManifestPage): Html {
  const { session, text, file, prune, takeOver, owners, plan, serial, refusal } = page
  const box = (name: string, label: string, on: boolean): Html =>
    html`<label class="choice"><input type="checkbox" name="${name}" value="true"${on ? html` checked` : ''}> ${label}</label>`
  return layout(admin, {
    title: 'Manifest',
    session,
    section: 'manifest',
    body: [
      serial === undefined ? html`` : notice(`Imported (state serial ${serial}).`),
      refusal === undefined ? html`` : problem(refusal),
      plan === undefined ? html`` : planSection(plan, serial !== undefined),
      html`<form method="post" action="/manifest" enctype="multipart/form-data" class="card">
${csrfField(session)}
<label for="chosen">Choose a file</label>
<input id="chosen" name="chosen" type="file" accept=".yml,.yaml,.json" data-read="#text" data-name="#file">
<label for="text">Or paste it</label>
<textarea id="text" name="text" rows="14" class="code" spellcheck="false" aria-describedby="about-text">
${text}</textarea>
<p class="about" id="about-text">Relative paths and includes start in the folder where <code>ferry web</code> was started.</p>
<label for="file">Called</label> <input id="file" name="file" value="${file}" required>
<p>${box('prune', 'Delete what this manifest once imported and no longer names', prune)}
${box('takeOver', 'Take over objects that another manifest owns', takeOver)}</p>
<p class="row"><button class="primary" name="act" value="plan">Plan</button>
<button name="act" value="apply"${plan === undefined || serial !== undefined ? html` disabled` : ''}>Apply</button></p>
</form>`,
      html`<section aria-labelledby="export"><h2 id="export">Export</h2>
<ul><li><a href="/manifest/export" download>What no manifest owns</a></li>
${owners.map((owner) => html`<li><a href="${link('/manifest/export', { owner })}" download>What “${visible(owner)}” owns</a></li>`)}</ul>
<p class="about">Secrets stay references, or sealed.</p></section>`,
    ],
  })
}

const marks = { create: '+', update: '~', delete: '-' } as const

function planSection(plan: Plan, applied: boolean): Html {
  const changes = plan.steps.filter((step) => step.action !== 'keep')
  const total = summaryText(plan, applied ? 'past' : 'future')
  return html`<section aria-labelledby="plan" class="plan"><h2 id="plan">${applied ? 'Imported' : 'Plan'}: ${total}</h2>
${changes.map(
  (
    step,
  ) => html`<section class="step ${step.action}" aria-label="${step.action} ${step.kind} ${visible(step.name)}"><h3>${marks[step.action]} ${step.kind} ${visible(step.name)}</h3>
${step.action === 'delete' || step.fields.length === 0 ? '' : differences(step, step.fields)}</section>`,
)}</section>`
}

const differences = (step: Step, fields: readonly FieldChange[]): Html => html`<div class="wide"><table>
<thead><tr><th scope="col">Field</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
<tbody>${fields.map((change) => html`<tr><th scope="row">${visible(change.name)}</th><td>${step.action === 'create' ? '' : side(step, change, change.before)}</td><td>${side(step, change, change.after)}</td></tr>`)}</tbody>
</table></div>`

function side({ kind }: Step, { name, before, after }: FieldChange, value: unknown): string {
  if (kind === 'connection' && isSecretField(name) && value !== undefined) {
    return before !== undefined && after !== undefined ? '(sensitive, differs)' : '(sensitive)'
  }
  if (value !== undefined) return visible(settingText(value))
  const standing = kind === 'connection' ? fieldNamed(name)?.default : undefined
  return standing === undefined ? '(not set)' : `${String(standing)} (default)`
}
