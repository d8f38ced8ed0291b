import { connectBuiltIn } from './built-in.ts'
import { connectCommand } from './command.ts'
import type { Settings } from './settings.ts'
import type { Channel, TransportEvents } from './transport.ts'

/** Opens a channel to the SFTP server, by the transport that the settings name. */
export async function connectChannel(
  settings: Settings,
  events: TransportEvents,
  signal: AbortSignal,
): Promise<Channel> {
  const hosts = settings.transport === 'ssh' ? [...settings.jumpHosts, settings] : [settings]
  for (const text of hosts.flatMap(({ notes }) => notes)) events.note(1, text)
  return settings.transport === 'command' ? connectCommand(settings, signal) : connectBuiltIn(settings, events, signal)
}
