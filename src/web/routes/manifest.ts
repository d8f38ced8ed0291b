import { Hono } from 'hono'
import { FerryError } from '../../errors/ferry-error.ts'
import { compareNames } from '../../model/byte-order.ts'
import { statusOf } from '../views/error-page.ts'
import { manifestPage } from '../views/manifest.ts'
import type { Admin, WebEnvironment } from '../web-environment.ts'
import { attachment } from './attachment.ts'
import { formTexts } from './connection-values.ts'

/** Manifests: plan, apply, export. */
export function manifestRoutes(admin: Admin): Hono<WebEnvironment> {
  const { state } = admin
  const app = new Hono<WebEnvironment>()

  const owners = async (): Promise<string[]> => {
    const { connections, scripts } = await state.read()
    const named = [...connections.values(), ...scripts.values()].flatMap(({ origin }) => origin.owner ?? [])
    return [...new Set(named)].sort(compareNames)
  }

  app.get('/manifest', async (context) =>
    context.html(
      manifestPage(admin, {
        session: context.get('session'),
        text: '',
        file: 'manifest.yml',
        prune: false,
        takeOver: false,
        owners: await owners(),
      }),
    ),
  )

  app.post('/manifest', async (context) => {
    const body = await context.req.parseBody()
    const texts = formTexts(body)
    const chosen = body['chosen']
    const pasted = texts.get('text') ?? ''
    // The script of the page puts a chosen file into the text; where it did not run, the file comes by itself.
    const isFile = pasted === '' && chosen instanceof File && chosen.size > 0
    const text = isFile ? await chosen.text() : pasted
    const file = isFile ? chosen.name : texts.get('file') || 'manifest.yml'
    const options = { prune: texts.has('prune'), takeOver: texts.has('takeOver') }
    const page = { session: context.get('session'), text, file, ...options }
    try {
      const source = { file, text }
      if (texts.get('act') !== 'apply') {
        const plan = await state.plan(source, options)
        return context.html(manifestPage(admin, { ...page, owners: await owners(), plan }))
      }
      const imported = await context.get('session').state.import(source, options)
      const { serial } = imported.state
      return context.html(manifestPage(admin, { ...page, owners: await owners(), plan: imported.plan, serial }))
    } catch (error) {
      if (!(error instanceof FerryError)) throw error
      return context.html(manifestPage(admin, { ...page, owners: await owners(), refusal: error }), statusOf(error))
    }
  })

  app.get('/manifest/export', async (context) => {
    const owner = context.req.query('owner')
    return context.body(await state.export(owner), 200, attachment(`${owner ?? 'manifest'}.yml`))
  })

  return app
}
