import { read } from 'node:fs'
import { promisify } from 'node:util'
import { type Code, FerryError } from '../errors/ferry-error.ts'
import { localError } from '../errors/local-error.ts'
import type { Handle, SftpSession } from '../sftp/session.ts'
import { endsAll } from './transfer-error.ts'

/**
 * How far a copy that may be resumed runs ahead of its first hole. Whatever ended it, a part is whole up to so many bytes before its end: a
 * killed process cannot cut off what arrived out of order, and a server may write in any order.
 */
export const mostAhead = 4 << 20
/** Compared with the source before a part is continued: so many places, evenly spread, the first and the last among them. */
const samples = 16
const sampleLength = 65_536

/** How a copy finds what an earlier one left, and proves that it is the beginning of its source. */
export interface Resume<Part> {
  /** One state of one source: what tells that it is another, or has changed. */
  readonly identity: string
  /** How much of a part of `size` bytes is the beginning of the source. */
  proven(part: Part, size: number): Promise<number>
  /** Parts that stay if the copy ends now. */
  readonly kept: Set<string>
}

/** Bytes of a file from an offset on, as many as were asked for, unless the file ends. */
export type RangeReader = (offset: number, length: number) => Promise<Buffer>

/** How much of a part is certainly the beginning of a source: what may have holes is not counted, the rest is compared in places. */
export async function provenLength(
  part: RangeReader,
  size: number,
  source: RangeReader,
  sourceSize: number,
): Promise<number> {
  const whole = size > sourceSize ? 0 : Math.max(0, size - mostAhead)
  const same = await allDone(
    samplePlaces(whole).map(async ({ offset, length }) => {
      const [ours, theirs] = await allDone([part(offset, length), source(offset, length)])
      return ours?.length === length && theirs !== undefined && ours.equals(theirs)
    }),
  )
  return same.every(Boolean) ? whole : 0
}

/** As Promise.all, but nothing is under way any more when it rejects: whoever waits may close the files. */
export async function allDone<T>(works: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(works)
  return Promise.all(works)
}

/** Evenly spread over the first `size` bytes; all of them, where they are few. */
export function samplePlaces(size: number): { readonly offset: number; readonly length: number }[] {
  const count = Math.min(samples, Math.ceil(size / sampleLength))
  const last = size - Math.min(sampleLength, size)
  return Array.from({ length: count }, (_, index) => {
    const offset = count === 1 ? 0 : Math.round((last * index) / (count - 1))
    return { offset, length: Math.min(sampleLength, size - offset) }
  })
}

export const remoteRange =
  (session: SftpSession, handle: Handle): RangeReader =>
  async (offset, length) => {
    const pieces: Buffer[] = []
    for (let got = 0; got < length; ) {
      const piece = await session.read(handle, offset + got, length - got)
      if (piece === null) break
      pieces.push(piece)
      got += piece.length
    }
    return Buffer.concat(pieces)
  }

const readAt = promisify(read)

export const localRange =
  (fd: number): RangeReader =>
  async (offset, length) => {
    const buffer = Buffer.allocUnsafe(length)
    try {
      let got = 0
      while (got < length) {
        const { bytesRead } = await readAt(fd, buffer, got, length - got, offset + got)
        if (bytesRead === 0) break
        got += bytesRead
      }
      return buffer.subarray(0, got)
    } catch (error) {
      throw localError('read', 'the local file', error)
    }
  }

const keeping: ReadonlySet<Code> = new Set(['no_space', 'local_failed'])

/** Whether a part is worth something after this failure: not where its bytes are the matter, or the source has changed. */
export const keepsPart = (error: unknown): boolean =>
  error instanceof FerryError && error.code !== 'bug' && (endsAll(error) || keeping.has(error.code))
