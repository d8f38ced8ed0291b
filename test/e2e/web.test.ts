import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeWith } from '../support/requirements.ts'
import { runFerry } from '../support/run-ferry.ts'
import { startWebRig, type WebRig } from '../support/web-rig.ts'

describeWith('chromium', 'the web admin in a browser', () => {
  let rig: WebRig
  let page: Page

  beforeAll(async () => {
    rig = await startWebRig()
    page = await rig.open()
  })
  afterAll(async () => rig?.[Symbol.asyncDispose]())
  beforeEach(async () => {
    await page.goto('/')
  })

  const row = (name: string) =>
    page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) })

  test('searching and tags narrow the list of connections', async () => {
    await page.getByLabel('Search').fill('statements')
    await row('closed').waitFor({ state: 'detached' })
    expect(await page.getByRole('rowheader').allTextContents()).toEqual(['bank'])
    await page.getByRole('link', { name: 'eu' }).click()
    await row('closed').waitFor()
    expect(await page.getByRole('rowheader').allTextContents()).toEqual(['bank', 'closed'])
  })

  test('a ping shows its response time, or the whole reason; the list remembers it', async () => {
    await page.getByRole('button', { name: 'Ping bank' }).click()
    await row('bank')
      .getByText(/ok, \d+ms/)
      .waitFor()
    await page.getByRole('button', { name: 'Ping closed' }).click()
    await row('closed').getByText('connection refused').waitFor()
    await page.reload()
    expect(await row('bank').textContent()).toMatch(/ok, \d+ms/)
    expect(await row('closed').textContent()).toContain('could not connect to 127.0.0.1:1')
  })

  test('pinging all shows each result as it comes, that of a dead server too', async () => {
    await page.getByRole('button', { name: 'Ping all' }).click()
    await row('bank')
      .getByText(/ok, \d+ms/)
      .waitFor()
    await row('dead').getByText('failed').waitFor()
    expect(await row('dead').textContent()).toMatch(/1s|timed out/)
    await page.getByText('2 of 3 failed').waitFor()
  })

  test('a connection is created, edited, renamed, disabled and deleted', async () => {
    await page.getByRole('link', { name: 'Create a new connection' }).click()
    await page.getByLabel('Name', { exact: true }).fill('made')
    await page.getByLabel('Host', { exact: true }).fill('sftp.example')
    expect(await page.getByLabel('Port', { exact: true }).getAttribute('placeholder')).toBe('22')
    await page.getByLabel('Port', { exact: true }).fill('99999')
    await page.getByLabel('User name').focus()
    await page.locator('#fault-port').getByText('from 1 to 65535').waitFor()
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByText('Not saved').waitFor()
    await page.getByLabel('Port', { exact: true }).fill('2222')
    await page.getByLabel('Where the secret is: password').selectOption('literal')
    await page.locator('#field-password').fill('correct horse')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { name: 'made' }).waitFor()
    expect(await page.content()).not.toContain('correct horse')
    await page.getByRole('link', { name: 'Edit' }).click()
    expect(await page.content()).not.toContain('correct horse')
    await page.getByLabel('Timeout').fill('1m')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    const shown = async () =>
      JSON.parse((await runFerry(['connections', 'list', '--json'], { home: rig.home })).stdout).find(
        ({ name }: { name: string }) => name.startsWith('made'),
      )
    expect(await shown()).toMatchObject({ host: 'sftp.example', port: 2222, timeout: '1m', password: '(sensitive)' })
    await page.getByLabel('New name').fill('made anew')
    await page.getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('heading', { name: 'made anew' }).waitFor()
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByText('inactive').waitFor()
    expect(await shown()).toMatchObject({ name: 'made anew', active: false })
    await page.getByRole('link', { name: 'Delete…' }).click()
    await page.getByRole('link', { name: 'Keep it' }).click()
    await page.getByRole('link', { name: 'Delete…' }).click()
    await page.getByRole('button', { name: 'Delete made anew' }).click()
    await page.getByText('Deleted.').waitFor()
    expect(await shown()).toBeUndefined()
  })

  test('the shell streams the output, tells the time of each command, and keeps a history', async () => {
    await writeFile(join(rig.sshd.directory, 'in the shell.csv'), 'x')
    await page.getByRole('link', { name: 'Command shell of bank' }).click()
    await page.getByLabel('Commands, one a line').fill('pwd\nls -1\nrename nothing something')
    await page.getByLabel('Log level').selectOption('2')
    await page.getByLabel('Commands, one a line').press('Control+Enter')
    await page.getByText('failed, see the messages').waitFor()
    const output = await page.getByRole('log', { name: 'Output of bank' }).textContent()
    expect(output).toContain('in the shell.csv')
    expect(output).toMatch(/#1 pwd ok Response time: \d+ms/)
    expect(output).toMatch(/#3 rename nothing something failed/)
    const messages = await page.getByRole('log', { name: 'Messages of bank' }).textContent()
    expect(messages).toContain('no such file or directory')
    expect(messages?.split('\n').length).toBeGreaterThan(2)
    await page.reload()
    await page.getByRole('button', { name: /pwd.*ls -1/ }).click()
    expect(await page.getByLabel('Commands, one a line').inputValue()).toContain('ls -1')
  })

  test('the shell refuses local commands, and checks while one types', async () => {
    await page.goto('/shell?name=bank')
    await page.getByLabel('Commands, one a line').fill('lsx')
    await page.locator('#check').getByText('line:1').waitFor()
    await page.getByLabel('Commands, one a line').fill(`!touch ${join(rig.home, 'pwned')}`)
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByText('does not allow local commands').waitFor()
    await expect(readFile(join(rig.home, 'pwned'))).rejects.toThrow()
  })

  test('a command is stopped, also while a dead server says nothing', async () => {
    await runFerry(['connections', 'edit', 'dead', '--timeout', '60s'], { home: rig.home })
    await page.goto('/shell?name=dead')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByText('running…').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.locator('#run-status').getByText('stopped').waitFor()
    await runFerry(['connections', 'edit', 'dead', '--timeout', '1s'], { home: rig.home })
  })

  test('a stored script runs with its parameters in the shell', async () => {
    await page.goto('/shell?name=bank')
    await page.locator('summary').getByText('nightly').click()
    await page.getByLabel('day').fill('a day; x')
    await page.getByRole('button', { name: 'Run nightly' }).click()
    await page.locator('#run-status').getByText('done').waitFor()
    expect(await page.getByRole('log', { name: 'Output of bank' }).textContent()).toContain('a day; x')
  })

  test('files are uploaded, seen, downloaded, renamed, changed and deleted', async () => {
    await page.getByRole('link', { name: 'Files of bank' }).click()
    await page.getByLabel('New directory').fill('inbox')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('link', { name: 'inbox', exact: true }).first().click()
    await page.getByText('The directory is empty.').waitFor()
    await page.getByLabel(/Drop files here/).setInputFiles({
      name: 'café <b>.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('hello\n<script>alert(1)</script>\n'),
    })
    await page.getByRole('link', { name: 'café <b>.txt', exact: true }).click()
    expect(await page.locator('pre').textContent()).toBe('hello\n<script>alert(1)</script>\n')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ])
    expect(download.suggestedFilename()).toMatch(/^café .b.\.txt$/)
    expect(await readFile(await download.path(), 'utf8')).toContain('hello')
    await page.getByLabel('Mode').fill('0600')
    await page.getByRole('button', { name: 'Change mode' }).click()
    await page.getByText('rw-------').waitFor()
    await page.getByRole('link', { name: 'Manage café <b>.txt' }).click()
    await page.getByLabel('New name or path').fill('plain.txt')
    await page.getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('link', { name: 'Manage plain.txt' }).click()
    await page.getByText('Delete plain.txt').click()
    await page.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByText('The directory is empty.').waitFor()
  })

  test('where a server cannot be reached, its files are a page that says why', async () => {
    await page.getByRole('link', { name: 'Files of closed' }).click()
    await page.getByRole('alert').getByText('could not connect to 127.0.0.1:1: connection refused').waitFor()
  })

  test('a dropped file is uploaded; one that exists stays unless it is to be replaced', async () => {
    await writeFile(join(rig.sshd.directory, 'kept.txt'), 'old')
    await page.goto('/files?name=bank')
    const drop = async (text: string) => {
      const data = await page.evaluateHandle(`(() => {
        const transfer = new DataTransfer()
        transfer.items.add(new File([${JSON.stringify(text)}], 'kept.txt'))
        return transfer
      })()`)
      await page.locator('.drop').dispatchEvent('drop', { dataTransfer: data })
    }
    await drop('new')
    await page.locator('#uploads').getByText('already exists').waitFor()
    expect(await readFile(join(rig.sshd.directory, 'kept.txt'), 'utf8')).toBe('old')
    await page.getByLabel('Replace files that exist').check()
    await Promise.all([page.waitForEvent('load'), drop('new')])
    expect(await readFile(join(rig.sshd.directory, 'kept.txt'), 'utf8')).toBe('new')
  })

  test('a script is checked while it is typed, saved, and run on several connections', async () => {
    await page.getByRole('link', { name: 'Scripts' }).click()
    await page.getByRole('link', { name: 'Create a new script' }).click()
    await page.getByLabel('Name').fill('look')
    await page.getByLabel('Text').fill('pwd\nlss')
    await page.locator('#check').getByText('line:2').waitFor()
    await page.getByLabel('Text').fill('pwd')
    await page.locator('#check').getByText('No mistakes').waitFor()
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('link', { name: 'Run' }).click()
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByRole('alert').getByText('no connection is chosen').waitFor()
    await page.getByLabel('bank').check()
    await page.getByLabel('closed').check()
    await page.getByRole('button', { name: 'Run' }).click()
    await page.getByText('1 of 2 failed').waitFor()
    expect(await page.getByRole('log', { name: 'Output of bank' }).textContent()).toContain(rig.sshd.directory)
    expect(await page.getByRole('log', { name: 'Messages of closed' }).textContent()).toContain('connection refused')
  })

  test('a manifest is planned with its differences, applied, and warns where it owns what is edited', async () => {
    await page.getByRole('link', { name: 'Manifest' }).click()
    await page.getByLabel('Or paste it').fill('name: billing\nconnections:\n  - name: shop\n    hots: x\n')
    await page.getByRole('button', { name: 'Plan' }).click()
    await page.getByText('did you mean "host"?').waitFor()
    await page.getByLabel('Choose a file').setInputFiles({
      name: 'billing.yml',
      mimeType: 'text/yaml',
      buffer: Buffer.from('name: billing\nconnections:\n  - name: shop\n    host: shop.example\n'),
    })
    await page.waitForFunction("document.querySelector('#file').value === 'billing.yml'")
    await page.getByRole('button', { name: 'Plan' }).click()
    await page.getByRole('heading', { name: 'Plan: 1 to create' }).waitFor()
    expect(await page.locator('.plan').textContent()).toContain('shop.example')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByRole('heading', { name: 'Imported: 1 created' }).waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'What “billing” owns' }).click(),
    ])
    expect(await readFile(await download.path(), 'utf8')).toContain('host: shop.example')
    await page.goto('/connection/edit?name=shop')
    await page.getByText('belongs to the manifest “billing”').waitFor()
    await page.getByLabel('Port', { exact: true }).fill('2022')
    await page.getByRole('button', { name: 'Save' }).click()
    expect(await page.locator('.warning pre').textContent()).toContain('port: 2022')
  })
})
