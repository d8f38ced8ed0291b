import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import type { FerryState } from '../api/open-state.ts'
import type { PingResult } from '../api/ping.ts'
import type { Assets } from './assets.ts'
import type { Attempts } from './attempts.ts'
import type { Sessions } from './sessions.ts'
import type { WebSession } from './web-session.ts'

/** The last ping of a connection, and when it was. */
export interface KeptPing {
  readonly result: PingResult
  readonly at: Date
}

/** What all pages of a running web admin share. */
export interface Admin {
  /** What pages show; a change is that of a session. */
  readonly state: Pick<FerryState, 'read' | 'plan' | 'export' | 'exportConnections' | 'effectiveSettings'>
  readonly assets: Assets
  readonly sessions: Sessions
  readonly attempts: Attempts
  readonly now: () => Date
  /** Where changes are recorded, if they are. */
  readonly auditLog?: string
  /** By the connection's name. */
  readonly pings: Map<string, KeptPing>
  /** Where scripts find and leave files of this machine. */
  readonly localDirectory: string
  /** What the opened address holds. */
  readonly token: string
  readonly password?: string
  readonly cookie: { readonly name: string; readonly secure: boolean }
}

export interface WebEnvironment {
  Bindings: HttpBindings
  Variables: { session: WebSession }
}

export type WebContext = Context<WebEnvironment>
