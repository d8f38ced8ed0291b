import * as files from 'node:fs/promises'

/** `node:fs/promises` of a process that is killed instead of doing its nth call; a write is cut in half first. */
let callsLeft = Number(process.env['DIE_BEFORE_CALL'])

function mayDie(): void {
  callsLeft -= 1
  if (callsLeft === 0) process.kill(process.pid, 'SIGKILL')
}

const dying =
  <Args extends unknown[], Result>(act: (...args: Args) => Result): ((...args: Args) => Result) =>
  (...args) => {
    mayDie()
    return act(...args)
  }

export const { constants } = files
export const copyFile = dying(files.copyFile)
export const link = dying(files.link)
export const lstat = dying(files.lstat)
export const mkdir = dying(files.mkdir)
export const readFile = dying(files.readFile)
export const readlink = dying(files.readlink)
export const realpath = dying(files.realpath)
export const rename = dying(files.rename)
export const unlink = dying(files.unlink)
export const writeFile = dying(files.writeFile)

export async function open(path: string, flags: string, mode?: number) {
  mayDie()
  const handle = await files.open(path, flags, mode)
  return {
    async writeFile(text: string): Promise<void> {
      if (callsLeft === 1) await handle.writeFile(text.slice(0, text.length / 2))
      mayDie()
      await handle.writeFile(text)
    },
    sync: dying(() => handle.sync()),
    close: dying(() => handle.close()),
  }
}
