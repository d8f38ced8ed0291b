import { FerryError } from '../errors/ferry-error.ts'
import type { Field } from '../manifest/fields.ts'
import type { SealedSecret } from '../model/secret.ts'
import { seal } from '../secrets/seal.ts'
import { sealingKeys } from '../secrets/sealing-keys.ts'
import type { CommandContext } from './context.ts'
import { standardInput } from './standard-input.ts'

/** Far more than a private key has. */
const longestSecretBytes = 1024 * 1024

/** A secret that a person types at the terminal, unseen. `owner` names what it is for: `bank`. */
export async function typedSecret(context: CommandContext, field: Field, owner: string): Promise<SealedSecret> {
  const { io, signal } = context
  const { flag, title, name } = field
  if (name === 'private_key') {
    throw new FerryError('usage', `${flag}: a key has several lines, and a terminal is asked for one`, {
      hint: `${flag} - < key, or --identity-file <file> for a key that is in a file`,
    })
  }
  if (io.ask === undefined) {
    throw new FerryError('usage', `${flag}: there is no terminal to ask on`, {
      hint: `${flag} - reads a line of standard input; or a reference: ${flag} env:NAME, ${flag} file:PATH, ${flag} "command:pass show name"`,
    })
  }
  const text = await io.ask({ text: `${title} of ${owner}: `, echo: false }, signal)
  return sealed(context, field, text)
}

/** A secret that stands on standard input: its first line, or all of it for a private key. */
export async function pipedSecret(context: CommandContext, field: Field): Promise<SealedSecret> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of standardInput(context.io, context.signal)) {
    chunks.push(chunk)
    size += chunk.length
    if (size > longestSecretBytes) throw new FerryError('usage', `${field.flag}: standard input is longer than 1 MiB`)
    if (field.name !== 'private_key' && chunk.includes('\n')) break
  }
  const text = decoded(Buffer.concat(chunks), field)
  if (field.name !== 'private_key') return sealed(context, field, text.replace(/\r?\n[\s\S]*$/, ''))
  if (/\S\s*\n\s*\S/.test(text)) return sealed(context, field, text)
  throw new FerryError('usage', `${field.flag}: standard input does not hold a private key`, {
    hint: 'a key file belongs in --identity-file',
  })
}

function decoded(bytes: Buffer, { flag }: Field): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw new FerryError('usage', `${flag}: standard input is not UTF-8 text`, { cause: error })
  }
}

async function sealed({ environment, store }: CommandContext, { flag }: Field, literal: string): Promise<SealedSecret> {
  if (literal === '') throw new FerryError('usage', `${flag}: the secret is empty`)
  return seal({ literal }, sealingKeys({ environment, mayCreate: (await store()).isLocal }))
}
