import { randomBytes, timingSafeEqual } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import { fsPath } from '../model/name-bytes.ts'
import type { Environment } from './local-account.ts'

/** What ssh, or a jump host's ssh, wants to know. */
export interface AskpassQuestion {
  /** The process that asks. */
  readonly askedBy: number
  /** The prompt; or `host-key` and what KnownHostsCommand was given. */
  readonly words: readonly string[]
  /** SSH_ASKPASS_PROMPT: `confirm`, `none` for a message that wants no answer, else empty. */
  readonly kind: string
}

/** `undefined` tells ssh that there is no answer; where it rejects, ssh is left waiting for its end. */
export type AnswerQuestion = (question: AskpassQuestion) => Promise<string | undefined>

/** The program that ssh starts for a question: beside the bundle in dist/, or above the sources. */
const programs = ['../bin/askpass.js', '../../bin/askpass.js'].map((path) => join(import.meta.dirname, path))

/** The path of a Unix socket has 107 bytes at most (unix(7)), and this adds fewer than 30 to its folder's. */
const longestFolder = 75
const questionBytesMax = 64 * 1024

/**
 * Answers ssh's questions (SSH_ASKPASS) over a socket in a folder of its own, so that no secret is in an argument or an environment.
 * Who asks has to know a token, which ssh inherits.
 */
export class Askpass implements AsyncDisposable {
  readonly program: string
  readonly #folder: string
  readonly #server: Server
  readonly #token = randomBytes(16).toString('hex')
  readonly #sockets = new Set<Socket>()

  private constructor(program: string, folder: string, answer: AnswerQuestion) {
    this.program = program
    this.#folder = folder
    this.#server = createServer((socket) => this.#serve(socket, answer))
  }

  static async open(environment: Environment, answer: AnswerQuestion): Promise<Askpass> {
    const program = programs.find((path) => existsSync(path))
    if (program === undefined) throw new FerryError('local_failed', "start ssh: ferry's bin/askpass.js is missing")
    const askpass = new Askpass(program, await privateFolder(environment), answer)
    try {
      await new Promise<void>((resolve, reject) => {
        askpass.#server.once('error', reject).listen(askpass.#socketPath, resolve)
      })
      await chmod(askpass.#socketPath, 0o600)
      return askpass
    } catch (error) {
      await askpass[Symbol.asyncDispose]()
      throw localError('make a socket for ssh in', askpass.#folder, error)
    }
  }

  /** What ssh needs to find its way here. */
  get environment(): Record<string, string> {
    return {
      SSH_ASKPASS: this.program,
      SSH_ASKPASS_REQUIRE: 'force',
      SSH_ASKPASS_NODE: process.execPath,
      SSH_ASKPASS_SOCKET: this.#socketPath,
      SSH_ASKPASS_TOKEN: this.#token,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await rm(fsPath(this.#folder), { recursive: true, force: true })
  }

  get #socketPath(): string {
    return join(this.#folder, 'askpass')
  }

  #serve(socket: Socket, answer: AnswerQuestion): void {
    this.#sockets.add(socket)
    let received = ''
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      received += text
      const end = received.indexOf('\n')
      if (end < 0 && received.length <= questionBytesMax) return
      socket.removeAllListeners('data')
      const question = end < 0 ? undefined : this.#question(received.slice(0, end))
      if (question === undefined) socket.destroy()
      else void this.#reply(socket, question, answer)
    })
    // ssh ends its program where it has no use for an answer any more.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
  }

  async #reply(socket: Socket, question: AskpassQuestion, answer: AnswerQuestion): Promise<void> {
    // What ssh wrote on its standard error before it asked is read first: it says what the question is about.
    await new Promise<void>((resolve) => setImmediate(resolve))
    try {
      const text = await answer(question)
      if (text === undefined) socket.destroy()
      else socket.end(`${text}\n`)
    } catch {
      // Whoever rejects ends ssh; without an answer it would offer the server an empty password.
    }
  }

  #question(line: string): AskpassQuestion | undefined {
    try {
      const question: unknown = JSON.parse(line)
      if (typeof question !== 'object' || question === null) return undefined
      const token = Buffer.from(String(Reflect.get(question, 'token')))
      const wanted = Buffer.from(this.#token)
      if (token.length !== wanted.length || !timingSafeEqual(token, wanted)) return undefined
      const words: unknown = Reflect.get(question, 'words')
      return {
        askedBy: Number(Reflect.get(question, 'askedBy')),
        words: Array.isArray(words) ? words.map(String) : [],
        kind: String(Reflect.get(question, 'kind')),
      }
    } catch {
      return undefined
    }
  }
}

/** The first of the usual places for temporary files that will do; others may not look into it (mkdtemp(3)). */
async function privateFolder(environment: Environment): Promise<string> {
  const places = [environment['XDG_RUNTIME_DIR'], environment['TMPDIR'], '/tmp'].filter(
    (place) => place?.startsWith('/') && Buffer.byteLength(place) <= longestFolder,
  )
  let reason: unknown
  for (const place of places) {
    try {
      return await mkdtemp(join(place ?? '', 'ferry-ssh-'))
    } catch (error) {
      reason = error
    }
  }
  throw localError('make a folder for a socket in', places.join(', '), reason)
}
