import { expect } from 'vitest'
import type { Handle, SftpSession } from '../../src/sftp/session.ts'

/** Leaves the file open. */
export async function writeFile(session: SftpSession, path: string, content: Buffer): Promise<Handle> {
  const file = await session.open(path, { read: true, write: true, create: true, truncate: true })
  const { write } = session.limits
  for (let offset = 0; offset < content.length; offset += write) {
    await session.write(file, offset, content.subarray(offset, offset + write))
  }
  return file
}

export const permissions = (attributes: { permissions?: number }): number => (attributes.permissions ?? 0) & 0o7777

export async function expectUnsupported(request: Promise<unknown>, extension: string): Promise<void> {
  await expect(request).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(new RegExp(`: the server does not support ${extension}$`)),
  })
}
