import * as files from 'node:fs/promises'

/**
 * `node:fs/promises` of a process whose nth call fails: it is killed instead of doing it, or gets the error of FAIL_WITH. A write is cut in
 * half first.
 */
let callsLeft = Number(process.env['FAIL_CALL'])
const errno = process.env['FAIL_WITH']

function mayFail(): void {
  callsLeft -= 1
  if (callsLeft !== 0) return
  if (errno === undefined) process.kill(process.pid, 'SIGKILL')
  else throw Object.assign(new Error(errno), { code: errno })
}

const failing =
  <Args extends unknown[], Result>(act: (...args: Args) => Promise<Result>): ((...args: Args) => Promise<Result>) =>
  async (...args) => {
    mayFail()
    return act(...args)
  }

export const { constants } = files
export const copyFile = failing(files.copyFile)
export const link = failing(files.link)
export const lstat = failing(files.lstat)
export const mkdir = failing(files.mkdir)
export const readFile = failing(files.readFile)
export const readlink = failing(files.readlink)
export const realpath = failing(files.realpath)
export const rename = failing(files.rename)
export const unlink = failing(files.unlink)
export const writeFile = failing(files.writeFile)

export async function open(path: string, flags: string, mode?: number) {
  mayFail()
  const handle = await files.open(path, flags, mode)
  return {
    async writeFile(text: string): Promise<void> {
      if (callsLeft === 1) await handle.writeFile(text.slice(0, text.length / 2))
      mayFail()
      await handle.writeFile(text)
    },
    sync: failing(() => handle.sync()),
    close: failing(() => handle.close()),
  }
}
