import ssh2 from 'ssh2/package.json' with { type: 'json' }
import about from '../../package.json' with { type: 'json' }

/** `ferry 0.1.0`; with -v also what it stands on. */
export async function versionText(detailed: boolean): Promise<string> {
  const own = `ferry ${about.version}\n`
  if (!detailed) return own
  const { openSshVersion } = await import('../ssh/openssh-version.ts')
  return `${own}node ${process.versions.node}
ssh2 ${ssh2.version}
OpenSSH ${(await openSshVersion()) ?? 'not found'}
`
}
