import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { type RequestOptions, request as secureRequest } from 'node:https'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openState } from '../../src/api/open-state.ts'
import type { Asset } from '../../src/web/assets.ts'
import { startWebAdmin, type WebAdminOptions } from '../../src/web/start-web-admin.ts'
import { freePort } from '../support/free-port.ts'
import { startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const asset = (name: string): Asset => ({ content: Buffer.from(name), type: 'text/plain', address: `/assets/${name}` })
const assets = {
  'htmx.js': asset('htmx.js'),
  'sse.js': asset('sse.js'),
  'app.js': asset('app.js'),
  'app.css': asset('app.css'),
  'icon.svg': asset('icon.svg'),
}

function started(folder: string, options: Partial<WebAdminOptions> = {}) {
  const state = openState({ location: join(folder, 'state.json'), environment: { HOME: folder } })
  const admin = startWebAdmin({ state, assets, now: () => new Date(), listen: '127.0.0.1', port: 0, ...options })
  return { state, admin }
}

/** Without a body it never ends, whatever length was announced. */
async function ask(address: string, options: RequestOptions, body: string | null = '') {
  const send = address.startsWith('https:') ? secureRequest : request
  const sent = send(address, { rejectUnauthorized: false, ...options })
  // An answer may come before all was sent, and with it the end.
  sent.on('error', () => undefined)
  if (body === null) sent.flushHeaders()
  else sent.end(body)
  const [response] = await once(sent, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  sent.destroy()
  return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString('utf8') }
}

const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } }

test('a password lets in over https, with a cookie for https alone; a wrong one does not', async () => {
  await using directory = await temporaryDirectory()
  const [key, file] = [join(directory.path, 'key.pem'), join(directory.path, 'cert.pem')]
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=a']
  execFileSync('openssl', [...words, '-keyout', key, '-out', file], { stdio: 'ignore' })
  const tls = { certificate: await readFile(file, 'utf8'), key: await readFile(key, 'utf8') }
  await using admin = await started(directory.path, { tls, password: 'correct horse' }).admin
  const { origin, protocol } = new URL(admin.address)
  expect(protocol).toBe('https:')
  const wrong = await ask(`${origin}/login`, form, 'password=battery')
  expect([wrong.status, wrong.headers['set-cookie']]).toEqual([403, undefined])
  const right = await ask(`${origin}/login`, form, 'password=correct+horse')
  expect(String(right.headers['set-cookie'])).toMatch(/; HttpOnly; Secure; SameSite=Strict$/)
})

// promise: web-entry
test('after ten wrong passwords the right one has to wait, and the right token has not', async () => {
  await using directory = await temporaryDirectory()
  await using admin = await started(directory.path, { password: 'correct horse' }).admin
  const { origin } = new URL(admin.address)
  for (let tries = 0; tries < 10; tries += 1) await ask(`${origin}/login`, form, `password=${tries}`)
  const password = await ask(`${origin}/login`, form, 'password=correct+horse')
  expect([password.status, password.headers['set-cookie']]).toEqual([429, undefined])
  const token = await ask(admin.address, {})
  expect([token.status, String(token.headers['set-cookie'])]).toEqual([200, expect.stringContaining('HttpOnly')])
})

// promise: web-entry
test('a form that is too large is refused with 413, and a stranger’s before it is read', async () => {
  await using directory = await temporaryDirectory()
  const { admin: starting } = started(directory.path, { password: 'correct horse' })
  await using admin = await starting
  const { origin } = new URL(admin.address)
  const cookie = String((await ask(admin.address, {})).headers['set-cookie']).split(';')[0] ?? ''
  const chunked = { headers: { ...form.headers, 'transfer-encoding': 'chunked' } }
  for (const path of ['/login', '/logout']) {
    for (const headers of [form.headers, chunked.headers]) {
      const { status, text } = await ask(`${origin}${path}`, { ...form, headers }, 'x'.repeat(17 * 1024))
      expect([status, text]).toEqual([413, expect.stringContaining('the request is larger than 16.0 KiB')])
    }
  }
  const large = 'x'.repeat(21 * 1024 * 1024)
  const own = await ask(`${origin}/manifest/plan`, { ...form, headers: { ...form.headers, cookie } }, large)
  expect([own.status, own.text]).toEqual([413, expect.stringContaining('the request is larger than 20.0 MiB')])
  const announced = { ...form, headers: { ...form.headers, 'content-length': '1000000' } }
  const { status, text } = await ask(`${origin}/manifest/plan`, announced, null)
  expect([status, text]).toEqual([401, expect.stringContaining('Log in')])
})

test('without a password none lets in', async () => {
  await using directory = await temporaryDirectory()
  await using admin = await started(directory.path).admin
  const { status } = await ask(`${new URL(admin.address).origin}/login`, form, 'password=')
  expect(status).toBe(403)
})

test('behind a proxy the address is that of the proxy, and its name is the only one', async () => {
  await using directory = await temporaryDirectory()
  // The address that is printed is the proxy's, so the port has to be known before.
  const port = await freePort()
  await using admin = await started(directory.path, { port, proxy: { origin: 'https://ferry.example' } }).admin
  expect(admin.address).toMatch(/^https:\/\/ferry\.example\/\?token=[\w-]{43}$/)
  const own = `http://127.0.0.1:${port}/`
  expect((await ask(own, {})).status).toBe(421)
  expect((await ask(own, { headers: { host: 'ferry.example' } })).status).toBe(401)
})

test('a port that is taken is an error that says so', async () => {
  await using directory = await temporaryDirectory()
  await using admin = await started(directory.path).admin
  const port = Number(new URL(admin.address).port)
  await expect(started(directory.path, { port }).admin).rejects.toMatchObject({
    code: 'local_failed',
    message: `listen on 127.0.0.1:${port}: something else listens there`,
  })
})

test('a long list of connections comes in pages, and a search finds what is on another one', async () => {
  await using directory = await temporaryDirectory()
  const { state, admin: starting } = started(directory.path)
  const names = Array.from({ length: 90 }, (_, index) => `partner-${String(index).padStart(2, '0')}`)
  await state.update((now) => ({
    ...now,
    connections: new Map(names.map((name) => [name, { value: { name, host: `${name}.example` }, origin: {} }])),
  }))
  await using admin = await starting
  const { origin } = new URL(admin.address)
  const cookie = String((await ask(admin.address, {})).headers['set-cookie']).split(';')[0]
  const listed = async (path: string): Promise<(string | undefined)[]> => {
    const { text } = await ask(`${origin}${path}`, { headers: { cookie } })
    return [...text.matchAll(/<th scope="row"><a [^>]*>([^<]*)/g)].map(([, name]) => name)
  }
  expect(await listed('/')).toEqual(names.slice(0, 40))
  expect(await listed('/?start=80')).toEqual(names.slice(80))
  expect(await listed('/?start=1000')).toEqual(names.slice(0, 40))
  expect(await listed('/?q=partner+77.EXAMPLE')).toEqual(['partner-77'])
})

test('looking at files keeps one connection open, and logging out ends it', async () => {
  await using directory = await temporaryDirectory()
  await using server = await startSftpServer({ root: directory.path, users: [{ name: 'demo', password: 'secret' }] })
  const { state, admin: starting } = started(directory.path)
  const { host, port, hostKeyFingerprint } = server
  await state.createConnection('bank', {
    host,
    port,
    username: 'demo',
    password: { literal: 'secret' },
    host_key: [hostKeyFingerprint],
    ssh_config_file: 'none',
  })
  await using admin = await starting
  const { origin } = new URL(admin.address)
  const { headers } = await ask(admin.address, {})
  const cookie = String(headers['set-cookie']).split(';')[0]
  for (const path of ['/files?name=bank', '/files?name=bank']) {
    expect((await ask(`${origin}${path}`, { headers: { cookie } })).status).toBe(200)
  }
  expect([server.connections(), server.accepted()]).toEqual([1, 1])
  const { text } = await ask(origin, { headers: { cookie } })
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(text) ?? []
  await ask(`${origin}/logout`, { ...form, headers: { ...form.headers, cookie } }, `csrf=${csrf}`)
  await server.idle()
  expect((await ask(origin, { headers: { cookie } })).status).toBe(401)
})
