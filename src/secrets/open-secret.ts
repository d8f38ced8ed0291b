import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { type Details, FerryError } from '../errors/ferry-error.ts'
import { localReason } from '../errors/local-error.ts'
import { expandTilde } from '../model/home.ts'
import { fsPath } from '../model/name-bytes.ts'
import { orAbort } from '../model/or-abort.ts'
import type { SecretReference, StoredSecret } from '../model/secret.ts'
import { commandOutput } from './command-output.ts'
import { expandReferences } from './references.ts'
import { unseal } from './seal.ts'
import type { SealingKeys } from './sealing-keys.ts'
import { splitWords } from './split-words.ts'

export interface SecretContext {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly keys: SealingKeys
  readonly signal: AbortSignal
}

/** Far more than a private key has, and little enough to hold. */
const longestSecretBytes = 1024 * 1024

/** Variables that are secrets themselves, and that no program which gives another secret has to know. */
const ownSecrets = ['FERRY_KEY', 'FERRY_PASSWORD', 'FERRY_IDENTITY_PASSPHRASE'] as const

/** The text of a secret. `what` names it in errors (`password of bank`), which never hold its text: all are `authentication_failed`. */
export async function openSecret(secret: StoredSecret, what: string, context: SecretContext): Promise<string> {
  context.signal.throwIfAborted()
  if ('env' in secret) return notEmpty(fromEnvironment(secret.env, what, context), what, secret)
  if ('file' in secret) return notEmpty(await fromFile(secret.file, what, context), what, secret)
  if ('command' in secret) return notEmpty(await fromCommand(secret.command, what, context), what, secret)
  const text = await unseal(secret, what, context.keys)
  if (secret.template !== true) return text
  const { text: expanded, missing } = expandReferences(text, context.environment)
  const [name] = missing
  if (name === undefined) return expanded
  throw unset(name, what)
}

/** A reference as a manifest's text or a flag has it: `${env:BANK_PASSWORD}`, `file:/run/secrets/bank`, `command:pass show bank`. */
export function referenceText(reference: SecretReference): string {
  if ('env' in reference) return `\${env:${reference.env}}`
  if ('file' in reference) return `file:${reference.file}`
  const { command } = reference
  return `command:${typeof command === 'string' ? command : command.join(' ')}`
}

const failed = (what: string, reason: string, details: Details = {}): FerryError =>
  new FerryError('authentication_failed', `${what}: ${reason}`, details)

const unset = (name: string, what: string): FerryError => failed(what, `the environment variable ${name} is not set`)

function notEmpty(text: string, what: string, reference: SecretReference): string {
  if (text !== '') return text
  throw failed(what, `${referenceText(reference)} is empty`)
}

function fromEnvironment(name: string, what: string, { environment }: SecretContext): string {
  const value = environment[name]
  if (value === undefined) throw unset(name, what)
  return value
}

async function fromFile(path: string, what: string, { environment, signal }: SecretContext): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await orAbort(readSmallFile(expandTilde(path, environment)), signal)
  } catch (error) {
    signal.throwIfAborted()
    throw failed(what, `read file:${path}: ${localReason(error)}`, { cause: error })
  }
  return textOf(bytes, what, { file: path })
}

async function readSmallFile(path: string): Promise<Buffer> {
  // Without O_NONBLOCK, opening a FIFO would wait for its writer in a thread that nothing can end.
  const file = await open(fsPath(path), constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!(await file.stat()).isFile()) throw new Error('not a regular file')
    const buffer = Buffer.alloc(longestSecretBytes + 1)
    let size = 0
    for (let count = 1; count > 0 && size < buffer.length; size += count) {
      ;({ bytesRead: count } = await file.read(buffer, size))
    }
    return buffer.subarray(0, size)
  } finally {
    await file.close()
  }
}

async function fromCommand(
  command: string | readonly string[],
  what: string,
  { environment, signal }: SecretContext,
): Promise<string> {
  const reference = referenceText({ command })
  const words = typeof command === 'string' ? splitWords(command) : command
  if (words?.[0] === undefined) throw failed(what, `${reference}: it is no command line`)
  const inherited = Object.fromEntries(
    Object.entries(environment).filter(([name]) => !ownSecrets.some((own) => own === name)),
  )
  const outcome = await commandOutput(words, { environment: inherited, limit: longestSecretBytes, signal })
  if ('failure' in outcome) throw failed(what, `${reference}: ${outcome.failure}`, { hint: 'run it to see why' })
  return textOf(outcome.output, what, { command })
}

/** The text of what a file or a program holds, less one newline at its end. */
function textOf(bytes: Buffer, what: string, reference: SecretReference): string {
  if (bytes.length > longestSecretBytes) throw failed(what, `${referenceText(reference)} is longer than 1 MiB`)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, '')
  } catch (error) {
    throw failed(what, `${referenceText(reference)} is not UTF-8 text`, { cause: error })
  }
}
