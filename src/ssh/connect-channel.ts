import { connectBuiltIn } from './built-in.ts'
import { connectCommand } from './command.ts'
import { placeText } from './config-options.ts'
import { connectOpenssh } from './openssh.ts'
import type { Need, Settings } from './settings.ts'
import type { Channel, TransportEvents } from './transport.ts'

/** Opens a channel to the SFTP server, by the transport that the settings name; a transport that can sends `opening` with the request. */
export async function connectChannel(
  settings: Settings,
  events: TransportEvents,
  signal: AbortSignal,
  opening?: Uint8Array,
): Promise<Channel> {
  const hosts = settings.transport === 'command' ? [settings] : [...settings.jumpHosts, settings]
  for (const { log, notes, warnings } of hosts) {
    for (const { level, text } of log) events.note(level, text)
    for (const text of notes) events.note(1, text)
    for (const text of warnings) events.note(0, text)
  }
  switch (settings.transport) {
    case 'command':
      return connectCommand(settings, signal)
    case 'openssh':
      for (const need of settings.neededBy) events.note(1, `using the system's ssh: ${needText(need)}`)
      return connectOpenssh(settings, events, signal)
    default:
      return connectBuiltIn(settings, events, signal, opening)
  }
}

const needText = ({ what, origin: { place }, label }: Need): string =>
  `${what} needs it (${place === undefined ? label : placeText(place)})`
