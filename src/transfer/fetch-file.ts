import { ftruncateSync, writeSync } from 'node:fs'
import type { FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import { giveBack } from '../sftp/packet-buffers.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import { Contiguous } from './contiguous.ts'
import { type Lane, Lanes } from './lanes.ts'
import { endsAll } from './transfer-error.ts'
import { TransferWindow, type WindowOptions } from './transfer-window.ts'

export interface EngineOptions extends WindowOptions {
  /** Where to begin, in both files. */
  readonly offset?: number
  /** What the whole file is believed to hold: a hint, as sizes may be 0, old or false. */
  readonly size?: number
  /** Shared with other files of the same transfer; else one of its own. */
  readonly window?: TransferWindow
  /** The first one, and others of the same file; else it is read or written over `session` alone. */
  readonly lanes?: Lanes
  readonly onBytes?: (count: number) => void
  /** Bytes that may be on their way, or there, beyond the first that is missing; no bound of its own unless said. */
  readonly ahead?: number
  readonly signal: AbortSignal
}

/** Beyond the believed end a small request asks whether the file goes on. */
const probeLength = 4096

/**
 * Reads an open remote file until its end into an open local one, with many READs in flight, and gives the number of bytes. After a
 * failure or an abort nothing is in flight any more, and the local file holds what came without a hole.
 */
export async function fetchFile(
  session: SftpSession,
  handle: Handle,
  fd: number,
  options: EngineOptions,
): Promise<number> {
  const start = options.offset ?? 0
  const window = options.window ?? new TransferWindow(session, 'read', options)
  const lanes = options.lanes ?? new Lanes({ session, handle, window })
  let from = start
  for (;;) {
    const round = await fetchRound(lanes, fd, from, options)
    const { reached, furthest } = round.pieces
    const uncut = furthest > reached ? cut(fd, reached) : undefined
    const failure = round.failure ?? uncut
    if (failure !== undefined) throw failure
    // The file grew or shrank meanwhile: its end came before pieces that had arrived. Go on there, for as long as there is more.
    if (furthest === reached || reached === from) return reached - start
    from = reached
  }
}

/** One pass from `start` to the first end of file. */
async function fetchRound(
  lanes: Lanes,
  fd: number,
  start: number,
  { size = 0, onBytes, ahead = Number.POSITIVE_INFINITY, signal }: EngineOptions,
): Promise<{ pieces: Contiguous; failure: unknown }> {
  const pieces = new Contiguous(start)
  const { chunk } = lanes.first.window
  let failure: unknown
  let end = Number.POSITIVE_INFINITY
  let next = start
  let pending = 0
  let beyond = 0
  let beyondAllowed = 1
  let wake: () => void = () => undefined
  const stopped = (): boolean => failure !== undefined || signal.aborted
  const change = (): Promise<void> => new Promise((resolve) => (wake = resolve))

  const fetchRange = async (lane: Lane, offset: number, length: number, isBeyond: boolean): Promise<void> => {
    pending += 1
    if (isBeyond) beyond += 1
    let at = offset
    let way = lane
    try {
      while (at < offset + length) {
        let data: Buffer | null
        try {
          data = await way.session.read(way.handle, at, offset + length - at)
        } catch (error) {
          if (!endsAll(error) || !lanes.drop(way)) throw error
          way = lanes.first
          continue
        }
        if (stopped()) return
        if (data === null) {
          end = Math.min(end, at)
          return
        }
        writeWhole(fd, data, at)
        giveBack(data)
        pieces.add(at, data.length)
        onBytes?.(data.length)
        at += data.length
      }
      if (isBeyond) beyondAllowed += 1
    } catch (error) {
      failure ??= error
    } finally {
      pending -= 1
      if (isBeyond) beyond -= 1
      lane.window.give(length)
      wake()
    }
  }

  while (!stopped() && next < end) {
    const isBeyond = next >= size
    if ((isBeyond && beyond >= beyondAllowed) || next - pieces.reached >= ahead) {
      await change()
      continue
    }
    const length = isBeyond ? lengthBeyond(next, size, chunk) : Math.min(chunk, size - next)
    const lane = await lanes.take(length)
    if (stopped() || next >= end) {
      lane.window.give(length)
      break
    }
    void fetchRange(lane, next, length, isBeyond)
    next += length
  }
  while (pending > 0) await change()
  return { pieces, failure: failure ?? (signal.aborted ? signal.reason : undefined) }
}

const lengthBeyond = (at: number, size: number, chunk: number): number =>
  at === size && size > 0 ? Math.min(probeLength, chunk) : chunk

/** Writes bytes into an open local file, all of them. */
export function writeWhole(fd: number, data: Uint8Array, offset: number): void {
  try {
    for (let done = 0; done < data.length; ) done += writeSync(fd, data, done, data.length - done, offset + done)
  } catch (error) {
    throw localError('write', 'the local file', error)
  }
}

/** Takes off what came after a hole; gives the failure, if it is one. */
function cut(fd: number, size: number): FerryError | undefined {
  try {
    ftruncateSync(fd, size)
    return undefined
  } catch (error) {
    return localError('truncate', 'the local file', error)
  }
}
