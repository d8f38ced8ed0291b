import { describe, expect, test } from 'vitest'
import { runInProcess } from './run-in-process.ts'

const mainHelp = `Declarative SFTP: connections and scripts as code.

Usage: ferry <command> [flags]

  Manage    enmasse  connections  scripts  state
  Run       ping  exec  shell
  Transfer  upload  download  sync  read  write
  Look      ls  info  exists  is-file  is-directory  is-symlink  df
  Change    mkdir  move  rename  delete  symlink  hardlink  chmod  chown  chgrp
  Other     completion  web  help
Start with: ferry enmasse validate deploy.yml, ferry ping --all, ferry <command> --help
`

const pingHelp = `Open a new connection, run its ping command, print the response time.
Usage: ferry ping <connection>… [flags]

      --all             every active connection
      --tag <tag>       every active connection that has the tag (repeatable)
      --count <n>       pings for each (default 1)
      --interval <t>    time between pings of a connection (default 1s)
      --parallel <n>    connections at once (default 8)
  Also: connection flags (-i -o -F -J -P -4 -6 -C), global flags (ferry help flags)
Examples: ferry ping bank; ferry ping 'eu-*' --json | jq -c 'select(.ok | not)'
Exit codes: 3 some failed, 20 could not connect, 21 host key rejected, 22 authentication failed, 23 timed out
`

describe('help', () => {
  test.each([[['--help']], [['help']], [['--json', '--help']], [['help', '--help']]])(
    'ferry %j shows the commands in groups',
    async (args) => {
      expect(await runInProcess(args)).toEqual({ status: 0, stdout: mainHelp, stderr: '' })
    },
  )

  test('no command at all is wrong usage, and shows the same on stderr', async () => {
    expect(await runInProcess([])).toEqual({ status: 2, stdout: '', stderr: mainHelp })
  })

  test.each([
    [['ping', '--help']],
    [['--help', 'ping']],
    [['help', 'ping']],
    [['ping', 'a', '--count', '3', '--help']],
  ])('ferry %j shows what the command takes', async (args) => {
    expect(await runInProcess(args)).toEqual({ status: 0, stdout: pingHelp, stderr: '' })
  })

  test('an alias is of the same command', async () => {
    const { stdout } = await runInProcess(['create-directory', '--help'])
    expect(stdout).toContain('Usage: ferry mkdir <connection> <path> [flags]\nAlias: create-directory\n')
  })

  test('ferry help flags tells of the flags that are left out elsewhere', async () => {
    const { stdout, status } = await runInProcess(['help', 'flags'])
    expect(status).toBe(0)
    expect(stdout).toContain(
      "  -F, --ssh-config <file>     configuration file instead of the user's (none for no file)\n",
    )
    expect(stdout).toContain('      --deadline <duration>        how long the whole command may take\n')
  })

  test('-h is never help', async () => {
    expect(await runInProcess(['mkdir', 'bank', '-h'])).toEqual({
      status: 2,
      stdout: '',
      stderr: 'ferry: unknown flag "-h"\n  hint: did you mean "--help"?\n',
    })
  })
})

describe('the version', () => {
  test('is one line', async () => {
    const { stdout, status } = await runInProcess(['--json', '--version'])
    expect(stdout).toMatch(/^ferry \d+\.\d+\.\d+\n$/)
    expect(status).toBe(0)
  })

  test('with -v tells what it stands on', async () => {
    const { stdout } = await runInProcess(['-v', '--version'])
    expect(stdout).toMatch(/^ferry \S+\nnode \d\S+\nssh2 \d\S+\nOpenSSH \S+( \S+)?\n$/)
  })
})

describe('wrong usage ends with 2 and says what to type', () => {
  const cases: readonly (readonly [string[], string])[] = [
    [['pnig', 'bank'], 'unknown command "pnig"\n  hint: did you mean "ping"?'],
    [['frobnicate', 'bank'], 'unknown command "frobnicate"\n  hint: ferry --help'],
    [['help', 'mkdri'], 'unknown command "mkdri"\n  hint: did you mean "mkdir"?'],
    [['--jsn', 'ls', 'bank'], 'unknown flag "--jsn"\n  hint: did you mean "--json"?'],
    [['ls', 'bank', '--json=1'], 'ls: flag "--json" takes no value\n  hint: ferry ls <connection> [path] [flags]'],
    [['ls', 'bank', '--recursiv'], 'unknown flag "--recursiv"\n  hint: did you mean "--recursive"?'],
    [['rm', 'bank', '-x'], 'unknown flag "-x"\n  hint: if it is a path or a value, put "--" before it: -- -x'],
    [['mkdir', 'bank'], 'mkdir: missing <path>\n  hint: ferry mkdir <connection> <path> [flags]'],
    [['read', 'bank', 'a', 'b'], 'read: too many arguments\n  hint: ferry read <connection> <remote> [flags]'],
    [['ls', 'bank', '-P'], 'ls: flag "-P, --port <n>" needs a value\n  hint: ferry ls <connection> [path] [flags]'],
    [['ls', 'bank', '-P', '70000'], '--port: "70000" is not a port\n  hint: a number from 1 to 65535'],
    [['ping', 'bank', '--count', '0'], '--count: "0" is not a whole number of at least 1'],
    [['ping'], 'missing <connection>\n  hint: ferry ping <connection>… or ferry ping --all'],
    [
      ['ls', 'bank', '--timeout', 'soon'],
      '--timeout: invalid duration "soon"\n  hint: as 30s, 1m30s or 250ms; a bare number is seconds',
    ],
    [
      ['ls', 'bank', '-4', '-6'],
      'ls: flag "-4" cannot be used with flag "-6"\n  hint: ferry ls <connection> [path] [flags]',
    ],
    [
      ['upload', 'bank', 'a', 'b', '--links', 'eat'],
      'upload: flag "--links <how>": "eat" is none of keep, follow, skip\n  hint: ferry upload <connection> <local>… <remote> [flags]',
    ],
    [['upload', 'bank', 'a'], 'missing <remote>\n  hint: ferry upload <connection> <local>… <remote>'],
    [['get', 'bank', 'a'], 'missing <local>\n  hint: ferry download <connection> <remote>… <local>'],
    [['exec', 'bank'], "missing <script>\n  hint: ferry exec <connection>… <script>, or -c 'COMMANDS'"],
    [['exec', 'bank', '-c', 'ls', '--var', 'x'], '--var: "x" is not name=value'],
    [['chmod', 'bank', '0999', 'a'], 'invalid mode "0999"\n  hint: octal digits as 0644, or clauses as u+x,go-w'],
    [['chown', 'bank', ':', 'a'], 'invalid owner ":"\n  hint: owner, owner:group or :group'],
  ]
  test.each(cases)('ferry %j', async (args, told) => {
    expect(await runInProcess(args)).toEqual({ status: 2, stdout: '', stderr: `ferry: ${told}\n` })
  })

  test('a path that begins with a dash comes after --', async () => {
    const { stderr } = await runInProcess(['mkdir', 'bank', '--', '-x', '--help'])
    expect(stderr).toContain('mkdir: too many arguments')
  })

  test('with --json it is an object, wherever the flag stands', async () => {
    const { stderr, status } = await runInProcess(['mkdir', '--jsn', 'bank', '--json'])
    expect(status).toBe(2)
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'usage', exit_code: 2, message: 'unknown flag "--jsn"', hint: 'did you mean "--json"?' },
    })
  })

  test('a value may be --json and does not make it so', async () => {
    const { stderr } = await runInProcess(['exec', '-c', '--json', 'bank', '--var', 'x'])
    expect(stderr).toMatch(/^ferry: /)
  })
})

describe('a bug', () => {
  // promise: three-lines
  test('is 70, one line and a hint, and its stack shows with FERRY_DEBUG=1', async () => {
    const broken = {
      [Symbol.iterator]: (): Iterator<string> => {
        throw new TypeError('x\nis not iterable')
      },
    }
    const args = Object.assign([], broken)
    const { stderr, status } = await runInProcess(args)
    expect(status).toBe(70)
    expect(stderr).toBe(
      'ferry: a bug in ferry: TypeError: x\\nis not iterable\n  hint: FERRY_DEBUG=1 shows where; please report it with the command line\n',
    )
    const debugged = await runInProcess(args, { environment: { FERRY_DEBUG: '1' } })
    expect(debugged.stderr).toMatch(/\n {4}at .*run-in-process|\n {4}at /)
  })
})
