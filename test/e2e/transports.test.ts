import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { programPath } from '../support/openssh.ts'
import { describeWithSshd } from '../support/requirements.ts'
import { runFerry, startFerry } from '../support/run-ferry.ts'
import { startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

let sshd: Sshd

beforeAll(async () => {
  sshd = await useSshd()
})

afterAll(() => sshd?.stop())

/** The fields of a connection `bank` by each transport, which lead to the same folder. */
const transports: Readonly<Record<string, () => readonly string[]>> = {
  ssh: () => ['  transport: ssh', ...login()],
  openssh: () => ['  transport: openssh', ...login()],
  command: () => ['  transport: command', `  command: ["${programPath('sftp-server')}", "-d", "${sshd.directory}"]`],
}

const login = (): string[] => [
  `  port: ${sshd.port}`,
  `  username: ${sshd.username}`,
  `  identity_file: ${sshd.identityFile}`,
  `  known_hosts_file: ${sshd.knownHostsFile}`,
]

async function bank(fields: readonly string[]): Promise<(args: readonly string[], stdin?: string) => Promise<string>> {
  const folder = await temporaryDirectory()
  onTestFinished(() => folder[Symbol.asyncDispose]())
  const home = folder.path
  await writeFile(
    join(home, 'deploy.yml'),
    ['connections:', '- name: bank', '  host: 127.0.0.1', ...fields, ''].join('\n'),
  )
  const ferry = async (args: readonly string[], stdin = ''): Promise<string> => {
    const { exitCode, stdout, stderr } = await runFerry(args, { home, stdin })
    expect({ args, exitCode, stderr }).toMatchObject({ exitCode: 0 })
    return stdout
  }
  await ferry(['enmasse', 'import', 'deploy.yml'])
  return ferry
}

describeWithSshd('the same operations', () => {
  test.each(Object.keys(transports))(
    'work over the transport %s',
    async (transport) => {
      const ferry = await bank(transports[transport]?.() ?? [])
      const local = await temporaryDirectory()
      onTestFinished(() => local[Symbol.asyncDispose]())
      const tree = join(local.path, 'tree')
      await mkdir(join(tree, 'below'), { recursive: true })
      await writeFile(join(tree, 'one'), 'one\n')
      await writeFile(join(tree, 'below/two'), 'x'.repeat(300_000))

      expect(JSON.parse(await ferry(['ping', 'bank', '--json']))).toMatchObject({ ok: true, transport })
      const root = `${transport}-root`
      await ferry(['mkdir', 'bank', root])
      await ferry(['upload', 'bank', tree, `${root}/tree`])
      expect(await ferry(['ls', 'bank', `${root}/tree`])).toBe('below\none\n')
      await ferry(['write', 'bank', `${root}/written`, '-q'], 'written\n')
      expect(await ferry(['read', 'bank', `${root}/written`])).toBe('written\n')
      await ferry(['chmod', 'bank', '0640', `${root}/written`])
      expect(JSON.parse(await ferry(['info', 'bank', `${root}/written`, '--json']))).toMatchObject({
        permissions_octal: '0640',
        size: 8,
      })
      await ferry(['move', 'bank', `${root}/written`, `${root}/moved`])
      await ferry(['symlink', 'bank', 'moved', `${root}/link`])
      expect(await ferry(['exec', 'bank', '-c', `ls -1 ${root}`])).toMatch(/link.*moved.*tree/s)
      await ferry(['download', 'bank', `${root}/tree`, join(local.path, 'back')])
      expect(await readFile(join(local.path, 'back/below/two'), 'utf8')).toBe('x'.repeat(300_000))
      await ferry(['delete', '-r', 'bank', root])
      expect(await readdir(sshd.directory)).not.toContain(root)
    },
    180_000,
  )
})

describeWithSshd('transport openssh', () => {
  // promise: interrupt
  test('Ctrl-C while it connects ends ssh as well, and is 130', async () => {
    await using silent = await startSftpServer({ root: '/', users: [], loginFaults: [{ at: 'connect', act: 'hang' }] })
    await using folder = await temporaryDirectory()
    const port = String(silent.port)
    const file = join(folder.path, 'config')
    await writeFile(file, 'CanonicalizeHostname yes\nCanonicalDomains invalid\n')
    const ferry = await startFerry(['ls', 'sftp://127.0.0.1', '-P', port, '-F', file, '-v'], { home: folder.path })
    await ferry.until('stderr', /using the system's ssh: CanonicalizeHostname needs it.*Connecting to/s)
    ferry.kill('SIGINT')
    expect(await ferry.result).toMatchObject({ exitCode: 130 })
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
    expect(lines.filter((line) => line.startsWith('ssh\0') && line.includes(port))).toEqual([])
  })
})
