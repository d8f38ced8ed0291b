/** A package that tests need, and how to see whether its programs are there. */
export interface Need {
  /** As its users call it: `OpenSSH's sshd`. */
  readonly title: string
  /** Debian's name of it. */
  readonly package: string
  readonly isInstalled: () => boolean
}

/** What can be done here, so that a test can say it. */
export interface Installer {
  readonly isRoot: boolean
  readonly hasApt: boolean
  readonly run: (program: string, args: readonly string[]) => Promise<unknown>
}

/** Installs what is missing where that is possible. Gives why it is missing still, or nothing where it is there. */
export async function ensurePackage(need: Need, { isRoot, hasApt, run }: Installer): Promise<string | undefined> {
  if (need.isInstalled()) return undefined
  const missing = missingReason(need)
  if (!hasApt) return `${missing}, and there is no apt-get to install it with`
  if (!isRoot) return `${missing}, and only root can install it`
  const options = [
    '-q',
    '-y',
    '-o',
    'Acquire::Retries=1',
    '-o',
    'Acquire::http::Timeout=20',
    '-o',
    'DPkg::Lock::Timeout=120',
  ]
  try {
    await run('apt-get', [...options, 'update'])
    await run('apt-get', [...options, '--no-install-recommends', 'install', need.package])
  } catch (error) {
    return `${missing}, and apt-get could not install it: ${lastLine(error)}`
  }
  return need.isInstalled() ? undefined : `${missing}, although apt-get says that it installed ${need.package}`
}

export const missingReason = ({ title }: Need): string => `${title} is not installed`

function lastLine(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
  return said.trim().split('\n').at(-1) ?? ''
}
