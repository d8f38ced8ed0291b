import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { fieldNamed } from '../../api/connection-fields.ts'
import { storedConnection } from '../../api/stored-objects.ts'
import { FerryError } from '../../errors/ferry-error.ts'
import { compareNames } from '../../model/byte-order.ts'
import type { Connection } from '../../model/connection.ts'
import type { Stored } from '../../model/state.ts'
import { connectionPage, deletePage } from '../views/connection.ts'
import { connectionFormPage, fieldFault } from '../views/connection-form.ts'
import { connectionsPage } from '../views/connections.ts'
import { effectiveSettingsPage } from '../views/effective-settings.ts'
import { link } from '../views/elements.ts'
import { statusOf } from '../views/error-page.ts'
import type { Admin, WebContext, WebEnvironment } from '../web-environment.ts'
import { attachment } from './attachment.ts'
import { type FormTexts, formTexts, formValue, formValues, nameFault, textsOf } from './connection-values.ts'
import { findConnections } from './find-connections.ts'
import { startOf } from './page-start.ts'

/** So many that the first page stays light. */
const pageSize = 40

const doneTexts: Readonly<Record<string, string>> = {
  created: 'Created.',
  saved: 'Saved.',
  renamed: 'Renamed.',
  enabled: 'Enabled.',
  disabled: 'Disabled: every use is refused.',
  deleted: 'Deleted.',
}

/** The list of connections, each of them, and all that changes them. */
export function connectionRoutes(admin: Admin): Hono<WebEnvironment> {
  const { state } = admin
  const app = new Hono<WebEnvironment>()
  const stored = async (context: WebContext): Promise<Stored<Connection>> =>
    storedConnection(await state.read(), context.req.query('name') ?? '')

  app.get('/', async (context) => {
    const { connections } = await state.read()
    const search = context.req.query('q') ?? ''
    const tag = context.req.query('tag') || undefined
    const done = doneTexts[context.req.query('done') ?? '']
    const tags = [...new Set([...connections.values()].flatMap(({ value }) => value.tags ?? []))].sort(compareNames)
    const found = findConnections(connections, { search, tag })
    const start = startOf(context.req.query('start'), found.length)
    return context.html(
      connectionsPage(admin, {
        session: context.get('session'),
        shown: found.slice(start, start + pageSize),
        found: found.length,
        start,
        pageSize,
        total: connections.size,
        search,
        tags,
        run: randomUUID(),
        ...(tag !== undefined && { tag }),
        ...(done !== undefined && { done }),
      }),
    )
  })

  app.get('/connection', async (context) => showConnection(context, await stored(context)))

  async function showConnection(context: WebContext, object: Stored<Connection>, refusal?: FerryError) {
    const done = doneTexts[context.req.query('done') ?? '']
    const isChanged = done !== undefined && object.origin.owner !== undefined
    const page = connectionPage(admin, {
      session: context.get('session'),
      stored: object,
      ...(done !== undefined && { done }),
      ...(isChanged && { yaml: await state.exportConnections([object.value.name]) }),
      ...(refusal !== undefined && { refusal }),
    })
    return context.html(page, refusal === undefined ? 200 : statusOf(refusal))
  }

  app.get('/connection/create', (context) =>
    context.html(connectionFormPage(admin, { session: context.get('session'), name: '', texts: new Map() })),
  )

  app.post('/connection/create', async (context) => {
    const texts = formTexts(await context.req.parseBody())
    const name = texts.get('name') ?? ''
    return save(context, { name, texts }, async (values) => {
      await context.get('session').state.createConnection(name, values)
      return 'created'
    })
  })

  app.get('/connection/edit', async (context) => {
    const object = await stored(context)
    const { name } = object.value
    const texts = textsOf(object.value)
    return context.html(connectionFormPage(admin, { session: context.get('session'), stored: object, name, texts }))
  })

  app.post('/connection/edit', async (context) => {
    const object = await stored(context)
    const texts = formTexts(await context.req.parseBody())
    const { name } = object.value
    return save(context, { name, texts, stored: object }, async (values) => {
      await context.get('session').state.editConnection(name, () => values)
      return 'saved'
    })
  })

  interface Saving {
    readonly name: string
    readonly texts: FormTexts
    readonly stored?: Stored<Connection>
  }

  /** Saves what a form holds, or shows it again with what is wrong with it. */
  async function save(
    context: WebContext,
    form: Saving,
    change: (values: Readonly<Record<string, unknown>>) => Promise<string>,
  ): Promise<Response> {
    const { values, faults: found } = formValues(form.texts, form.stored?.value)
    const badName = form.stored === undefined ? nameFault(form.name) : undefined
    const faults = badName === undefined ? found : new Map([['name', badName], ...found])
    const session = context.get('session')
    if (faults.size > 0) return context.html(connectionFormPage(admin, { session, ...form, faults }), 422)
    try {
      const done = await change(values)
      return context.redirect(link('/connection', { name: form.name, done }), 303)
    } catch (error) {
      if (!(error instanceof FerryError)) throw error
      return context.html(connectionFormPage(admin, { session, ...form, refusal: error }), statusOf(error))
    }
  }

  app.post('/connection/check', async (context) => {
    const name = context.req.query('field') ?? ''
    const texts = formTexts(await context.req.parseBody())
    if (name === 'name') return context.html(fieldFault(name, nameFault(texts.get(name) ?? '')))
    const field = fieldNamed(name)
    if (field === undefined) throw new FerryError('usage', `a connection has no field "${name}"`)
    if (name === 'host' && texts.get(name)?.trim() === '') {
      return context.html(fieldFault(name, { message: 'a host is needed' }))
    }
    const outcome = formValue(field, texts, undefined)
    return context.html(fieldFault(name, 'fault' in outcome ? outcome.fault : undefined))
  })

  app.post('/connection/rename', async (context) => {
    const object = await stored(context)
    const from = object.value.name
    const { to } = Object.fromEntries(formTexts(await context.req.parseBody()))
    try {
      await context.get('session').state.renameConnection(from, to ?? '')
    } catch (error) {
      if (!(error instanceof FerryError)) throw error
      return showConnection(context, object, error)
    }
    const kept = admin.pings.get(from)
    admin.pings.delete(from)
    if (kept !== undefined) admin.pings.set(to ?? '', kept)
    return context.redirect(link('/connection', { name: to, done: 'renamed' }), 303)
  })

  app.post('/connection/active', async (context) => {
    const { name } = (await stored(context)).value
    const active = formTexts(await context.req.parseBody()).get('active') === 'true'
    await context.get('session').state.setActive(name, active)
    return context.redirect(link('/connection', { name, done: active ? 'enabled' : 'disabled' }), 303)
  })

  app.get('/connection/delete', async (context) =>
    context.html(deletePage(admin, context.get('session'), { stored: await stored(context), kind: 'connection' })),
  )

  app.post('/connection/delete', async (context) => {
    const { name } = (await stored(context)).value
    await context.get('session').state.deleteConnection(name)
    admin.pings.delete(name)
    return context.redirect(link('/', { done: 'deleted' }), 303)
  })

  app.get('/connection/settings', async (context) => {
    const { name } = (await stored(context)).value
    const session = context.get('session')
    const settings = await state.effectiveSettings(name, { signal: session.during(context.req.raw.signal) })
    return context.html(effectiveSettingsPage(admin, { session, name, settings }))
  })

  app.get('/connection/export', async (context) => {
    const { name } = (await stored(context)).value
    return context.body(await state.exportConnections([name]), 200, attachment(`${name}.yml`))
  })

  return app
}
