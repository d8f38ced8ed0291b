import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { Duplex } from 'node:stream'
import { FerryError } from '../errors/ferry-error.ts'
import { orAbort } from '../model/or-abort.ts'
import { Askpass } from './askpass.ts'
import { Deadline } from './deadline.ts'
import { OpensshAnswers } from './openssh-answers.ts'
import { opensshArguments } from './openssh-arguments.ts'
import { opensshFailure, opensshLost } from './openssh-failure.ts'
import { OpensshPinMismatch, pinnedHostLine } from './openssh-host-key.ts'
import { OpensshLog, type OpensshPhase } from './openssh-log.ts'
import { OpensshProcess } from './openssh-process.ts'
import type { OpensshSettings } from './settings.ts'
import { endpoint } from './tcp.ts'
import type { Channel, TransportEvents } from './transport.ts'

/** No host has as many types of keys. */
const keyTypesMax = 6

/** SFTP over the standard input and output of the system's ssh, which does all that ssh_config(5) knows. */
export async function connectOpenssh(
  settings: OpensshSettings,
  events: TransportEvents,
  signal: AbortSignal,
): Promise<Channel> {
  refuseKeyText(settings)
  using deadline = new Deadline(settings.timeoutMs, signal)
  const unwantedKeys: string[] = []
  let mismatch: OpensshPinMismatch | undefined
  for (;;) {
    try {
      return await runSsh(settings, quietly(events, settings), deadline, unwantedKeys)
    } catch (error) {
      // A pin does not say which type of key it is of, and the server may have one of that type besides.
      if (error instanceof OpensshPinMismatch) {
        mismatch ??= error
        unwantedKeys.push(error.keyType)
        if (!settings.hostKeys.fixedOrder && unwantedKeys.length < keyTypesMax) continue
      }
      throw mismatch !== undefined && !deadline.signal.aborted ? mismatch : error
    }
  }
}

/** ssh reads keys from files and agents only, and a secret is not written to a file. */
function refuseKeyText({ authentication }: OpensshSettings): void {
  const text = authentication.identities.find(({ kind }) => kind === 'text')
  if (text === undefined) return
  throw new FerryError('usage', "private_key cannot be handed to the system's ssh", {
    ...(text.origin.place !== undefined && { place: text.origin.place }),
    hint: 'use identity_file, or add the key to an agent',
  })
}

/** With BatchMode nobody is asked. */
const quietly = ({ note, ask }: TransportEvents, { batch }: OpensshSettings): TransportEvents => ({
  note,
  ...(ask !== undefined && !batch && { ask }),
})

/** One run of ssh, until its session is open. */
async function runSsh(
  settings: OpensshSettings,
  events: TransportEvents,
  deadline: Deadline,
  unwantedKeys: readonly string[],
): Promise<Channel> {
  const { authentication, hostKeys, environment } = settings
  const canAsk = events.ask !== undefined
  const canAnswer = canAsk || authentication.password !== undefined || authentication.passphrase !== undefined
  const failure = new AbortController()
  const fail = (error: unknown): void => failure.abort(error)
  const signal = AbortSignal.any([deadline.signal, failure.signal])
  const doing = (phase: OpensshPhase): void => {
    deadline.doing = doingOf(settings, phase)
  }
  doing('start')
  let answers: OpensshAnswers | undefined
  await using askpass =
    canAnswer || hostKeys.pins.length > 0
      ? await Askpass.open(environment, async (question) => {
          if (question.words[0] !== 'host-key') return deadline.paused(async () => answers?.answer(question))
          return pinnedHostLine(question.words.slice(1), settings, events).catch((error: unknown) => {
            fail(error)
            throw error
          })
        })
      : undefined
  const words = opensshArguments(settings, {
    ...{ canAnswer, canAsk, unwantedKeys },
    askpass: askpass?.program ?? '',
    otherHomeConfig: otherHomeConfig(hostKeys.home),
  })
  signal.throwIfAborted()
  // An ssh before 8.4 asks nobody without DISPLAY.
  const ssh = new OpensshProcess(words, { DISPLAY: ':', ...environment, ...askpass?.environment })
  try {
    await ssh.started(settings.neededBy[0]?.what)
    const log = new OpensshLog(ssh.child.stderr, events)
    answers = new OpensshAnswers({ settings, events, signal, log, pid: ssh.child.pid, fail })
    const opened = new Promise<'open'>((resolve) => {
      log.onPhase = (phase) => {
        doing(phase)
        if (phase === 'open') resolve('open')
      }
    })
    const outcome = await orAbort(Promise.race([opened, ssh.ended]), signal)
    signal.throwIfAborted()
    if (outcome !== 'open') throw await opensshFailure(settings, log, outcome, canAsk)
    return channelOf(settings, ssh, log)
  } catch (error) {
    await ssh.giveUp()
    throw error
  }
}

/** What ssh would read if HOME were the home that it goes by; `undefined` where it is. */
function otherHomeConfig(home: string): string | undefined {
  try {
    if (userInfo().homedir === home) return undefined
  } catch {
    // Without an entry in the password database ssh does not run at all, and says so.
    return undefined
  }
  return [`${home}/.ssh/config`, '/etc/ssh/ssh_config'].find((file) => existsSync(file)) ?? 'none'
}

function channelOf(settings: OpensshSettings, ssh: OpensshProcess, log: OpensshLog): Channel {
  const { host, port, username } = settings
  const { stdin, stdout } = ssh.child
  const stream = Duplex.from({ readable: stdout, writable: stdin })
  stream.on('error', () => undefined)
  let closing: Promise<void> | undefined
  return {
    stream,
    ended: ssh.ended.then((how) => opensshLost(settings, log, how, stdout.readableDidRead)),
    peer: { transport: 'openssh', host, port, username },
    close: () => {
      closing ??= ssh.end()
      return closing
    },
  }
}

/** What a timeout interrupts. */
function doingOf({ host, port, username }: OpensshSettings, phase: OpensshPhase): string {
  const where = endpoint(host, port)
  if (phase === 'login') return `could not log in to ${username}@${where}: no answer`
  if (phase === 'channel' || phase === 'open') return `could not open a session on ${where}: no answer`
  return `could not connect to ${where}: no answer`
}
