import type { PingResult } from '../api/ping.ts'
import { errorDocument } from './error-document.ts'

/** Milliseconds of a measured time, to the tenth. */
export const roundedMs = (ms: number): number => Math.round(ms * 10) / 10

/** One ping as `--json` prints it. */
export function pingDocument(result: PingResult): Readonly<Record<string, unknown>> {
  const { connection, ok, responseTimeMs, connectedInMs, host, port, transport, error } = result
  return {
    connection,
    ok,
    ...(responseTimeMs !== undefined && { response_time_ms: roundedMs(responseTimeMs) }),
    ...(connectedInMs !== undefined && { connected_in_ms: roundedMs(connectedInMs) }),
    host,
    port,
    transport,
    ...(error !== undefined && { error: errorDocument(error) }),
  }
}
