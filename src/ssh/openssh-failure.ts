import { FerryError } from '../errors/ferry-error.ts'
import { excerpt } from '../model/visible.ts'
import { hostKeyFailure } from './openssh-host-key.ts'
import type { OpensshLog } from './openssh-log.ts'
import { listed, loginHint } from './refused-login.ts'
import type { OpensshSettings } from './settings.ts'
import { connectError, endpoint, lasting } from './tcp.ts'

/** ssh's complaints about its configuration (readconf.c, ssh.c), which it reads before it does anything else. */
const atLine = /^(?:(.+):|(.+)) line (\d+):? (.+)$/
const badUsage =
  /^(?:.*Bad (?:configuration option|owner or permissions)|Can't open user config file|unknown option|(?:remote username|hostname) contains invalid)/

/** Why ssh ended before there was a session, from what it wrote on its standard error. */
export async function opensshFailure(
  settings: OpensshSettings,
  log: OpensshLog,
  how: string,
  canAsk: boolean,
): Promise<FerryError> {
  const lines = log.complaints
  const said = lines.join('\n')
  if (log.phase === 'start') {
    const usage = usageFailure(lines)
    if (usage !== undefined) return usage
  }
  // From the login on, what is written may be the server's own text.
  const isEarly = log.phase === 'start' || log.phase === 'connect' || log.phase === 'key exchange'
  if (isEarly && /^Host key verification failed\.$/m.test(said)) {
    return viaJumpHost(await hostKeyFailure(settings, said, log.serverKey, canAsk), settings, log)
  }
  const denied = /^(?:.*: )?Permission denied \(([^)]*)\)\.$/m.exec(said)?.[1]
  if (denied !== undefined || log.phase === 'login') {
    if (isTimeout(lines)) return timedOut(settings, `could not log in to ${login(settings)}: no answer`)
    const ended = /^Received disconnect from .*?:\d+: (.*)$/m.exec(said)?.[1]
    const hasBegun = [denied, ended, log.taken].some((one) => one !== undefined) || log.tried.size > 0
    const failure = hasBegun
      ? refusal(settings, log, { denied, ended, canAsk })
      : new FerryError('connection_lost', 'the server closed the connection before the login')
    return viaJumpHost(failure, settings, log)
  }
  const [, to, port, reason] = /^ssh: connect to host (\S+) port (\d+): (.*)$/m.exec(said) ?? []
  if (isEarly && isTimeout(lines)) {
    return timedOut(settings, `could not connect to ${endpoint(settings.host, settings.port)}: no answer`)
  }
  if (reason !== undefined) {
    // It is the first jump host that ssh connects to.
    const where = to === undefined || settings.jumpHosts.length === 0 ? settings : { host: to, port: Number(port) }
    return viaJumpHost(connectError(where, reason.toLowerCase()), settings, log)
  }
  if (/^ssh: Could not resolve hostname /m.test(said)) return viaJumpHost(unresolved(settings, said), settings, log)
  const [, what, offer] = /^Unable to negotiate with .*: no matching (.*) found\. Their offer: (.*)$/m.exec(said) ?? []
  if (what !== undefined)
    return lasting(connectError(settings, `no common ${what}: the server has ${excerpt(offer ?? '', 500)}`))
  if (/^subsystem request failed/m.test(said)) return lasting(connectError(settings, 'there is no SFTP'))
  return viaJumpHost(connectError(settings, `ssh ${how}${lastWords(log)}`), settings, log)
}

/** Why a session is over. One that never carried a byte was none. */
export function opensshLost(settings: OpensshSettings, log: OpensshLog, how: string, hasSpoken: boolean): FerryError {
  const said = log.complaints.join('\n')
  if (!hasSpoken) {
    if (/^subsystem request failed/m.test(said)) return lasting(connectError(settings, 'there is no SFTP'))
    return connectError(settings, `ssh ${how}${lastWords(log)}`)
  }
  if (/^Timeout, server .* not responding/m.test(said)) {
    return new FerryError('connection_lost', 'the server does not answer keepalives')
  }
  return new FerryError('connection_lost', `the connection was lost: ssh ${how}${lastWords(log)}`)
}

function usageFailure(lines: readonly string[]): FerryError | undefined {
  for (const line of lines) {
    const [, one, other, number, reason = ''] = atLine.exec(line) ?? []
    const file = one ?? other
    if (file === 'command-line') return new FerryError('usage', `ssh: ${reason}`)
    if (file !== undefined) return new FerryError('usage', `ssh: ${reason}`, { place: { file, line: Number(number) } })
    if (badUsage.test(line)) return new FerryError('usage', `ssh: ${line}`)
  }
  return undefined
}

function refusal(
  settings: OpensshSettings,
  log: OpensshLog,
  { denied, ended, canAsk }: { denied: string | undefined; ended: string | undefined; canAsk: boolean },
): FerryError {
  const taken = denied ?? log.taken
  const reasons = [
    ...(ended === undefined ? [] : [`the server ended the connection: "${excerpt(ended)}"`]),
    ...(denied === undefined && ended === undefined ? ['the server closed the connection'] : []),
    ...(taken === undefined ? [] : [`the server takes ${listed(taken.split(','))}`]),
    log.tried.size === 0 ? 'nothing to offer' : `tried ${listed([...log.tried])}`,
  ]
  const { name, role, authentication } = settings
  const hint = loginHint({
    ...{ name, role, canAsk },
    taken: taken?.split(',') ?? [],
    tried: log.tried,
    hasPassword: authentication.password !== undefined,
  })
  return new FerryError(
    'authentication_failed',
    `authentication failed for ${login(settings)}: ${reasons.join(', ')}`,
    hint === undefined ? {} : { hint },
  )
}

function unresolved(settings: OpensshSettings, said: string): FerryError {
  const [, host, reason = ''] = /^ssh: Could not resolve hostname (\S+): (.*)$/m.exec(said) ?? []
  const named = host === undefined || host === settings.host ? '' : `${host}: `
  if (/not known/.test(reason)) return lasting(connectError(settings, `${named}unknown host`))
  return connectError(settings, `${named}${reason.toLowerCase()}`)
}

/** Where ssh has not heard of its destination yet, whoever complains is a jump host's ssh, or it is the way there that failed. */
function viaJumpHost(error: FerryError, { jumpHosts }: OpensshSettings, log: OpensshLog): FerryError {
  if (jumpHosts.length === 0 || (log.phase !== 'start' && log.phase !== 'connect')) return error
  const names = jumpHosts.map(({ host, port }) => endpoint(host, port))
  const title = names.length === 1 ? 'jump host' : 'jump hosts'
  return error.with({
    message: `${title} ${names.join(', ')}: ${error.code === 'connect_failed' ? error.message : `${error.message}${lastWords(log)}`}`,
  })
}

const isTimeout = (lines: readonly string[]): boolean =>
  lines.some((line) => /(?:Connection|Operation) timed out|^Timeout, server .* not responding/.test(line))

const timedOut = ({ origins }: OpensshSettings, message: string): FerryError =>
  new FerryError('timed_out', origins.has('ConnectTimeout') ? `${message} (ConnectTimeout)` : message)

const login = ({ username, host, port }: OpensshSettings): string => `${username}@${endpoint(host, port)}`

/** The last of what was said, which comes nearest to the reason. */
function lastWords(log: OpensshLog): string {
  const said = log.complaints.slice(-3).join('\n')
  return said === '' ? '' : `: "${excerpt(said, 500)}"`
}
