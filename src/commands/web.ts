import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { FerryState } from '../api/open-state.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import { isLoopback } from '../model/loopback.ts'
import { orAbort } from '../model/or-abort.ts'
import { auditOf } from '../state/audited-state-store.ts'
import { loadAssets } from '../web/assets.ts'
import { startWebAdmin, type WebAdminOptions } from '../web/start-web-admin.ts'
import type { CommandContext } from './context.ts'

interface WebFlags {
  readonly port: number
  readonly open: boolean
  readonly listen: string
  readonly passwordFile?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly behindProxy?: string | true
}

const standardPort = 8417

export function webCommand(context: CommandContext): Command {
  return new Command('web')
    .description('start the web admin, and print the address to open')
    .option('--port <n>', `port to listen on, 0 for any free one (default ${standardPort})`, parsePort, standardPort)
    .option('--no-open', 'do not start a browser')
    .option('--listen <address>', 'address to listen on (default 127.0.0.1)', '127.0.0.1')
    .option('--password-file <file>', 'a file whose first line is a password that lets in, too')
    .option('--tls-cert <file>', 'certificate for https, in PEM')
    .option('--tls-key <file>', 'its key')
    .option('--behind-proxy [origin]', 'a proxy speaks https; origin is what browsers open, as https://ferry.example')
    .addHelpText(
      'after',
      'Beyond this machine: --listen needs --password-file, and --tls-cert with --tls-key, or --behind-proxy\nExamples: ferry web; ferry web --port 0 --no-open\nExit codes: 1 the port is taken',
    )
    .action((flags: WebFlags) => runWeb(context, flags))
}

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new FerryError('usage', `--port: "${text}" is not a number from 0 to 65535`)
}

async function runWeb(context: CommandContext, flags: WebFlags): Promise<void> {
  const { io, environment, signal, now } = context
  const given = await givenOptions(flags)
  const store = await context.store()
  const state = new FerryState(store, environment, signal)
  const auditLog = auditOf(store)?.path
  // Fails now and not on every page, where the state cannot be read.
  await state.read()
  const assets = await loadAssets(new URL('./web/', import.meta.url))
  await using admin = await startWebAdmin({
    ...given,
    state,
    assets,
    now,
    ...(auditLog !== undefined && { auditLog }),
  })
  await io.result({ address: admin.address }, [admin.address])
  await using _page = await openedPage(context, flags, admin.address)
  const ended = new Promise<never>(() => undefined)
  await orAbort(ended, signal)
}

type GivenOptions = Omit<WebAdminOptions, 'state' | 'assets' | 'now' | 'auditLog'>

/** What the flags say; beyond this machine only with a password, and over https. */
async function givenOptions({
  port,
  listen,
  passwordFile,
  tlsCert,
  tlsKey,
  behindProxy,
}: WebFlags): Promise<GivenOptions> {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new FerryError('usage', '--tls-cert and --tls-key are needed together')
  }
  const isSafe = passwordFile !== undefined && (tlsCert !== undefined || behindProxy !== undefined)
  if (!isLoopback(listen) && !isSafe) {
    throw new FerryError('usage', `--listen ${listen}: others could reach it`, {
      hint: 'with --password-file <file>, and --tls-cert <file> --tls-key <file> or --behind-proxy',
    })
  }
  if (typeof behindProxy === 'string' && !/^https?:\/\/[^/?#]+\/?$/.test(behindProxy)) {
    throw new FerryError('usage', `--behind-proxy: "${behindProxy}" is no origin`, { hint: 'as https://ferry.example' })
  }
  const proxy =
    behindProxy === undefined ? undefined : behindProxy === true ? {} : { origin: new URL(behindProxy).origin }
  return {
    port,
    listen,
    ...(passwordFile !== undefined && { password: await firstLine(passwordFile) }),
    ...(tlsCert !== undefined &&
      tlsKey !== undefined && { tls: { certificate: await textOf(tlsCert), key: await textOf(tlsKey) } }),
    ...(proxy !== undefined && { proxy }),
  }
}

async function firstLine(file: string): Promise<string> {
  const [line = ''] = (await textOf(file)).split(/\r?\n/)
  if (line === '') throw new FerryError('usage', `--password-file ${file}: its first line is empty`)
  return line
}

const textOf = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: unknown) => {
    throw localError('read', file, error)
  })

/**
 * Opens a browser where a person sits at a terminal. What it is given is a file that only they can read and that leads on: other users of
 * this machine can see the arguments of a program, and so the token.
 */
async function openedPage(
  { io, environment }: CommandContext,
  { open }: WebFlags,
  address: string,
): Promise<AsyncDisposable> {
  const nothing = { async [Symbol.asyncDispose]() {} }
  if (!open || io.ask === undefined) return nothing
  const folder = await mkdtemp(join(tmpdir(), 'ferry-web-'))
  const page = join(folder, 'open.html')
  await writeFile(page, `<!doctype html><title>ferry</title><meta http-equiv="refresh" content="0; url=${address}">`, {
    mode: 0o600,
  })
  const { openInBrowser } = await import('../web/open-in-browser.ts')
  openInBrowser(page, environment, (reason) => io.note(1, `no browser was started: ${reason}`))
  return { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
