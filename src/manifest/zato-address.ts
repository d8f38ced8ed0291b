import type { Fault } from './expand-text.ts'

type Address = { readonly host: string; readonly port?: string } | { readonly fault: Fault }

const isIpv6 = (text: string): boolean => URL.canParse(`http://[${text.replace(/%.*$/, '')}]/`)

/** Zato's `address`: `host`, `host:port`, `[v6]:port` or a bare IPv6 address. One that could be read in two ways is a fault. */
export function parseZatoAddress(text: string): Address {
  const [, bracketed, bracketedPort] = /^\[([^\]]*)\](?::(\d+))?$/.exec(text) ?? []
  if (bracketed !== undefined) {
    if (!isIpv6(bracketed)) return { fault: { message: `address: "${bracketed}" is no IPv6 address` } }
    return { host: bracketed, ...(bracketedPort !== undefined && { port: bracketedPort }) }
  }
  const [, before = '', port] = /^(.*):(\d*)$/.exec(text) ?? []
  if (isIpv6(text)) return port !== undefined && isIpv6(before) ? { fault: ambiguous(before, port) } : { host: text }
  if (!text.includes(':')) return { host: text }
  if (port === undefined || port === '' || before === '' || before.includes(':')) {
    return {
      fault: {
        message: `address: "${text}" is neither a host nor host:port`,
        hint: 'an IPv6 address with a port is [address]:port',
      },
    }
  }
  return { host: before, port }
}

const ambiguous = (before: string, port: string): Fault => ({
  message: `address: "${before}:${port}" may be an address, or an address and a port`,
  hint: `[${before}]:${port} or [${before}:${port}]`,
})
