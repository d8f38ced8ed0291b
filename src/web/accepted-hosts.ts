import { X509Certificate } from 'node:crypto'
import { isLoopback } from '../model/loopback.ts'

/** How the web admin is reached, as far as that tells which names a browser may call it by. */
export interface Reach {
  /** The address that it listens on. */
  readonly listen: string
  readonly port: number
  /** The certificate, in PEM, of one that speaks TLS. */
  readonly certificate?: string
  /** A proxy stands before it. `origin` is what browsers open; without one, any name is taken. */
  readonly proxy?: { readonly origin?: string }
}

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]']

/**
 * Which Host headers are ours. A page of a stranger whose name was made to point to this machine (DNS rebinding) comes with that name, and
 * is refused. `local` is the address at which the connection arrived: a number cannot be made to point anywhere.
 */
export function acceptedHosts({ listen, port, certificate, proxy }: Reach): (host: string, local: string) => boolean {
  if (proxy !== undefined) {
    const { origin } = proxy
    return (host) => origin === undefined || new URL(origin).host === host.toLowerCase()
  }
  const own = isLoopback(listen) ? [bracketed(listen), ...loopbackNames] : [bracketed(listen)]
  const named = certificate === undefined ? undefined : new X509Certificate(certificate)
  return (host, local) => {
    const [, name = '', at = ''] = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d+))?$/i.exec(host) ?? []
    const expected = certificate === undefined ? '80' : '443'
    if (name === '' || Number(at || expected) !== port) return false
    const called = name.toLowerCase()
    return own.includes(called) || called === bracketed(plainAddress(local)) || named?.checkHost(called) !== undefined
  }
}

/** An IPv6 address as it stands in an address of the web. */
export const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address)

/** An IPv4 address that a socket for both shows as an IPv6 one. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '')
