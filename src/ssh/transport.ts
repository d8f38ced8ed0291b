import type { Duplex } from 'node:stream'
import type { FerryError } from '../errors/ferry-error.ts'

/** Bytes to and from an SFTP server, whatever carries them. */
export interface Channel {
  readonly stream: Duplex
  /** To be called by a reader that keeps nothing of a chunk: from now on its memory may be used again when the event is over. */
  readonly lend?: () => void
  /** Settles once, when nothing more will come: with the reason, as an error that a pending request can be given. */
  readonly ended: Promise<FerryError>
  readonly peer: Peer
  /** The bytes that open the conversation were sent with the request for the channel. */
  readonly hasBegun?: boolean
  /** Opens another channel over the same connection, which ends with it at the latest; absent where there is room for one only. */
  readonly another?: (signal: AbortSignal) => Promise<Channel>
  /** Ends the channel and all that it stands on (connection, jump hosts, process); has a deadline of its own, never rejects. */
  close(): Promise<void>
}

/** Who is at the other end, for messages and `--json`. */
export interface Peer {
  readonly transport: 'ssh' | 'openssh' | 'command'
  readonly host: string
  readonly port: number
  readonly username: string
}

export interface Prompt {
  readonly text: string
  /** Whether what is typed may be seen. */
  readonly echo: boolean
}

/** What a transport tells and asks while it connects. Texts are raw: whoever prints them escapes them. */
export interface TransportEvents {
  /** Level 0 is a warning and always shown; 1 to 4 as `-v` to `-vvvv`. Never holds a secret. */
  note(level: 0 | 1 | 2 | 3 | 4, text: string): void
  /** Up to which level notes are wanted at this moment; absent for the connection's own. */
  readonly level?: () => number
  /** The same for a connection that has a log level of its own; absent where all notes are wanted. */
  readonly atLevel?: (level: number) => TransportEvents
  /** Asks the person at the terminal; absent where there is nobody to ask. Rejects with `cancelled` when they give up. */
  readonly ask?: (prompt: Prompt, signal: AbortSignal) => Promise<string>
}
