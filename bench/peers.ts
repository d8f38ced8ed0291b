import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { treeDirectories } from './files.ts'
import { isInstalled } from './install.ts'

export type Act =
  | { readonly kind: 'list' | 'delete'; readonly path: string; readonly files?: number }
  | { readonly kind: 'get' | 'put' | 'get-tree' | 'put-tree'; readonly from: string; readonly to: string }
  /** So many connections to the server, each asked for a listing, by one process where the peer can. */
  | { readonly kind: 'ping'; readonly connections: number }

/** Where the server is, and how to get in. */
export interface Target {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly identityFile: string
  /** The same key in PuTTY's format. */
  readonly puttyKeyFile: string
  readonly fingerprint: string
  /** A configuration for OpenSSH's ssh, with a host `bench`. */
  readonly sshConfig: string
  /** A state of ferry's, with a connection `bench`, and one with as many connections as are pinged. */
  readonly state: string
  readonly manyState: string
  /** Runs a command where the line is as long as it should be. */
  readonly through: readonly string[]
  /** Whether the line is long: some peers are then better with other settings. */
  readonly isFar: boolean
  /** For files of commands. */
  readonly folder: string
}

export interface Peer {
  readonly name: string
  readonly isInstalled: boolean
  /** What to run; absent where the peer has no such thing. */
  readonly command: (act: Act, target: Target) => readonly string[] | undefined
}

const node = process.execPath
const root = join(import.meta.dirname, '..')

export function ferry({ noAddon = false, flags = [] }: { noAddon?: boolean; flags?: readonly string[] } = {}): Peer {
  const program = [node, ...(noAddon ? ['--no-addons'] : []), join(root, 'bin/ferry.js'), ...flags]
  return {
    name: 'ferry',
    isInstalled: true,
    command: (act, { state, manyState }) => {
      const run = (...args: string[]): string[] => [...program, '--state', state, ...args]
      switch (act.kind) {
        case 'list':
          return run('ls', 'bench', act.path)
        case 'delete':
          return run('delete', '-r', 'bench', act.path)
        case 'get':
        case 'get-tree':
          return run('download', 'bench', act.from, act.to)
        case 'put':
        case 'put-tree':
          return run('upload', 'bench', act.from, act.to)
        case 'ping':
          return [...program, '--state', manyState, 'ping', '--all']
      }
    },
  }
}

const sftp = (name: string, flags: readonly string[]): Peer => ({
  name,
  isInstalled: isInstalled('sftp'),
  command: (act, target) => {
    const { sshConfig, folder } = target
    const start = ['sftp', '-q', ...flags, '-F', sshConfig]
    if (act.kind === 'ping') {
      const lines = batch(folder, 'ls .')
      const each = [...start, '-b', lines, 'bench'].join(' ')
      return ['sh', '-c', `seq ${act.connections} | xargs -P8 -I{} ${each}`]
    }
    return [...start, '-b', batch(folder, ...sftpLines(act)), 'bench']
  },
})

function sftpLines(act: Exclude<Act, { kind: 'ping' }>): string[] {
  switch (act.kind) {
    case 'list':
      return [`ls -1 ${act.path}`]
    case 'delete':
      return [
        ...treeDirectories(act.files ?? 0).flatMap((name) => [`rm ${act.path}/${name}/*`, `rmdir ${act.path}/${name}`]),
        `rmdir ${act.path}`,
      ]
    case 'get':
    case 'put':
      return [`${act.kind} ${act.from} ${act.to}`]
    case 'get-tree':
    case 'put-tree':
      return [`${act.kind.slice(0, 3)} -r ${act.from} ${act.to}`]
  }
}

const lftp: Peer = {
  name: 'lftp',
  isInstalled: isInstalled('lftp'),
  command: (act, { sshConfig, isFar, host, port, username }) => {
    const line = lftpLine(act, isFar)
    if (line === undefined) return undefined
    const settings = `set sftp:connect-program "ssh -a -x -F ${sshConfig}"; set sftp:auto-confirm yes; set sftp:max-packets-in-flight 64`
    return ['lftp', '--norc', '-c', `${settings}; open -u ${username},none -p ${port} sftp://${host}; ${line}`]
  },
}

function lftpLine(act: Act, isFar: boolean): string | undefined {
  switch (act.kind) {
    case 'list':
      return `cls -1 ${act.path}`
    case 'delete':
      return `rm -r ${act.path}`
    case 'get':
      return isFar ? `pget -n 4 ${act.from} -o ${act.to}` : `get ${act.from} -o ${act.to}`
    case 'put':
      return `put ${act.from} -o ${act.to}`
    case 'get-tree':
      return `mirror --parallel=8 ${act.from} ${act.to}`
    case 'put-tree':
      return `mirror -R --parallel=8 ${act.from} ${act.to}`
    case 'ping':
      return undefined
  }
}

const rclone: Peer = {
  name: 'rclone',
  isInstalled: isInstalled('rclone'),
  command: (act, { host, port, username, identityFile }) => {
    const remote = `:sftp,host=${host},port=${port},user=${username},key_file=${identityFile},shell_type=none,chunk_size=255Ki,concurrency=64:`
    const run = (...args: string[]): string[] => [
      'rclone',
      '--config=/dev/null',
      '--log-level=ERROR',
      '--transfers=16',
      '--checkers=16',
      ...args,
    ]
    switch (act.kind) {
      case 'list':
        return run('lsf', `${remote}${act.path}`)
      case 'delete':
        return run('purge', `${remote}${act.path}`)
      case 'get':
        return run('copyto', `${remote}${act.from}`, act.to)
      case 'put':
        return run('copyto', act.from, `${remote}${act.to}`)
      case 'get-tree':
        return run('copy', `${remote}${act.from}`, act.to)
      case 'put-tree':
        return run('copy', act.from, `${remote}${act.to}`)
      case 'ping':
        return undefined
    }
  },
}

const psftp: Peer = {
  name: 'psftp',
  isInstalled: isInstalled('psftp') && isInstalled('puttygen'),
  command: (act, { folder, port, puttyKeyFile, fingerprint, username, host }) => {
    if (act.kind === 'ping') return undefined
    const lines = act.kind === 'list' ? [`ls ${act.path}`] : sftpLines(act).map((line) => line.replace(/^rm /, 'del '))
    const login = ['-P', String(port), '-i', puttyKeyFile, '-hostkey', fingerprint]
    return ['psftp', '-batch', '-bc', ...login, '-b', batch(folder, ...lines), `${username}@${host}`]
  },
}

const ssh2SftpClient: Peer = {
  name: 'ssh2-sftp-client',
  isInstalled: true,
  command: (act, { host, port, username, identityFile }) => {
    const login = { host, port, username, identityFile }
    const { kind, ...what } = act
    const asked =
      act.kind === 'ping'
        ? { act: 'list', from: '.', connections: act.connections }
        : { act: kind, ...('path' in act ? { from: act.path } : what) }
    return [node, join(root, 'bench/peers/ssh2-sftp-client.js'), JSON.stringify({ ...login, ...asked })]
  },
}

/** The largest requests that OpenSSH's server takes, and as many as pay. */
const tuned = ['-B', '261120', '-R', '64']

export const peers: readonly Peer[] = [
  sftp('sftp', []),
  sftp('sftp tuned', tuned),
  lftp,
  rclone,
  psftp,
  ssh2SftpClient,
].filter(({ isInstalled }) => isInstalled)

let batches = 0
function batch(folder: string, ...lines: string[]): string {
  mkdirSync(folder, { recursive: true })
  batches += 1
  const file = join(folder, `batch-${batches}`)
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}
