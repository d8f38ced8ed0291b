import { type Directive, wrong } from './config-options.ts'
import { parseHostAddress } from './sftp-address.ts'

/** One host to go through, as ProxyJump or -J names it. */
export interface JumpHost {
  readonly host: string
  readonly port?: number
  readonly username?: string
}

/** The hosts of ProxyJump, the nearest first: `[user@]host[:port]` or `ssh://` URIs, separated by commas; `none` for none. */
export function jumpHostsOf({ text, origin, label }: Directive, expand: (text: string) => string): JumpHost[] {
  if (text.toLowerCase() === 'none') return []
  return text.split(',').map((part) => {
    const hop = parseJump(expand(part.trim()))
    if (hop !== undefined) return hop
    const hint = 'as [user@]host[:port], several separated by commas, or none'
    throw wrong(`ProxyJump: invalid host "${part.trim()}"`, origin, label, hint)
  })
}

function parseJump(text: string): JumpHost | undefined {
  const address = text.startsWith('ssh://') ? text.slice('ssh://'.length).replace(/\/$/, '') : text
  return parseHostAddress(address)
}
