import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import axe from 'axe-core'
import type { Page, Response } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../support/requirements.ts'
import { startWebRig, type WebRig } from '../support/web-rig.ts'

interface Finding {
  readonly id: string
  readonly impact: string | null
  readonly where: readonly string[]
}

const isFindings = (value: unknown): value is Finding[] => Array.isArray(value)

/** What axe-core finds on a page that is serious; by some of its rules, or all. */
async function findings(page: Page, rules?: readonly string[]): Promise<Finding[]> {
  const options = JSON.stringify({ resultTypes: ['violations'], ...(rules !== undefined && { runOnly: rules }) })
  const found: unknown = await page.evaluate(`axe.run(${options}).then(({ violations }) =>
    violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(({ html }) => html) })))`)
  if (!isFindings(found)) throw new Error('axe gave no findings')
  return found.filter(({ impact }) => impact === 'serious' || impact === 'critical')
}

const pages = [
  '/',
  '/connection?name=bank',
  '/connection/create',
  '/connection/edit?name=bank',
  '/connection/delete?name=bank',
  '/connection/settings?name=bank',
  '/shell?name=bank',
  '/files?name=bank',
  '/file?name=bank&path=statement.csv',
  '/scripts',
  '/script/create',
  '/script?name=nightly',
  '/script/run?name=nightly',
  '/script/delete?name=nightly',
  '/manifest',
  '/audit',
  '/nowhere',
] as const

describeWith('chromium', 'the web admin for everybody', () => {
  let rig: WebRig
  let looked: Page

  beforeAll(async () => {
    rig = await startWebRig()
    await writeFile(join(rig.sshd.directory, 'statement.csv'), 'day;sum\n')
    // Axe comes in as a script of the test's own.
    looked = await rig.open({ bypassCSP: true })
    // So that there is something in the audit log.
    await looked.goto('/connection?name=closed')
    await looked.getByRole('button', { name: 'Disable' }).click()
    await looked.getByText('Disabled').first().waitFor()
  })
  afterAll(async () => rig?.[Symbol.asyncDispose]())

  test.each(pages)(
    '%s has nothing serious that axe-core finds, in light and in dark, and fits a phone',
    async (path) => {
      const complaints: string[] = []
      looked.on('pageerror', (error) => complaints.push(error.message))
      await looked.emulateMedia({ colorScheme: 'light' })
      await looked.goto(path)
      expect(await looked.locator('main, h1').count()).toBe(2)
      await looked.evaluate(axe.source)
      expect(await findings(looked)).toEqual([])
      await looked.emulateMedia({ colorScheme: 'dark' })
      expect(await findings(looked, ['color-contrast'])).toEqual([])
      await looked.setViewportSize({ width: 360, height: 740 })
      expect(await looked.evaluate('document.documentElement.scrollWidth')).toBe(360)
      await looked.setViewportSize({ width: 1280, height: 720 })
      expect(complaints).toEqual([])
    },
  )

  test('the page that asks for a log-in has nothing serious either', async () => {
    const context = await rig.browser.newContext({ baseURL: rig.origin, bypassCSP: true })
    const page = await context.newPage()
    await page.goto('/')
    await page.evaluate(axe.source)
    expect(await findings(page)).toEqual([])
    await context.close()
  })

  test('is worked by keyboard: to the content, to a ping, and to a new connection', async () => {
    const page = await rig.open()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')
    await page.getByRole('button', { name: 'Ping bank' }).focus()
    await page.keyboard.press('Enter')
    await page.getByText(/ok, \d+ms/).waitFor()
    await page.getByRole('link', { name: 'Create a new connection' }).focus()
    await page.keyboard.press('Enter')
    await page.getByLabel('Host', { exact: true }).fill('sftp.example')
    await page.keyboard.press('Enter')
    await page.getByText('Not saved').waitFor()
    await page.context().close()
  })

  test('shows what takes effect, and from where', async () => {
    const page = await rig.open()
    await page.goto('/connection/settings?name=bank')
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'port', exact: true }) })
    expect(await row.textContent()).toContain(`${rig.sshd.port}stored`)
    await page.context().close()
  })

  test('the first one takes less than 100 KB, all that it loads together', async () => {
    const page = await rig.open()
    // What the page before it still loads would be gone with it.
    await page.waitForLoadState('networkidle')
    const responses: Response[] = []
    page.on('response', (response) => responses.push(response))
    await page.goto('/', { waitUntil: 'networkidle' })
    const bodies = await Promise.all(responses.map((response) => response.body()))
    const bytes = Buffer.concat(bodies).length
    expect(bytes).toBeGreaterThan(5000)
    expect(bytes).toBeLessThan(100_000)
    await page.context().close()
  })
})
