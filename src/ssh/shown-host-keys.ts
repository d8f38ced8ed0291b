import { connectBuiltIn } from './built-in.ts'
import { PinMismatch } from './host-key.ts'
import type { SshSettings } from './settings.ts'
import type { TransportEvents } from './transport.ts'

/** No key has this fingerprint. */
const none = 'SHA256:'

/**
 * The host keys that a server shows, one of each type that it has, its preferred one first. The connection ends where the key would be
 * accepted, before anything is offered to the server; jump hosts are passed as always.
 */
export async function shownHostKeys(
  settings: SshSettings,
  events: TransportEvents,
  signal: AbortSignal,
): Promise<readonly Buffer[]> {
  const { agentSocket: _, ...authentication } = settings.authentication
  const unpinned: SshSettings = {
    ...settings,
    hostKeys: { ...settings.hostKeys, pins: [none] },
    authentication: { ...authentication, identities: [] },
  }
  try {
    const channel = await connectBuiltIn(unpinned, events, signal)
    await channel.close()
    return []
  } catch (error) {
    if (error instanceof PinMismatch) return error.shown
    throw error
  }
}
