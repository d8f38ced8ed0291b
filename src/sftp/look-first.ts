import { FerryError } from '../errors/ferry-error.ts'
import { isDirectory } from '../model/attributes.ts'
import { lstatOrAbsent } from './lstat-or-absent.ts'
import { isOpenssh, type SftpSession } from './session.ts'

// Steps whose answer was lost with the connection are not simply repeated. What is there now tells whether they were done.

/** Whether it was done; rejects where what is there tells nothing. */
export type Look = (session: SftpSession) => Promise<boolean>

export const isGone =
  (path: string): Look =>
  async (session) =>
    (await lstatOrAbsent(session, path)) === undefined

export const isRenamed =
  (from: string, to: string): Look =>
  async (session) => {
    const [source, target] = await Promise.all([lstatOrAbsent(session, from), lstatOrAbsent(session, to)])
    if (source !== undefined) return false
    if (target !== undefined) return true
    const message = `rename ${from} ${to}: the answer was lost, and now neither is there`
    throw new FerryError('outcome_unknown', message, { path: to })
  }

/** A directory that holds something was there before, and is for whoever asked to refuse. */
export const isMade =
  (path: string): Look =>
  async (session) => {
    const found = await lstatOrAbsent(session, path)
    return found !== undefined && isDirectory(found) && (await isEmpty(session, path))
  }

export const isLinkTo =
  (target: string, link: string): Look =>
  async (session) => {
    if (await isTargetOf(session, link, target)) return true
    // Others than OpenSSH's own server may take the paths in the draft's order.
    return !isOpenssh(session) && isTargetOf(session, target, link)
  }

async function isTargetOf(session: SftpSession, link: string, target: string): Promise<boolean> {
  try {
    return (await session.readlink(link)) === target
  } catch (error) {
    // What is no link, or not there, is answered in many ways.
    if (error instanceof FerryError && error.exitCode === 1) return false
    throw error
  }
}

/** Two names of one file have all their attributes in common. */
export const isSameFile =
  (one: string, other: string): Look =>
  async (session) => {
    const [first, second] = await Promise.all([lstatOrAbsent(session, one), lstatOrAbsent(session, other)])
    return second !== undefined && JSON.stringify(first) === JSON.stringify(second)
  }

async function isEmpty(session: SftpSession, path: string): Promise<boolean> {
  const handle = await session.opendir(path)
  try {
    for (;;) {
      const batch = await session.readdir(handle)
      if (batch === null) return true
      if (batch.some(({ name }) => name !== '.' && name !== '..')) return false
    }
  } finally {
    await session.close(handle)
  }
}
