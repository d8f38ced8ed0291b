import { html } from 'hono/html'
import { type Field, fields } from '../../api/connection-fields.ts'
import type { FerryError } from '../../errors/ferry-error.ts'
import type { Connection } from '../../model/connection.ts'
import { isSecretField } from '../../model/connection.ts'
import type { Stored } from '../../model/state.ts'
import { visible } from '../../model/visible.ts'
import type { Admin } from '../web-environment.ts'
import type { WebSession } from '../web-session.ts'
import { ownerNote, secretText } from './connection.ts'
import { csrfField, type Html, link, problem, trail } from './elements.ts'
import { layout } from './layout.ts'

/** A problem of one field, or of what it is together with others. */
export interface FieldFault {
  readonly message: string
  readonly hint?: string
}

export interface ConnectionForm {
  readonly session: WebSession
  /** What is edited; absent for a new connection. */
  readonly stored?: Stored<Connection>
  readonly name: string
  /** What stands in each control. */
  readonly texts: ReadonlyMap<string, string>
  readonly faults?: ReadonlyMap<string, FieldFault>
  readonly refusal?: FerryError
}

/** The form for a new connection, or for a stored one: every option of the schema. */
export function connectionFormPage(admin: Admin, form: ConnectionForm): Html {
  const { session, stored, name, refusal, faults = new Map<string, FieldFault>() } = form
  const isNew = stored === undefined
  return layout(admin, {
    title: isNew ? 'Create a new connection' : `Edit ${visible(name)}`,
    session,
    section: 'connections',
    body: [
      isNew ? trail(['/', 'Connections']) : trail(['/', 'Connections'], [link('/connection', { name }), visible(name)]),
      isNew ? html`` : ownerNote(stored),
      refusal === undefined ? html`` : problem(refusal),
      faults.size === 0
        ? html``
        : html`<div class="problem" role="alert"><p>Not saved: ${faults.size === 1 ? '1 option needs' : `${faults.size} options need`} another look.</p></div>`,
      html`<form method="post" action="${isNew ? '/connection/create' : link('/connection/edit', { name })}" class="fields" novalidate autocomplete="off">
${csrfField(session)}
${isNew ? nameControl(form, faults.get('name')) : ''}
${fields.map((field) => control(field, form, faults.get(field.name)))}
<p class="row sticky"><button class="primary">${isNew ? 'Create' : 'Save'}</button>
<a class="button" href="${isNew ? '/' : link('/connection', { name })}">Cancel</a></p>
</form>`,
    ],
  })
}

const nameControl = ({ name }: ConnectionForm, fault: FieldFault | undefined): Html => html`<div class="field">
<label for="field-name">Name</label>
<input id="field-name" name="name" required maxlength="255" value="${name}" aria-describedby="about-name fault-name"${invalid(fault)}${checked('name')}>
<p class="about" id="about-name">What commands, scripts and programs call it.</p>
${fieldFault('name', fault)}
</div>`

/** Says what is wrong with a field as soon as it is left. */
const checked = (name: string): Html =>
  html` hx-post="${link('/connection/check', { field: name })}" hx-trigger="change" hx-target="#fault-${name}" hx-swap="outerHTML"`

const invalid = (fault: FieldFault | undefined): Html | '' => (fault === undefined ? '' : html` aria-invalid="true"`)

/** What is wrong with a field; empty where nothing is. */
export const fieldFault = (name: string, fault: FieldFault | undefined): Html =>
  html`<p class="fault" id="fault-${name}" role="status">${
    fault === undefined
      ? ''
      : html`${visible(fault.message)}${fault.hint === undefined ? '' : html` <span class="hint">${visible(fault.hint)}</span>`}`
  }</p>`

function control(field: Field, form: ConnectionForm, fault: FieldFault | undefined): Html {
  const { name, title } = field
  const id = `field-${name}`
  const described = `about-${name} fault-${name}`
  return html`<div class="field">
<label for="${id}">${title}</label>
${isSecretField(name) ? secretControl(field, form, fault) : openControl(field, form.texts.get(name) ?? '', { id, described, fault })}
<p class="about" id="about-${name}">${aboutField(field)}</p>
${fieldFault(name, fault)}
</div>`
}

/** What the field is for, and what holds where it is left empty. */
function aboutField({ description, default: standing, kind, name }: Field): string {
  const several =
    kind === 'texts' || kind === 'paths' ? ' One a line.' : kind === 'options' ? ' One Key=Value a line.' : ''
  const unset =
    standing === undefined ? (name === 'host' ? '' : ' Not set by default.') : ` Default: “${shownDefault(standing)}”.`
  return `${description.replace(/\.?$/, '.')}${several}${unset}`
}

const shownDefault = (value: unknown): string => (typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value))

interface Control {
  readonly id: string
  readonly described: string
  readonly fault: FieldFault | undefined
}

/** Fields that may have several lines. */
const longTexts: readonly string[] = ['ping_command', 'description']

function openControl(field: Field, text: string, { id, described, fault }: Control): Html {
  const { name, kind, choices, default: standing } = field
  const common = html`id="${id}" name="${name}" aria-describedby="${described}"${invalid(fault)}${checked(name)}`
  const option = (value: string, shown: string): Html =>
    html`<option value="${value}"${value === text ? html` selected` : ''}>${shown}</option>`
  const unset = `default${standing === undefined ? '' : `: ${shownDefault(standing)}`}`
  if (kind === 'boolean') {
    return html`<select ${common}>${option('', unset)}${option('true', 'yes')}${option('false', 'no')}</select>`
  }
  if (choices !== undefined) {
    return html`<select ${common}>${option('', unset)}${choices.map((choice) => option(choice, choice))}</select>`
  }
  // A control of one line would lose the others. The first line end of a text area is not its text's (HTML, "13.2.6.4.7").
  if (field.repeatable || longTexts.includes(name) || text.includes('\n')) {
    return html`<textarea ${common} rows="2" spellcheck="false" placeholder="${String(standing ?? '')}">
${text}</textarea>`
  }
  return html`<input ${common} value="${text}" spellcheck="false"${name === 'host' ? html` required` : ''}${
    kind === 'integer' || kind === 'number' ? html` inputmode="decimal"` : ''
  }${standing === undefined ? '' : html` placeholder="${String(standing)}"`}>`
}

/** A secret goes in and never comes out: what is stored can be kept, replaced or removed. */
function secretControl({ name }: Field, { stored, texts }: ConnectionForm, fault: FieldFault | undefined): Html {
  const secret = isSecretField(name) ? stored?.value[name] : undefined
  const chosen = texts.get(`${name}.kind`) ?? (secret === undefined ? 'none' : 'keep')
  const option = (value: string, shown: string): Html =>
    html`<option value="${value}"${value === chosen ? html` selected` : ''}>${shown}</option>`
  const valueControl =
    name === 'private_key'
      ? html`<textarea id="field-${name}" name="${name}" rows="3" spellcheck="false" autocomplete="off" aria-describedby="about-${name} fault-${name}"${invalid(fault)}></textarea>`
      : html`<input id="field-${name}" name="${name}" type="password" autocomplete="new-password" aria-describedby="about-${name} fault-${name}"${invalid(fault)}>`
  return html`<div class="secret">
<select name="${name}.kind" aria-label="Where the secret is: ${name.replaceAll('_', ' ')}">
${secret === undefined ? '' : option('keep', `keep: ${secretText(secret)}`)}
${option('none', 'none')}
${option('literal', 'typed here, stored sealed')}
${option('env', 'in an environment variable, named here')}
${option('file', 'in a file, named here')}
${option('command', 'printed by a program, named here')}
</select>
${valueControl}
</div>`
}
