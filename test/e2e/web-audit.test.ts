import { createHash } from 'node:crypto'
import { appendFile, chmod, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { userInfo } from 'node:os'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditEntry } from '../../src/audit/audit-entry.ts'
import { describeWith } from '../support/requirements.ts'
import { startWebRig, type WebRig } from '../support/web-rig.ts'

describeWith('chromium', 'the audit log in the web admin', () => {
  let rig: WebRig
  let page: Page

  beforeAll(async () => {
    rig = await startWebRig()
    page = await rig.open()
  })
  afterAll(async () => rig?.[Symbol.asyncDispose]())

  const lines = async (): Promise<AuditEntry[]> =>
    (await readFile(rig.auditLog, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  const outcomes = async (): Promise<string[]> =>
    (await lines()).flatMap(({ phase, operation, result, path, connection }) =>
      phase === 'outcome' ? [`${operation} ${result} ${operation.endsWith('connection') ? connection : path}`] : [],
    )
  const shown = async (query: string): Promise<string[]> => {
    await page.goto(`/audit?${query}`)
    const rows = await page.locator('tbody tr').all()
    return Promise.all(
      rows.map(async (row) =>
        [await row.locator('[data-label=Operation]').textContent(), await row.locator('.path').textContent()].join(
          ': ',
        ),
      ),
    )
  }

  // promise: audit-no-secret
  test('what is done in the browser is recorded, with who did it, and no password', async () => {
    await page.goto('/connection/create')
    await page.getByLabel('Name', { exact: true }).fill('made')
    await page.getByLabel('Host', { exact: true }).fill('sftp.example')
    await page.getByLabel('Where the secret is: password').selectOption('literal')
    await page.locator('#field-password').fill('correct horse')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { name: 'made' }).waitFor()
    await page.goto('/files?name=bank')
    await page.getByLabel('New directory').fill('<b>in\u202e')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByText('in\\u202e').first().waitFor()
    await page.getByLabel(/Drop files here/).setInputFiles({
      name: 'sent.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('hello'),
    })
    await page.getByRole('link', { name: 'sent.txt', exact: true }).waitFor()
    await page.goto('/shell?name=bank')
    await page.getByLabel('Commands, one a line').fill('rename sent.txt moved.txt\nls')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.locator('#run-status').getByText('done').waitFor()
    const at = rig.sshd.directory
    expect(await outcomes()).toEqual([
      'create_connection ok made',
      `mkdir ok ${at}/<b>in\u202e`,
      `write ok ${at}/sent.txt`,
      `rename ok ${at}/moved.txt`,
    ])
    const all = await lines()
    for (const { user, command, session } of all) {
      expect({ user, command, session }).toEqual({
        user: userInfo().username,
        command: 'web',
        session: expect.stringMatching(/^127\.0\.0\.1 [0-9a-f]{8}$/),
      })
    }
    expect(new Set(all.map(({ session }) => session)).size).toBe(1)
    const written = all.find(({ sha256 }) => sha256 !== undefined)
    expect(written).toMatchObject({ size: 5, sha256: createHash('sha256').update('hello').digest('hex') })
    expect(await readFile(rig.auditLog, 'utf8')).not.toContain('correct horse')
  })

  test('its page shows the changes, the latest first, as text, and finds them', async () => {
    await page.goto('/')
    await page.getByRole('link', { name: 'Audit' }).click()
    await page.getByRole('heading', { name: 'Audit' }).waitFor()
    const at = rig.sshd.directory
    expect(await shown('')).toEqual([
      `rename by web: ${at}/moved.txt`,
      `write by web: ${at}/sent.txt`,
      `mkdir by web: ${at}/<b>in\\u202e`,
      `create connection by web: ${rig.home}/.local/state/ferry/state.json`,
    ])
    await page.getByLabel('Path').fill('MOVED')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByText('moved.txt').waitFor()
    expect(await page.locator('tbody tr').count()).toBe(1)
    expect(await shown('operation=mkdir')).toHaveLength(1)
    expect(await shown('connection=made')).toHaveLength(1)
    expect(await shown('user=127.0.0.1')).toHaveLength(4)
    expect(await shown('result=failed')).toEqual([])
    await page.getByText('No results.').waitFor()
    const [first] = await lines()
    const minute = first?.time.slice(0, 16)
    expect((await shown(`from=${minute}`)).length).toBe(4)
    expect(await shown(`to=2020-01-01T00:00`)).toEqual([])
  })

  test('long logs come in pages', async () => {
    const [some] = await lines()
    const more = Array.from({ length: 120 }, (_, index) => ({
      ...some,
      id: `more-${index}-0000`,
      path: `/many/${index}`,
    }))
    await appendFile(rig.auditLog, more.map((one) => `${JSON.stringify(one)}\n`).join(''))
    expect(await shown('path=/many')).toHaveLength(50)
    await page.getByRole('link', { name: 'Older' }).click()
    await page.getByText('/many/69').waitFor()
    await page.getByRole('link', { name: 'Older' }).click()
    await page.getByText('/many/19').waitFor()
    expect(await page.locator('tbody tr').count()).toBe(20)
    await page.getByRole('link', { name: 'Latest' }).click()
    await page.getByText('/many/119').waitFor()
    expect(await page.locator('tbody tr').first().getByText('no outcome').count()).toBe(1)
  })

  // promise: audit-intent
  test('what cannot be recorded is not done, and the page says why', async () => {
    await rename(rig.auditLog, `${rig.auditLog}.1`)
    await mkdir(rig.auditLog)
    await chmod(rig.auditLog, 0o755)
    try {
      await page.goto('/connection?name=made')
      await page.getByRole('button', { name: 'Disable' }).click()
      await page.getByText('not done: write the audit log').waitFor()
      await page.goto('/connection?name=made')
      expect(await page.getByRole('button', { name: 'Disable' }).count()).toBe(1)
    } finally {
      await rm(rig.auditLog, { recursive: true })
      await rename(`${rig.auditLog}.1`, rig.auditLog)
    }
  })
})
