import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWithSshd } from '../support/requirements.ts'
import { collect, endOf, runFerry } from '../support/run-ferry.ts'
import { runInTerminal, type TerminalOptions, type TerminalResult } from '../support/run-in-terminal.ts'
import { gate } from '../support/sftp-server/acts.ts'
import { startSftpServer } from '../support/sftp-server/start-sftp-server.ts'
import { type Sshd, useSshd } from '../support/sshd.ts'
import { type TemporaryDirectory, temporaryDirectory } from '../support/temporary-directory.ts'

let server: Sshd
let place: TemporaryDirectory

const words = (): string[] => [
  'shell',
  `sftp://${server.username}@127.0.0.1:${server.port}/${server.directory}`,
  ...['-i', server.identityFile, '-o', `UserKnownHostsFile=${server.knownHostsFile}`],
]
const historyFile = (): string => join(place.path, '.local/state/ferry/history')
/** A prompt that waits for a line, in this directory. */
const prompt = (end = ''): RegExp => new RegExp(`${end}> (?:\\x1b\\[\\d+G)$`)
/** Types each line at a new prompt, and Ctrl-D at the last. */
const shell = (typing: TerminalOptions['typing'], options: TerminalOptions = {}): Promise<TerminalResult> =>
  runInTerminal(words(), {
    home: place.path,
    cwd: place.path,
    columns: 160,
    inTurn: true,
    ...options,
    typing: typing ?? [],
  })
const line = (text: string, at = prompt()): { at: RegExp; text: string } => ({ at, text: `${text}\r` })
const leave = { at: prompt(), text: '\x04' }
/** What is on the screen behind the greeting, without the long beginning of the prompts. */
const shown = ({ screen }: TerminalResult): string[] =>
  screen
    .split('\n')
    .slice(1)
    .map((row) => row.replace(/^\S+?:\d+:/, '').replaceAll(server.directory, 'D'))

describeWithSshd('ferry shell at a terminal', () => {
  beforeAll(async () => {
    place = await temporaryDirectory()
    server = await useSshd()
    await mkdir(join(server.directory, 'done'))
    await mkdir(join(server.directory, 'with blank'))
    await writeFile(join(server.directory, 'invoices.csv'), 'a,b\n')
    await writeFile(join(server.directory, 'done', 'old.txt'), 'old')
    await writeFile(join(server.directory, 'evil\x1b[2J\u202ename'), 'E')
    await writeFile(Buffer.concat([Buffer.from(join(server.directory, 'latin')), Buffer.of(0xe9)]), 'L')
    await writeFile(join(place.path, 'local file.txt'), 'local')
  })
  afterAll(async () => {
    await server.stop()
    await place[Symbol.asyncDispose]()
  })

  test('greets, shows where it is, tells failures in a line, and ends at Ctrl-D', async () => {
    const result = await shell([line('cd done'), line('ls -1'), line('get invoces.csv'), line('gte x'), leave])
    expect(result.screen).toMatch(
      /^Connected to \S+@127\.0\.0\.1:\d+ \(SFTP version 3\)\. "help" lists commands, Ctrl-D leaves\./,
    )
    expect(shown(result)).toEqual([
      'D> cd done',
      'D/done> ls -1',
      'old.txt',
      'D/done> get invoces.csv',
      'get invoces.csv: no such file or directory',
      'D/done> gte x',
      'invalid command "gte" (did you mean "get"?)',
      'D/done>',
    ])
    expect(result.exitCode).toBe(0)
  })

  test('completes commands, remote paths and local paths', async () => {
    const result = await shell([
      { at: prompt(), text: 'mkd\t' },
      { at: /mkdir $/, text: 'new\r' },
      { at: prompt(), text: 'get inv\t' },
      { at: /invoices\.csv $/, text: 'copy.csv\r' },
      { at: prompt(), text: 'cd wi\t' },
      { at: /with\\ blank\/$/, text: '\r' },
      { at: prompt(), text: 'put loc\t' },
      { at: /local\\ file\.txt $/, text: 'there\r' },
      { at: prompt(), text: 'quit\r' },
    ])
    expect(result.exitCode).toBe(0)
    expect(await readFile(join(place.path, 'copy.csv'), 'utf8')).toBe('a,b\n')
    expect(await readFile(join(server.directory, 'with blank', 'there'), 'utf8')).toBe('local')
    expect(await readdir(server.directory)).toContain('new')
  })

  // promise: safe-text
  test('completes hostile names without showing them raw, and reads them back', async () => {
    const result = await shell([
      { at: prompt(), text: 'rename evil\t' },
      { at: /name $/, text: 'tame\r' },
      { at: prompt(), text: 'rename lat\t' },
      { at: /latin\ufffd $/, text: 'latin1\r' },
      leave,
    ])
    expect(result.output).not.toContain('\x1b[2J')
    expect(result.output).not.toContain('\u202e')
    expect(await readdir(server.directory)).toEqual(expect.arrayContaining(['tame', 'latin1']))
  })

  test('Ctrl-C at the prompt gives up the line', async () => {
    const result = await shell([
      { at: prompt(), text: 'rm invoices.csv' },
      { at: /rm invoices\.csv$/, text: '\x03' },
      { at: /\^C[\s\S]*> \S+$/, text: 'lpwd\r' },
      leave,
    ])
    expect(shown(result).slice(0, 3)).toEqual(['D> rm invoices.csv^C', 'D> lpwd', expect.stringContaining(place.path)])
    expect(await readdir(server.directory)).toContain('invoices.csv')
  })

  test('connects again after the connection was lost, where it was', async () => {
    // Whether ferry has noticed by then or not: the line in which it notices may be cut, and the next one is not.
    const drop = { at: prompt(), before: () => server.dropConnections(), text: 'ls -1 old.txt\r' }
    const typing = [line('lumask 077'), line('cd done'), drop, line('mkdir after'), line('lmkdir mine'), leave]
    const result = await shell(typing)
    expect(result.screen.match(/, connecting again$/gm)).toHaveLength(1)
    expect(shown(result).at(-1)).toBe('D/done>')
    expect(await readdir(join(server.directory, 'done'))).toContain('after')
    expect((await stat(join(place.path, 'mine'))).mode & 0o777).toBe(0o700)
    expect(result.exitCode).toBe(0)
  })

  test('stays where no new connection can be made', async () => {
    await using other = await useSshd()
    const args = [...words()]
    args[1] = `sftp://${other.username}@127.0.0.1:${other.port}`
    args[5] = `UserKnownHostsFile=${other.knownHostsFile}`
    args[3] = other.identityFile
    const typing = [{ at: prompt(), before: () => other.stop(), text: 'ls\r' }, line('lpwd'), leave]
    const result = await runInTerminal(args, { home: place.path, cwd: place.path, columns: 160, inTurn: true, typing })
    expect(result.screen).toMatch(/, connecting again\nshell sftp:.*\n.*> lpwd\nLocal working directory: /)
    expect(result.exitCode).toBe(0)
  })

  test('Ctrl-C ends a transfer, and the session goes on', async () => {
    const reading = gate()
    const root = join(place.path, 'served')
    await mkdir(root)
    await writeFile(join(root, 'big'), 'x'.repeat(1_000_000))
    const users = [{ name: 'deploy', password: 'hunter2' }]
    await using other = await startSftpServer({ root, users, faults: [{ on: 'read', act: reading.act }] })
    const args = ['shell', `sftp://deploy@127.0.0.1:${other.port}`, '-o', 'StrictHostKeyChecking=accept-new', '-q']
    const typing = [
      line('get big'),
      { at: /get big/, before: () => reading.reached, text: '\x03' },
      { at: prompt(), before: async () => reading.open(), text: 'pwd\r' },
      leave,
    ]
    const env = { FERRY_PASSWORD: 'hunter2' }
    const result = await runInTerminal(args, { home: place.path, cwd: place.path, inTurn: true, env, typing })
    expect(result.screen).toMatch(/> get big\ninterrupted\n.*> pwd\nRemote working directory: \/\n/)
    expect(result.exitCode).toBe(0)
  })

  test('ends with 143 at SIGTERM', async () => {
    const result = await shell([line('!kill -TERM $PPID')])
    expect(result.screen).toMatch(/ferry: shell \S+: terminated$/)
    expect(result.exitCode).toBe(143)
  })

  test('loglevel changes what is told, and help lists it', async () => {
    const result = await shell([
      line('loglevel'),
      line('loglevel 1'),
      line('loglevel 7'),
      line('pwd'),
      line('help'),
      leave,
    ])
    expect(shown(result)).toEqual(expect.arrayContaining(['Log level 0', 'loglevel: "7" is no level from 0 to 4']))
    expect(result.screen).toMatch(/\nOf this shell:\nloglevel \[0-4\] /)
  })

  test('loglevel 2 tells the requests of the connection that is open', async () => {
    const result = await shell([line('loglevel 2'), line('ls nothing'), line('loglevel 0'), line('ls nothing'), leave])
    expect(result.screen.match(/request \d+: stat \S+nothing$/gm)).toHaveLength(1)
  })

  test.each([true, false])('goes on with its line behind Ctrl-Z, stopped (%s)', async (stops) => {
    const typing = [
      { at: prompt(), text: 'lpw' },
      { at: /lpw$/, text: '\x1a' },
      { at: /> (?:\S+)?lpw\S*$/, text: 'd\r' },
      leave,
    ]
    const result = await shell(typing, { stops })
    expect(result.screen).toContain(`> lpwd\nLocal working directory: ${place.path}\n`)
    expect(result.exitCode).toBe(0)
  })

  test('keeps its history for its owner, across runs', async () => {
    await shell([line('lpwd'), line(' secret'), leave])
    expect((await stat(historyFile())).mode & 0o777).toBe(0o600)
    expect(await readFile(historyFile(), 'utf8')).toMatch(/lpwd\n$/)
    const result = await shell([{ at: prompt(), text: '\x1b[A' }, { at: /lpwd(?:\x1b\[\d+G)?$/, text: '\r' }, leave])
    expect(shown(result)[0]).toBe('D> lpwd')
  })

  test.each([
    'cd done\nls -1\nget nothing\nnonsense\n-rm nothing\npwd\nquit\nmkdir never\n',
    'get nothing\n',
    '',
    'ls -1 "x',
  ])('without a terminal it does what sftp does with what is piped into it: %j', async (stdin) => {
    const result = await runFerry(words(), { stdin })
    const sftp = await piped('sftp', ['-q', ...sftpWords()], stdin)
    expect(result.stdout).toBe(sftp.stdout.replaceAll(/^sftp> .*\n/gm, ''))
    expect(result.exitCode).toBe(sftp.exitCode)
    expect(result.stderr.split('\n').length).toBe(sftp.stderr.split('\n').length)
  })

  test('without a terminal -v and loglevel show the commands on stderr', async () => {
    const { stderr } = await runFerry(words(), { stdin: 'pwd\nloglevel 1\npwd\n' })
    expect(stderr).toMatch(/^\S+ pwd\n$/)
  })

  test('without a terminal --json is a line for each command, failures among them', async () => {
    const result = await runFerry([...words(), '--json'], { stdin: 'pwd\n# nothing\nget nothing\n' })
    const lines = result.stdout.trim().split('\n')
    expect(lines.map((text) => JSON.parse(text))).toMatchObject([
      { command_no: 1, line: 1, command: 'pwd', ok: true, output: `Remote working directory: ${server.directory}\n` },
      { command_no: 2, line: 3, ok: false, error: { code: 'not_found' } },
    ])
    expect(result).toMatchObject({ stderr: '', exitCode: 0 })
  })
})

const sftpWords = (): string[] => [
  ...['-i', server.identityFile, '-o', `UserKnownHostsFile=${server.knownHostsFile}`, '-P', `${server.port}`],
  `${server.username}@127.0.0.1:${server.directory}`,
]

async function piped(program: string, args: readonly string[], stdin: string) {
  const child = spawn(program, args, { cwd: place.path, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.end(stdin)
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  const { exitCode } = await endOf(child)
  return { stdout: stdout.bytes().toString('utf8'), stderr: stderr.bytes().toString('utf8'), exitCode }
}
