import { spawn } from 'node:child_process'

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
}

/** Hands a file to the browser of whoever sits here. */
export function openInBrowser(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
  failed: (reason: string) => void,
): void {
  const [program = 'xdg-open', ...words] = openers[process.platform] ?? []
  const child = spawn(program, [...words, file], { env: { ...environment }, stdio: 'ignore', detached: true })
  child.on('error', ({ message }) => failed(message))
  child.unref()
}
