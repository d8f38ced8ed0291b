import { execFile, spawnSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeWithSshd } from '../support/requirements.ts'
import { ferryPlace, runFerry } from '../support/run-ferry.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

let place: TemporaryDirectory
const program = resolve(import.meta.dirname, '../../bin/ferry.js')

async function candidates(...words: string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await runFerry(['complete', '--', ...words], { home: place.path })
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
  return stdout.trimEnd().split('\n')
}

beforeAll(async () => {
  place = await temporaryDirectory()
  await mkdir(join(place.path, 'bin'))
  await writeFile(join(place.path, 'bin/ferry'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`)
  await chmod(join(place.path, 'bin/ferry'), 0o755)
  await writeFile(join(place.path, 'nightly.sftp'), 'pwd\n')
  for (const name of ['bank', 'bank-two']) {
    await runFerry(['connections', 'create', name, '--host', '192.0.2.1'], { home: place.path })
  }
  const odd = ['connections', 'create', `my "own" $one's`, '--host', '192.0.2.1', '--tags', 'eu']
  await runFerry(odd, { home: place.path })
  await runFerry(['scripts', 'create', 'nightly', '--body', 'pwd'], { home: place.path })
})
afterAll(() => place[Symbol.asyncDispose]())

describe('ferry complete', () => {
  test.each([
    [['pi'], ['ping', ':']],
    [
      ['connections', 'sh'],
      ['show', ':'],
    ],
    [
      ['--json', 'connections', 'show', 'bank-'],
      ['bank-two', ':'],
    ],
    [
      ['ping', 'ban'],
      ['bank', 'bank-two', ':'],
    ],
    [
      ['exec', 'bank', '@'],
      ['@nightly', ':files'],
    ],
    [
      ['scripts', 'show', ''],
      ['nightly', ':'],
    ],
    [
      ['upload', '--lin'],
      ['--links', ':'],
    ],
    [['upload', '--links', ''], expect.arrayContaining(['keep', 'skip', ':'])],
    [['ls', '-i', ''], [':files']],
    [['upload', 'bank', ''], [':files']],
    [['--state', 'st'], [':files']],
    [
      ['connections', 'edit', 'bank', '--transport', 'op'],
      ['openssh', ':'],
    ],
    [
      ['ping', '--tag', ''],
      ['eu', ':'],
    ],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', ':'],
    ],
    [
      ['help', 'pin'],
      ['ping', ':'],
    ],
    [['ls', 'bank', '--', '-'], [':']],
    [['nonsense', ''], [':']],
    [['--nonsense', ''], [':']],
  ])('%j may become %j', async (words, expected) => {
    expect(await candidates(...words)).toEqual(expected)
  })

  test('is in no help', async () => {
    expect((await runFerry(['--help'])).stdout).not.toMatch(/complete\b/)
  })
})

describeWithSshd('ferry complete on a server', () => {
  let server: Sshd
  beforeAll(async () => {
    server = await useSshd()
    await mkdir(join(server.directory, 'done dir'))
    await writeFile(join(server.directory, 'data.csv'), '')
    await writeFile(join(server.directory, 'evil\nname'), '')
  })
  afterAll(() => server.stop())

  test('gives the paths that are there, but none that could not be typed', async () => {
    const address = `sftp://${server.username}@127.0.0.1:${server.port}/${server.directory}`
    const flags = ['-i', server.identityFile, '-o', `UserKnownHostsFile=${server.knownHostsFile}`]
    expect(await candidates('ls', address, ...flags, '')).toEqual(['data.csv', 'done dir/', ':'])
    expect(await candidates('ls', ...flags, address, 'da')).toEqual(['data.csv', ':'])
  })
})

const shells = {
  bash: (line: string) => `source <(ferry completion bash)
    COMP_LINE=${quoted(line)} COMP_POINT=${line.length}
    read -ra COMP_WORDS <<< ${quoted(line)}; [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); compopt() { :; }; _ferry; printf '%s\\n' "\${COMPREPLY[@]}"`,
  fish: (line: string) => `ferry completion fish | source; complete -C ${quoted(line)}`,
} as const
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

async function completed(shell: string, script: string): Promise<string[]> {
  const { env, cwd } = await ferryPlace({ home: place.path })
  const environment = { ...env, PATH: `${place.path}/bin:${env['PATH']}` }
  const { stdout } = await promisify(execFile)(shell, ['-c', script], { cwd, env: environment })
  return stdout
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '')
    .filter((line) => line !== '')
}

for (const [shell, script] of Object.entries(shells)) {
  const missing = spawnSync(shell, ['-c', 'exit 0']).status !== 0
  describe.skipIf(missing)(`ferry completion ${shell}`, () => {
    test.each([
      ['ferry pin', ['ping']],
      ['ferry connections show bank-', ['bank-two']],
      ['ferry exec bank @', ['@nightly']],
      ['ferry exec bank ni', ['nightly.sftp']],
      ['ferry scripts show ', ['nightly']],
    ])('%j becomes %j', async (line, expected) => {
      expect(await completed(shell, script(line))).toEqual(expected)
    })
  })
}

test.each([
  ['ferry ping my', String.raw`my\ \"own\"\ \$one\'s`],
  ['ferry ping "my', String.raw`my \"own\" \$one's`],
  ["ferry ping 'my", String.raw`my "own" $one'\''s`],
])('bash goes on in the quote of %j', async (line, expected) => {
  expect(await completed('bash', shells.bash(line))).toEqual([expected])
})
