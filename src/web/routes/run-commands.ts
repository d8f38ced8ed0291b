import { html } from 'hono/html'
import type { ScriptSource } from '../../api/execute.ts'
import { FerryError } from '../../errors/ferry-error.ts'
import { type Html, problem } from '../views/elements.ts'
import { append, outputPiece, resultPiece } from '../views/run-pieces.ts'
import type { Admin } from '../web-environment.ts'
import type { WebSession } from '../web-session.ts'
import type { Send } from './event-stream.ts'

export interface CommandRun {
  readonly connection: string
  readonly source: ScriptSource
  readonly variables?: Readonly<Record<string, string>>
  readonly logLevel: 0 | 1 | 2 | 3 | 4
  readonly signal: AbortSignal
  /** Where output and messages of this run are to go on the page. */
  readonly place: { readonly output: string; readonly messages: string }
}

/** More than anybody reads, and little enough for a page. */
const shownCharacters = 4 * 1024 * 1024
/** Pieces are gathered for so long, so that a long listing is not a thousand changes of the page. */
const gatherMs = 50

/** Runs commands over a connection of their own, and sends what they say as it comes. Gives whether all of them succeeded. */
export async function runCommands(
  admin: Admin,
  session: WebSession,
  { connection, source, variables, logLevel, signal, place }: CommandRun,
  send: Send,
): Promise<boolean> {
  const pieces: Html[] = []
  let sending = Promise.resolve()
  const flush = (): Promise<void> => {
    const gathered = pieces.splice(0)
    if (gathered.length > 0) sending = sending.then(() => send(html`${gathered}`))
    return sending
  }
  const timer = setInterval(() => void flush().catch(() => undefined), gatherMs)
  let printed = 0
  const print = (text: string): void => {
    if (printed > shownCharacters) return
    printed += text.length
    const shown = printed > shownCharacters ? '\nThe rest of the output is not shown.\n' : text
    pieces.push(append(place.output, outputPiece(shown)))
  }
  const say = (piece: Html): void => void pieces.push(append(place.messages, piece))
  try {
    using _slot = await session.slots.take(signal)
    await using opened = await session.state.connect(connection, {
      signal,
      localCommands: false,
      overrides: logLevel === 0 ? {} : { logLevel },
      onNote: (level, text) => {
        if (level <= logLevel) say(outputPiece(`${text}\n`))
      },
    })
    const { ok } = await opened.execute(source, {
      signal,
      localDirectory: admin.localDirectory,
      throwOnFailure: false,
      keepOutput: false,
      ...(variables !== undefined && { variables }),
      onOutput: print,
      onErrorOutput: (text) => say(outputPiece(text)),
      onCommand: (result) => {
        pieces.push(resultPiece(place.output, result))
        if (result.error !== undefined) say(problem(result.error))
      },
    })
    return ok
  } catch (error) {
    if (!(error instanceof FerryError)) throw error
    say(problem(error))
    return false
  } finally {
    clearInterval(timer)
    await flush().catch(() => undefined)
  }
}
