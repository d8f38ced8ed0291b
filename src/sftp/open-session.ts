import { FerryError } from '../errors/ferry-error.ts'
import { orAbort } from '../model/or-abort.ts'
import type { Channel } from '../ssh/transport.ts'
import * as answers from './answers.ts'
import { ChannelSession } from './channel-session.ts'
import { Exchange } from './exchange.ts'
import type { FieldReader } from './fields.ts'
import { protocolVersion, requestType, type Version } from './packets.ts'
import { extensionVersions, type Limits, type SftpSession } from './session.ts'

export interface OpenSessionOptions {
  /** Silence that ends the session; 0 waits for ever. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly note?: (level: 1 | 2 | 3 | 4, text: string) => void
  /** From 2 on each request is noted, at 4 each packet. */
  readonly logLevel?: () => number
  /** Another session with the same server: what it has learned holds here as well, and nothing is waited for. */
  readonly like?: SftpSession
  /** One request after the other, whatever the server can do. */
  readonly serial?: boolean
}

/** What every server takes (draft-ietf-secsh-filexfer-02 §3). */
const defaultLimits: Limits = { packet: 34_000, read: 32_768, write: 32_768, handles: 0 }
/** OpenSSH's own limits; what a server claims beyond them is not believed. */
const packetMax = 256 * 1024
const transferMax = packetMax - 1024

/** Starts SFTP on a channel. The session owns the channel: it is closed with the session, and at once where this rejects. */
export async function openSession(channel: Channel, options: OpenSessionOptions): Promise<SftpSession> {
  const { timeoutMs, note, logLevel, like, serial = false } = options
  const exchange = new Exchange(channel, {
    timeoutMs,
    noting: () => ((logLevel?.() ?? 0) >= 2 ? note : undefined),
    serial,
    onSerial: () => note?.(1, 'the server refuses requests beside others: they are sent one by one'),
  })
  const onScarce = (most: number): void =>
    note?.(1, `the server seems to allow ${most} open handles at most: files wait for one another`)
  const line = { channel, exchange, onScarce }
  if (like !== undefined) {
    // Requests go right behind INIT: should the server be another one after all, they fail with it.
    agreeVersion(exchange).catch(() => exchange.end())
    return new ChannelSession(line, like)
  }
  try {
    const facts = await orAbort(startSession(exchange, options), options.signal)
    return new ChannelSession(line, facts)
  } catch (error) {
    exchange.end()
    await channel.close()
    throw error
  }
}

async function startSession(
  exchange: Exchange,
  options: OpenSessionOptions,
): Promise<Pick<SftpSession, 'extensions' | 'limits'>> {
  const { version, extensions } = await agreeVersion(exchange)
  const limits = await askLimits(exchange, extensions)
  options.note?.(1, `SFTP version ${version}, at most ${limits.read} bytes a read, ${limits.write} a write`)
  options.note?.(2, `SFTP extensions: ${[...extensions].map(([name, value]) => `${name} ${value}`).join(', ')}`)
  return { extensions, limits }
}

async function agreeVersion(exchange: Exchange): Promise<Version> {
  const agreed = await exchange.start()
  if (agreed.version === protocolVersion) return agreed
  const versions = `the server speaks version ${agreed.version}, ferry ${protocolVersion}`
  throw new FerryError('protocol_error', `start SFTP: ${versions}`)
}

async function askLimits(exchange: Exchange, extensions: Version['extensions']): Promise<Limits> {
  const name = 'limits@openssh.com'
  if (extensions.get(name) !== extensionVersions[name]) return defaultLimits
  try {
    return await exchange.request({
      subject: { title: 'ask for limits' },
      type: requestType.extended,
      fields: [name],
      bytesMax: defaultLimits.packet,
      read: answers.fields(readLimits),
      mayRepeat: false,
    })
  } catch (error) {
    // A refusal is an answer; what ended the session is none.
    if (error instanceof FerryError && !exchange.isDead) return defaultLimits
    throw error
  }
}

/** 0 is no limit (OpenSSH's PROTOCOL, `limits@openssh.com`). */
function readLimits(fields: FieldReader): Limits {
  const bounded = (value: bigint, most: number): number => (value === 0n || value > most ? most : Number(value))
  const packet = Math.max(bounded(fields.uint64(), packetMax), defaultLimits.packet)
  const read = bounded(fields.uint64(), transferMax)
  const write = bounded(fields.uint64(), Math.min(transferMax, packet - 1024))
  const handles = fields.uint64()
  return { packet, read, write, handles: handles > Number.MAX_SAFE_INTEGER ? 0 : Number(handles) }
}
