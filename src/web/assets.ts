import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

const types = {
  'htmx.js': 'text/javascript; charset=utf-8',
  'sse.js': 'text/javascript; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'app.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const

export type AssetName = keyof typeof types

export interface Asset {
  readonly content: Buffer
  readonly type: string
  /** Under which it never changes. */
  readonly address: string
}

export type Assets = Readonly<Record<AssetName, Asset>>

/** The files that pages load, out of the folder where the build put them. */
export async function loadAssets(folder: URL): Promise<Assets> {
  const load = async (name: AssetName): Promise<Asset> => {
    const content = await readFile(new URL(name, folder))
    const version = createHash('sha256').update(content).digest('hex').slice(0, 12)
    return { content, type: types[name], address: `/assets/${version}/${name}` }
  }
  return {
    'htmx.js': await load('htmx.js'),
    'sse.js': await load('sse.js'),
    'app.js': await load('app.js'),
    'app.css': await load('app.css'),
    'icon.svg': await load('icon.svg'),
  }
}
