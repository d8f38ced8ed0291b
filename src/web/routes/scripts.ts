import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { html } from 'hono/html'
import { checkScript } from '../../api/check-script.ts'
import { storedConnection, storedScript } from '../../api/stored-objects.ts'
import { FerryError } from '../../errors/ferry-error.ts'
import { compareNames } from '../../model/byte-order.ts'
import { isActive } from '../../model/connection.ts'
import { elapsedText } from '../../model/duration.ts'
import type { Parameter, Script } from '../../model/script.ts'
import type { Stored } from '../../model/state.ts'
import { deletePage } from '../views/connection.ts'
import { link } from '../views/elements.ts'
import { statusOf } from '../views/error-page.ts'
import { checkResult, runPlaces, scriptFormPage, scriptRunPage, scriptsPage } from '../views/scripts.ts'
import type { Admin, WebContext, WebEnvironment } from '../web-environment.ts'
import { type FormTexts, formTexts } from './connection-values.ts'
import { eventStream } from './event-stream.ts'
import { runCommands } from './run-commands.ts'
import { parametersOf } from './shell.ts'

const doneTexts: Readonly<Record<string, string>> = { created: 'Created.', saved: 'Saved.', deleted: 'Deleted.' }

/** Stored scripts: the list, each of them, and running one on several connections. */
export function scriptRoutes(admin: Admin): Hono<WebEnvironment> {
  const { state } = admin
  const app = new Hono<WebEnvironment>()
  const stored = async (context: WebContext): Promise<Stored<Script>> =>
    storedScript(await state.read(), context.req.query('name') ?? '')

  app.get('/scripts', async (context) => {
    const { scripts } = await state.read()
    const sorted = [...scripts.values()].sort((one, other) => compareNames(one.value.name, other.value.name))
    return context.html(
      scriptsPage(admin, context.get('session'), { scripts: sorted, done: doneTexts[context.req.query('done') ?? ''] }),
    )
  })

  app.get('/script/create', (context) =>
    context.html(
      scriptFormPage(admin, { session: context.get('session'), name: '', body: '', parameters: '', description: '' }),
    ),
  )

  app.post('/script/create', async (context) => {
    const texts = formTexts(await context.req.parseBody())
    const name = texts.get('name') ?? ''
    return save(context, { name, texts }, async () => {
      await context.get('session').state.createScript(name, contentOf(texts))
      return link('/script', { name, done: 'created' })
    })
  })

  app.get('/script', async (context) => {
    const object = await stored(context)
    const { name, body, parameters = {}, description = '' } = object.value
    return context.html(
      scriptFormPage(admin, {
        session: context.get('session'),
        stored: object,
        name,
        body,
        parameters: parameterLines(parameters),
        description,
        done: doneTexts[context.req.query('done') ?? ''],
      }),
    )
  })

  app.post('/script', async (context) => {
    const object = await stored(context)
    const texts = formTexts(await context.req.parseBody())
    const { name } = object.value
    return save(context, { name, texts, stored: object }, async () => {
      await context.get('session').state.editScript(name, ({ parameters }) => contentOf(texts, parameters))
      return link('/script', { name, done: 'saved' })
    })
  })

  async function save(
    context: WebContext,
    {
      name,
      texts,
      stored: object,
    }: { readonly name: string; readonly texts: FormTexts; readonly stored?: Stored<Script> },
    change: () => Promise<string>,
  ): Promise<Response> {
    try {
      return context.redirect(await change(), 303)
    } catch (error) {
      if (!(error instanceof FerryError)) throw error
      const text = (field: string): string => texts.get(field) ?? ''
      const page = scriptFormPage(admin, {
        session: context.get('session'),
        ...(object !== undefined && { stored: object }),
        name,
        body: text('body'),
        parameters: text('parameters'),
        description: text('description'),
        refusal: error,
      })
      return context.html(page, statusOf(error))
    }
  }

  app.post('/script/check', async (context) => {
    const texts = formTexts(await context.req.parseBody())
    const text = texts.get('body') ?? texts.get('commands') ?? ''
    try {
      return context.html(checkResult(checkScript(text, parametersFrom(texts.get('parameters') ?? ''))))
    } catch (error) {
      if (!(error instanceof FerryError)) throw error
      return context.html(html`${error.message}`)
    }
  })

  app.get('/script/delete', async (context) =>
    context.html(deletePage(admin, context.get('session'), { stored: await stored(context), kind: 'script' })),
  )

  app.post('/script/delete', async (context) => {
    await context.get('session').state.deleteScript((await stored(context)).value.name)
    return context.redirect(link('/scripts', { done: 'deleted' }), 303)
  })

  app.get('/script/run', async (context) => {
    const script = (await stored(context)).value
    const { connections } = await state.read()
    const names = [...connections.values()].filter(({ value }) => isActive(value)).map(({ value }) => value.name)
    return context.html(
      scriptRunPage(admin, context.get('session'), { script, names: names.sort(compareNames), run: randomUUID() }),
    )
  })

  app.post('/script/run', async (context) => {
    const session = context.get('session')
    const script = (await stored(context)).value
    const body = await context.req.parseBody({ all: true })
    const texts = formTexts(body)
    const read = await state.read()
    const names = [body['connection']].flat().filter((name) => typeof name === 'string')
    const runs = names.map((name, index) => ({
      name: storedConnection(read, name).value.name,
      output: `output-${index}`,
      messages: `messages-${index}`,
    }))
    return eventStream(context, 'runs', async (send) => {
      if (runs.length === 0) throw new FerryError('usage', 'no connection is chosen')
      using running = session.startRun(texts.get('run') ?? '', context.req.raw.signal)
      const { signal } = running
      const startedAt = performance.now()
      const status = (text: string) => send(html`<span id="run-status" hx-swap-oob="innerHTML">${text}</span>`)
      await send(runPlaces(runs))
      await status('running…')
      const variables = parametersOf(texts)
      const outcomes = await Promise.all(
        runs.map(({ name, ...place }) =>
          runCommands(
            admin,
            session,
            { connection: name, source: { stored: script.name }, variables, logLevel: 0, signal, place },
            send,
          ),
        ),
      )
      const failed = outcomes.filter((ok) => !ok).length
      const outcome = signal.aborted ? 'stopped' : failed === 0 ? 'done' : `${failed} of ${runs.length} failed`
      await status(`${outcome}, ${elapsedText(performance.now() - startedAt)} in all`)
    })
  })

  return app
}

const contentOf = (texts: FormTexts, before?: Script['parameters']) => {
  const parameters = parametersFrom(texts.get('parameters') ?? '', before)
  const description = texts.get('description') ?? ''
  return {
    body: texts.get('body') ?? '',
    ...(Object.keys(parameters).length > 0 && { parameters }),
    ...(description !== '' && { description }),
  }
}

/** What a form declares; a parameter that stays as it was keeps its description. */
function parametersFrom(text: string, before: Script['parameters'] = {}): Readonly<Record<string, Parameter>> {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return Object.fromEntries(
    lines.map((line): [string, Parameter] => {
      const [, name, fallback] = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(?:=(.*))?$/.exec(line) ?? []
      if (name === undefined) {
        throw new FerryError('usage', `"${line}" is no parameter`, {
          hint: 'as day or day=monday; a name has letters, digits and "_"',
        })
      }
      const description = before[name]?.description
      return [
        name,
        {
          ...(fallback === undefined ? { required: true } : { default: fallback }),
          ...(description !== undefined && { description }),
        },
      ]
    }),
  )
}

const parameterLines = (parameters: NonNullable<Script['parameters']>): string =>
  Object.entries(parameters)
    .map(([name, { required, default: fallback }]) =>
      fallback === undefined && required ? name : `${name}=${fallback ?? ''}`,
    )
    .join('\n')
