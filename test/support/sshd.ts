import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { programPath } from './openssh.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { type KeyPair, type KeyType, makeKeyPair } from './ssh-keys.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { createUnixUser, type UnixUser } from './unix-user.ts'

export interface SshdOptions {
  /** The first one's fingerprint and public key are told; the known_hosts file holds all. */
  readonly hostKeyTypes?: readonly KeyType[]
  /** What serves SFTP: inside sshd, or the program that sshd starts through the login shell. */
  readonly subsystem?: 'internal-sftp' | 'sftp-server' | 'none'
  /** Lines of sshd_config(5), which win over ours; from the first `Match` on they come last. */
  readonly extra?: readonly string[]
}

/** A running sshd of OpenSSH that this user may log in to with `identityFile`. */
export interface Sshd extends AsyncDisposable {
  readonly host: '127.0.0.1'
  readonly port: number
  readonly username: string
  /** A fresh and empty one, and where a session starts: relative remote paths are below it. */
  readonly directory: string
  readonly identityFile: string
  /** Authorized as well, and encrypted with `passphrase`. */
  readonly encryptedIdentityFile: string
  readonly passphrase: string
  readonly knownHostsFile: string
  readonly hostKeys: readonly KeyPair[]
  /** `SHA256:…` */
  readonly hostKeyFingerprint: string
  /** `ssh-ed25519 AAAA…` */
  readonly hostPublicKey: string
  /** One key in the format of sshd(8) a line; a test may write to it. */
  readonly authorizedKeysFile: string
  /** What sshd wrote on stderr so far, at LogLevel VERBOSE unless `extra` says otherwise. */
  log(): string
  /** Settles once the log has a match. */
  logged(pattern: RegExp): Promise<void>
  /** A new Unix user who logs in with a password; only for root (see `unixUsersMissing`). Gone when sshd is stopped. */
  passwordUser(): Promise<UnixUser>
  /** Kills what serves the connections, and leaves the listener as it is. */
  dropConnections(): Promise<void>
  /** Ends the listener and all connections at once, and removes every file. */
  stop(): Promise<void>
}

/** Starts sshd on a free loopback port and waits until it listens. */
export async function useSshd(options: SshdOptions = {}): Promise<Sshd> {
  const types = options.hostKeyTypes ?? ['ed25519']
  const passphrase = 'a passphrase for tests'
  const home = await temporaryDirectory()
  const file = (name: string): string => join(home.path, name)
  const users: UnixUser[] = []
  let daemon: ServerProcess | undefined
  const stop = async (): Promise<void> => {
    await daemon?.stop()
    await Promise.all(users.splice(0).map((user) => user[Symbol.asyncDispose]()))
    await home[Symbol.asyncDispose]()
  }
  try {
    // Other users must be able to reach `directory`; every private key is 0600 by itself.
    await chmod(home.path, 0o755)
    await mkdir(file('remote'))
    await makePrivilegeSeparationDirectory()
    const [identity, encrypted, ...hostKeys] = await Promise.all([
      makeKeyPair(file('id_ed25519')),
      makeKeyPair(file('id_encrypted'), 'ed25519', passphrase),
      ...types.map((type) => makeKeyPair(file(`host_${type}`), type)),
    ])
    await writeFile(file('authorized_keys'), `${identity.publicKey}\n${encrypted.publicKey}\n`)
    const configuration = (port: number): string =>
      configure(options, port, { hostKeys, authorizedKeys: file('authorized_keys'), directory: file('remote') })
    daemon = await startServer(async (port) => {
      await writeFile(file('sshd_config'), configuration(port))
      return { program: programPath('sshd'), args: ['-D', '-e', '-f', file('sshd_config')] }
    }, /^Server listening on /m)
    const { port } = daemon
    const known = hostKeys.map(({ publicKey }) => `[127.0.0.1]:${port} ${publicKey}\n`)
    await writeFile(file('known_hosts'), known.join(''))
    return {
      host: '127.0.0.1',
      port,
      username: userInfo().username,
      directory: file('remote'),
      identityFile: identity.file,
      encryptedIdentityFile: encrypted.file,
      passphrase,
      knownHostsFile: file('known_hosts'),
      hostKeys,
      hostKeyFingerprint: hostKeys[0]?.fingerprint ?? '',
      hostPublicKey: hostKeys[0]?.publicKey ?? '',
      authorizedKeysFile: file('authorized_keys'),
      log: daemon.log,
      logged: daemon.logged,
      passwordUser: async () => {
        const user = await createUnixUser(home.path)
        users.push(user)
        return user
      },
      dropConnections: daemon.dropConnections,
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Files {
  readonly hostKeys: readonly KeyPair[]
  readonly authorizedKeys: string
  readonly directory: string
}

/** sshd_config(5): the first value of a keyword holds, so what the test wants comes first. */
function configure({ subsystem = 'internal-sftp', extra = [] }: SshdOptions, port: number, files: Files): string {
  const match = extra.findIndex((line) => /^\s*match\s/i.test(line))
  const split = match < 0 ? extra.length : match
  const server = subsystem === 'sftp-server' ? programPath('sftp-server') : subsystem
  return [
    ...extra.slice(0, split),
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    'PidFile none',
    ...files.hostKeys.map(({ file }) => `HostKey ${file}`),
    `AuthorizedKeysFile ${files.authorizedKeys}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication yes',
    'KbdInteractiveAuthentication no',
    'UseDNS no',
    'PrintMotd no',
    'LogLevel VERBOSE',
    // Tests connect faster than people: no random early drop.
    'MaxStartups 1000',
    // bash started by sshd reads ~/.bashrc unless it believes that it is a deeper shell.
    'SetEnv SHLVL=5',
    ...(server === 'none' ? [] : [`Subsystem sftp ${server} -d ${files.directory}`]),
    ...extra.slice(split),
    '',
  ].join('\n')
}

/** As root, sshd wants its empty directory; Debian makes it only when the service starts. */
async function makePrivilegeSeparationDirectory(): Promise<void> {
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
}
