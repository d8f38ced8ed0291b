import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type Run, spread } from './measure.ts'
import type { OwnFigure } from './start-up.ts'

const ferry = join(import.meta.dirname, '../bin/ferry.js')
/** All that a browser loads for the first page. */
const maxBytes = 100_000

/** `ferry web`: from its start to the address that it prints, and the first page with all that it loads. */
export async function firstPage(environment: NodeJS.ProcessEnv, rounds = 11): Promise<OwnFigure[]> {
  const runs: { start: Run[]; page: Run[] } = { start: [], page: [] }
  let bytes = 0
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now()
    const web = spawn(process.execPath, [ferry, 'web', '--port', '0', '--no-open'], {
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      const [printed] = await once(web.stdout, 'data')
      runs.start.push({ ms: performance.now() - startedAt, output: '', peakMiB: 0 })
      const { cookie, origin } = await logIn(String(printed).trim())
      const askedAt = performance.now()
      bytes = await load(origin, cookie)
      runs.page.push({ ms: performance.now() - askedAt, output: '', peakMiB: 0 })
    } finally {
      web.kill()
      await once(web, 'close')
    }
  }
  const size = `${(bytes / 1000).toFixed(1)} kB, at most ${maxBytes / 1000}`
  return [
    { name: 'ferry web, until it prints its address', ...spread(runs.start), limit: '', held: true },
    { name: 'ferry web, its first page', ...spread(runs.page), limit: size, held: bytes <= maxBytes },
  ]
}

async function logIn(address: string): Promise<{ readonly cookie: string; readonly origin: string }> {
  const { headers } = await fetch(address)
  const [cookie = ''] = headers.getSetCookie()
  return { cookie: cookie.split(';')[0] ?? '', origin: new URL(address).origin }
}

/** The page, then what it names, at once as a browser does; gives how much that is. */
async function load(origin: string, cookie: string): Promise<number> {
  const get = async (path: string): Promise<string> => {
    const response = await fetch(`${origin}${path}`, { headers: { cookie } })
    if (!response.ok) throw new Error(`${path}: ${response.status}`)
    return response.text()
  }
  const page = await get('/')
  if (!page.includes('<h1>Connections</h1>')) throw new Error('the first page is not the list of connections')
  const assets = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path)
  const texts = await Promise.all(assets.map(get))
  return [page, ...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}
