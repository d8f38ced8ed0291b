import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { useSshd } from '../../support/sshd.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import type { InteropServer, RunningServer } from '../interop-server.ts'

/** The package's file allows 5 kB/s, one connection, and shows links as what they point to. */
const configuration = (directory: string): string => `<Default>
	Home ${directory}
	ResolveIP false
	ShowLinksAsLinks true
</Default>
`

export const mysecureshell: InteropServer = {
  name: 'MySecureShell',
  need: 'mysecureshell',
  lacks: ['storing link targets', 'reading link targets'],
  // It reads one file of the system's; another one in its place takes a mount.
  asRoot: true,
  start: async (): Promise<RunningServer> => {
    const home = await temporaryDirectory()
    const file = (name: string): string => join(home.path, name)
    await mkdir(file('remote'))
    await writeFile(file('sftp_config'), configuration(file('remote')))
    // What it shares between connections is gone with the namespace.
    const inside = `mount --bind ${file('sftp_config')} /etc/ssh/sftp_config && exec mysecureshell -c sftp-server`
    await writeFile(file('start'), `#!/bin/sh\nexec unshare --mount --ipc sh -c '${inside}'\n`)
    await chmod(file('start'), 0o755)
    const sshd = await useSshd({ subsystem: 'none', extra: [`Subsystem sftp ${file('start')}`] })
    return {
      ...sshd,
      directory: file('remote'),
      [Symbol.asyncDispose]: async () => {
        await sshd.stop()
        await home[Symbol.asyncDispose]()
      },
    }
  },
}
