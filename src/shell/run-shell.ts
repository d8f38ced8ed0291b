import type { Remote } from '../api/remote.ts'
import { FerryError } from '../errors/ferry-error.ts'
import { isAddress } from '../model/connection.ts'
import { visible } from '../model/visible.ts'
import type { SessionOptions } from '../script/command-run.ts'
import type { CommandResult } from '../script/script-session.ts'
import { completeLine } from './complete-line.ts'
import { ConnectedSession } from './connected-session.ts'
import { type History, openHistory } from './history.ts'
import { Keyboard } from './keyboard.ts'
import { LineReader } from './line-reader.ts'
import { runOnTerminal } from './local-program.ts'
import { localNames, RemoteNames } from './names.ts'
import { commandOf, shellHelp, shellLine } from './shell-commands.ts'
import { errorLines, remark, runShellLine, type ShellHost } from './shell-host.ts'
import type { Terminal } from './terminal.ts'
import { TransferProgress } from './transfer-progress.ts'

/** Asks a person for lines of sftp's language and carries them out, until they leave. */
export async function runShell(host: ShellHost, terminal: Terminal, historyFile: string | undefined): Promise<void> {
  const history = await historyIn(historyFile, host)
  using keyboard = new Keyboard(terminal.input)
  await new Shell(host, terminal, keyboard).run(history)
}

class Shell {
  readonly #host: ShellHost
  readonly #terminal: Terminal
  readonly #keyboard: Keyboard
  /** What Ctrl-C does. */
  #interrupt: () => void = () => undefined
  /** Ends what is under way. */
  #signal: AbortSignal
  #progress: TransferProgress | undefined

  constructor(host: ShellHost, terminal: Terminal, keyboard: Keyboard) {
    this.#host = host
    this.#terminal = terminal
    this.#keyboard = keyboard
    this.#signal = host.signal
  }

  async run(history: History): Promise<void> {
    const host = this.#host
    const connecting = {
      connect: () => this.#connect(),
      reconnecting: ({ message }: FerryError) => host.complain(`${message}, connecting again`),
    }
    await using session = await ConnectedSession.open(connecting, this.#options(), host.signal)
    using _interrupts = host.interrupts(() => this.#interrupt())
    const { remote, script } = session
    host.tell(`Connected to ${greeting(remote)}. "help" lists commands, Ctrl-D leaves.`)
    const remoteNames = new RemoteNames(() => session.place)
    const names = { remote: remoteNames, local: localNames(() => script.localDirectory) }
    using reader = new LineReader({
      terminal: this.#terminal,
      keyboard: this.#keyboard,
      history,
      complete: (text, signal) => completeLine(text, names, signal),
    })
    while (!script.isOver) {
      this.#interrupt = () => reader.forget()
      const line = await reader.read(`${visible(`${label(remote)}:${script.directory}`)}> `, host.signal)
      if (line === undefined) return
      await history.add(line)
      await this.#carryOut(line, session)
      remoteNames.after(commandOf(line)?.name)
    }
  }

  async #carryOut(line: string, session: ConnectedSession): Promise<void> {
    const host = this.#host
    const own = shellLine(line)
    if (own !== undefined) return runShellLine(own, host)
    const given = new AbortController()
    this.#interrupt = () => given.abort(new FerryError('cancelled', 'interrupted'))
    this.#signal = AbortSignal.any([host.signal, given.signal])
    this.#keyboard.hold(this.#interrupt)
    try {
      const result = await this.#withProgress(() => session.run(line, this.#signal))
      if (result !== undefined) await host.result(result)
      if (commandOf(line)?.name === 'help') await host.print?.(shellHelp())
    } catch (error) {
      if (host.signal.aborted || !(error instanceof FerryError) || error.code === 'bug') throw error
      for (const text of errorLines(error)) host.complain(text)
    }
  }

  async #withProgress(work: () => Promise<CommandResult | undefined>): Promise<CommandResult | undefined> {
    using progress = new TransferProgress(this.#host)
    this.#progress = progress
    const result = await work()
    if (result?.ok === true) progress.finish()
    return result
  }

  #options(): SessionOptions {
    const host = this.#host
    return {
      environment: host.environment,
      localDirectory: host.localDirectory,
      goesOn: true,
      keepOutput: false,
      showsProgress: true,
      columns: this.#terminal.columns,
      onErrorOutput: (text) => remark(host, text),
      onTransfer: (event, verb) => this.#progress?.add(event, verb),
      runLocal: (words, options) =>
        this.#withoutKeyboard(
          () => runOnTerminal(words, options),
          () => undefined,
        ),
      ...(host.print !== undefined && { onOutput: host.print }),
    }
  }

  /** The terminal is for questions meanwhile, and Ctrl-C a signal. */
  #connect(): Promise<Remote> {
    return this.#withoutKeyboard(() => this.#host.connect(this.#signal), this.#interrupt)
  }

  /** Leaves the terminal to somebody else. A local program gets the terminal's signals itself. */
  async #withoutKeyboard<T>(work: () => Promise<T>, onInterrupt: () => void): Promise<T> {
    const before = this.#interrupt
    this.#interrupt = onInterrupt
    this.#keyboard.release()
    try {
      return await work()
    } finally {
      this.#interrupt = before
      this.#keyboard.hold(before)
    }
  }
}

/** Without its file a history is that of this shell alone, and that is said once. */
async function historyIn(file: string | undefined, host: ShellHost): Promise<History> {
  const forgetful = { lines: [], add: async () => undefined }
  if (file === undefined) return forgetful
  const told = (error: unknown): void => {
    if (!(error instanceof FerryError)) throw error
    host.complain(error.message)
  }
  try {
    const { lines, add } = await openHistory(file, host.signal)
    let failed = false
    const addOnce = async (line: string): Promise<void> => {
      if (failed) return
      await add(line).catch((error: unknown) => {
        failed = true
        told(error)
      })
    }
    return { lines, add: addOnce }
  } catch (error) {
    told(error)
    return forgetful
  }
}

/** What the prompt begins with: the stored name, or the account of an address. */
const label = (remote: Remote): string => (isAddress(remote.name) ? account(remote) : remote.name)

const greeting = (remote: Remote): string =>
  `${label(remote)} (${isAddress(remote.name) ? '' : `${account(remote)}, `}SFTP version 3)`

function account({ peer: { host, port, username } }: Remote): string {
  const at = host.includes(':') ? `[${host}]` : host
  return `${username === '' ? '' : `${username}@`}${at}${port === 22 ? '' : `:${port}`}`
}
