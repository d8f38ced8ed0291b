import { shownPath } from '../model/home.ts'
import { isAbout } from './known-hosts.ts'
import { loadKnownHosts } from './known-hosts-files.ts'
import { exists } from './read-file.ts'
import type { Need, SshSettings } from './settings.ts'

/** What needs the system's ssh without an option that says so: certificates, of users and of hosts. */
export async function implicitNeeds(settings: SshSettings): Promise<Need[]> {
  const hosts = [...settings.jumpHosts, settings]
  const needs = hosts.map(async (host) => [...userCertificates(host), ...(await hostCertificates(host))])
  return (await Promise.all(needs)).flat()
}

/** ssh takes a certificate that lies beside its key (ssh_config(5), IdentityFile). */
function userCertificates({ authentication, hostKeys }: SshSettings): Need[] {
  if (!authentication.methods.has('publickey')) return []
  return authentication.identities.flatMap((identity): Need[] => {
    if (identity.kind !== 'file') return []
    const path = `${identity.path}-cert.pub`
    if (!exists(path)) return []
    const what = `the certificate ${shownPath(path, hostKeys.home)}`
    return [{ what, origin: identity.origin, label: 'IdentityFile' }]
  })
}

/** Where known_hosts trusts only an authority, the host has to show a certificate. */
async function hostCertificates({ hostKeys }: SshSettings): Promise<Need[]> {
  const { pins, lookupName, userFiles, globalFiles, home } = hostKeys
  if (pins.length > 0) return []
  // What cannot be read is told of when the key is checked.
  const files = await loadKnownHosts([...userFiles, ...globalFiles], { note: () => undefined })
  const known = files.flatMap(({ path, entries }) =>
    entries.filter((entry) => isAbout(entry, lookupName)).map((entry) => ({ ...entry, path })),
  )
  const authority = known.find(({ marker }) => marker === 'cert-authority')
  if (authority === undefined || known.some(({ marker }) => marker === undefined)) return []
  const { path, line } = authority
  const origin = { source: 'ssh_config', place: { file: path, line } } as const
  return [{ what: `@cert-authority in ${shownPath(path, home)}`, origin, label: 'UserKnownHostsFile' }]
}
