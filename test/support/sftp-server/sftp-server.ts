import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { type Answer, encodeAnswer, errorAnswer, statusAnswer, statusCode } from './answers.ts'
import { extensionVersions, performExtension } from './extension-requests.ts'
import { type Act, type Exchange, type Fault, FaultPlan, type Outcome } from './faults.ts'
import { performFileRequest, type Served, type ServerLimits } from './file-requests.ts'
import { localNames, type NamesById } from './names-by-id.ts'
import { OpenHandles } from './open-handles.ts'
import { PacketSplitter } from './packet-splitter.ts'
import { type Request, type RequestName, readRequest, requestId } from './requests.ts'
import { ServedTree } from './served-tree.ts'
import { BadPacket } from './wire.ts'

export interface SftpServerOptions {
  /** A local directory, which is `/` to the client. */
  readonly root: string
  /** Where relative paths begin; the root when absent. */
  readonly startDirectory?: string
  /** Names of users and groups by id; this machine's when absent. */
  readonly names?: NamesById
  readonly faults?: readonly Fault[]
  /** Name to version of what is announced, true or not; what is not announced is not served. All of OpenSSH's when absent. */
  readonly extensions?: Readonly<Record<string, string>>
  /** 3 when absent. */
  readonly version?: number
  /** What limits@openssh.com tells and the server holds to; OpenSSH's own when absent. */
  readonly limits?: Partial<ServerLimits>
  /** Entries in an answer to READDIR; 100 when absent. */
  readonly batch?: number
  /** Sends answers in pieces of so many bytes. */
  readonly pieceBytes?: number
}

/** A request as it came, without what it carried. */
export interface RequestRecord {
  readonly name: RequestName
  /** In full, as the client would write them; of a handle, what it was opened as. */
  readonly paths: readonly string[]
  readonly offset?: number
  /** Bytes that are asked for or carried. */
  readonly length?: number
}

export interface ServedStream {
  /** Settles when the stream is gone and all its handles are closed. */
  readonly closed: Promise<void>
  openHandles(): number
}

const defaultLimits: ServerLimits = { packet: 256 * 1024, read: 261_120, write: 261_120, handles: 1019 }

/** An SFTP version 3 server over a local directory that does as it should, but for its faults. It serves any number of streams. */
export class SftpServer {
  /** Every request of every stream, in the order of arrival. */
  readonly requests: RequestRecord[] = []
  readonly #options: SftpServerOptions
  readonly #plan: FaultPlan
  readonly #extensions: Readonly<Record<string, string>>

  constructor(options: SftpServerOptions) {
    this.#options = options
    this.#plan = new FaultPlan(options.faults ?? [])
    this.#extensions = options.extensions ?? extensionVersions
  }

  /** `beforeEnd` is called when the server is about to end the stream. */
  serve(stream: Duplex, beforeEnd: () => void = () => {}): ServedStream {
    const limits = { ...defaultLimits, ...this.#options.limits }
    const served: Served = {
      tree: new ServedTree(this.#options.root, this.#options.startDirectory ?? '/'),
      handles: new OpenHandles(limits.handles),
      names: this.#options.names ?? localNames(),
      limits,
      batch: this.#options.batch ?? 100,
    }
    const splitter = new PacketSplitter(limits.packet)
    const gone = new AbortController()
    const line = new AnswerLine(stream, beforeEnd, this.#options.pieceBytes)
    stream.on('data', (chunk: Buffer) => {
      let packets: Buffer[] = []
      try {
        packets = splitter.push(chunk)
      } catch {
        // Like sftp-server, which ends on a packet that cannot be one.
        line.destroy()
      }
      for (const packet of packets) if (!line.isOver) this.#take(packet, served, line, gone.signal)
    })
    stream.on('end', () => line.end())
    // A client may go away in the middle of our answer.
    stream.on('error', () => line.destroy())
    const closed = new Promise<void>((resolve) => {
      stream.once('close', () => {
        gone.abort()
        served.handles.closeAll()
        resolve()
      })
    })
    return { closed, openHandles: () => served.handles.count }
  }

  #take(packet: Buffer, served: Served, line: AnswerLine, gone: AbortSignal): void {
    let request: Request
    try {
      request = readRequest(packet)
    } catch (error) {
      if (!(error instanceof BadPacket)) throw error
      line.send(encodeAnswer(requestId(packet), statusAnswer(statusCode.badMessage)))
      return
    }
    const paths = pathsOf(request, served)
    this.requests.push(recordOf(request, paths))
    const encode = (answer: Answer, id = request.id): Buffer => encodeAnswer(id, answer)
    const send = (outcome: Outcome): void => {
      for (const bytes of bytesOf(outcome, encode)) line.send(bytes)
    }
    const exchange: Exchange = {
      request,
      paths,
      perform: () => this.#perform(served, request),
      encode,
      send,
      end: () => line.end(),
      destroy: () => line.destroy(),
      stopReading: () => line.stopReading(),
      gone,
    }
    const act: Act = this.#plan.actFor(request.name, paths) ?? (({ perform }) => perform())
    try {
      const outcome = act(exchange)
      if (outcome instanceof Promise) outcome.then(send).catch((error) => line.fail(error))
      else send(outcome)
    } catch (error) {
      line.fail(error)
    }
  }

  #perform(served: Served, request: Request): Answer {
    const { name } = request
    if (name === 'init') {
      return { type: 'version', version: this.#options.version ?? 3, extensions: Object.entries(this.#extensions) }
    }
    if (name in extensionVersions && !(name in this.#extensions)) return statusAnswer(statusCode.unsupported)
    try {
      const answer = performFileRequest(served, request) ?? performExtension(served, request)
      return answer ?? statusAnswer(statusCode.unsupported)
    } catch (error) {
      return errorAnswer(error)
    }
  }
}

/** Serves one stream with a server of its own. */
export function serveSftp(
  stream: Duplex,
  options: SftpServerOptions,
): ServedStream & { readonly requests: readonly RequestRecord[] } {
  const server = new SftpServer(options)
  return { ...server.serve(stream), requests: server.requests }
}

/** What goes out on a stream; while the client does not take it, nothing is read from the client either. */
class AnswerLine {
  /** No further request is looked at. */
  isOver = false
  readonly #stream: Duplex
  readonly #beforeEnd: () => void
  readonly #pieceBytes: number
  #isStopped = false

  constructor(stream: Duplex, beforeEnd: () => void, pieceBytes = Number.POSITIVE_INFINITY) {
    this.#stream = stream
    this.#beforeEnd = beforeEnd
    this.#pieceBytes = pieceBytes
  }

  send(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += this.#pieceBytes) this.#write(bytes.subarray(at, at + this.#pieceBytes))
  }

  stopReading(): void {
    this.isOver = true
    this.#isStopped = true
    this.#stream.pause()
  }

  end(): void {
    this.isOver = true
    if (!this.#stream.writable) return
    this.#beforeEnd()
    this.#stream.end()
  }

  destroy(): void {
    this.isOver = true
    this.#stream.destroy()
  }

  /** An act of a test has a mistake, which is the runner's to tell, not the client's. */
  fail(error: unknown): void {
    this.destroy()
    setImmediate(() => {
      throw error
    })
  }

  #write(piece: Uint8Array): void {
    if (!this.#stream.writable || this.#stream.write(piece) || this.#stream.isPaused()) return
    this.#stream.pause()
    once(this.#stream, 'drain').then(
      () => this.#isStopped || this.#stream.resume(),
      () => undefined,
    )
  }
}

function bytesOf(outcome: Outcome, encode: (answer: Answer) => Buffer): Uint8Array[] {
  if (outcome === undefined) return []
  if (outcome instanceof Uint8Array) return [outcome]
  if ('type' in outcome) return [encode(outcome)]
  return outcome.flatMap((one) => bytesOf(one, encode))
}

function pathsOf(request: Request, { tree, handles }: Served): string[] {
  const paths: string[] = []
  if ('path' in request) paths.push(tree.absolute(request.path))
  if ('to' in request) paths.push(tree.absolute(request.to))
  if ('handle' in request) paths.push(handles.path(request.handle) ?? '')
  return paths
}

function recordOf(request: Request, paths: readonly string[]): RequestRecord {
  const { name } = request
  if (name === 'read') return { name, paths, offset: request.offset, length: request.length }
  if (name === 'write') return { name, paths, offset: request.offset, length: request.data.length }
  return { name, paths }
}
