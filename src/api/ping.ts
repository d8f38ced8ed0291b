import { FerryError } from '../errors/ferry-error.ts'
import { connectionDefaults } from '../model/connection.ts'
import type { ConnectionInput } from '../model/connection-input.ts'
import { parseScript } from '../script/parse-script.ts'
import { runScript } from '../script/run-script.ts'
import { findConnection, openRemote, type RemoteDependencies } from './open-remote.ts'
import type { Remote } from './remote.ts'

/** One ping: the ping command's response time, and what connecting took; or why it failed. Times are milliseconds. */
export interface PingResult {
  readonly connection: string
  readonly ok: boolean
  readonly responseTimeMs?: number
  readonly connectedInMs?: number
  readonly host?: string
  readonly port?: number
  readonly transport?: string
  readonly error?: FerryError
}

/** Opens a new connection and runs its ping command. A failure is a result; only a cancelled ping rejects. */
export async function ping(input: ConnectionInput, dependencies: RemoteDependencies): Promise<PingResult> {
  try {
    await using remote = await openRemote(input, dependencies)
    const responseTimeMs = await runPingCommand(remote, dependencies)
    const { host, port, transport } = remote.peer
    return {
      connection: input.address,
      ok: true,
      responseTimeMs,
      connectedInMs: remote.connectedInMs,
      host,
      port,
      transport,
    }
  } catch (error) {
    dependencies.signal.throwIfAborted()
    if (!(error instanceof FerryError)) throw error
    return { connection: input.address, ok: false, error, ...(await whereTo(input, dependencies)) }
  }
}

async function runPingCommand(remote: Remote, { environment, signal }: RemoteDependencies): Promise<number> {
  const script = parseScript(remote.preferences.pingCommand, { file: 'ping_command' })
  const startedAt = performance.now()
  for await (const result of runScript(remote, script, { environment, localDirectory: '.', signal })) {
    if (!result.ok && result.error !== undefined && !result.ignored) throw result.error
  }
  return performance.now() - startedAt
}

/** Host and port of a failed ping as they are declared: ssh_config may not have been reached. */
async function whereTo(
  input: ConnectionInput,
  dependencies: RemoteDependencies,
): Promise<Pick<PingResult, 'host' | 'port' | 'transport'>> {
  try {
    const { value } = await findConnection(input.address, dependencies)
    const port = input.overrides.port ?? value.port ?? connectionDefaults.port
    const { transport = 'auto' } = value
    return { host: value.host, port, transport: transport === 'auto' ? 'ssh' : transport }
  } catch {
    return {}
  }
}
