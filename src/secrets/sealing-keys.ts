import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FerryError } from '../errors/ferry-error.ts'
import { errnoOf, localReason } from '../errors/local-error.ts'
import { configDirectory } from '../model/home.ts'

/** The age identities that seal and open secrets: `FERRY_KEY`, else the key file. They are read once, when first needed. */
export interface SealingKeys {
  /** Where the key is, for messages. */
  readonly location: string
  /** The identities there are, the one to seal with first; none where no key was made yet. */
  read(): Promise<readonly string[]>
  /** The identity to seal with. It is made where there is none and it may be; rejects with `usage` where it may not. */
  obtain(): Promise<string>
}

export interface SealingKeysOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether a key file may be made: not where it would die with the machine, or where nothing is sealed. */
  readonly mayCreate: boolean
}

/** The sealing keys of this user. */
export function sealingKeys({ environment, mayCreate }: SealingKeysOptions): SealingKeys {
  const given = environment['FERRY_KEY']
  if (given !== undefined && given !== '') return givenKeys(given)
  let identities: Promise<readonly string[]> | undefined
  const file = (): string => join(configDirectory(environment), 'key.txt')
  const keys: SealingKeys = {
    get location() {
      return file()
    },
    read() {
      identities ??= readKeyFile(file())
      return identities
    },
    async obtain() {
      const [identity] = await keys.read()
      if (identity !== undefined) return identity
      if (!mayCreate) {
        throw new FerryError('usage', 'seal a secret: there is no key to seal with', {
          hint: 'set FERRY_KEY to an age identity (age-keygen makes one), or write a reference in place of the secret, as { env: NAME }',
        })
      }
      identities = makeKeyFile(file())
      const [made] = await identities
      if (made === undefined) throw new FerryError('bug', `key file ${file()} is empty after it was made`)
      return made
    },
  }
  return keys
}

function givenKeys(text: string): SealingKeys {
  const read = async (): Promise<readonly [string, ...string[]]> => parseIdentities(text, 'FERRY_KEY')
  return { location: 'FERRY_KEY', read, obtain: async () => (await read())[0] }
}

async function readKeyFile(file: string): Promise<readonly string[]> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw new FerryError('authentication_failed', `read the key file ${file}: ${localReason(error)}`, { cause: error })
  }
  return parseIdentities(text, file)
}

/** The identities of a file as age-keygen(1) writes it: one a line, `#` for comments. */
function parseIdentities(text: string, what: string): readonly [string, ...string[]] {
  const [first, ...others] = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const isIdentity = (line: string): boolean => /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/.test(line)
  if (first !== undefined && [first, ...others].every(isIdentity)) return [first, ...others]
  throw new FerryError('authentication_failed', `${what} holds no age identity`, {
    hint: 'a line that begins with AGE-SECRET-KEY-1, as age-keygen writes it',
  })
}

/** Makes the key file whole or not at all; where two make it at once, the first one's key is the key of both. */
async function makeKeyFile(file: string): Promise<readonly string[]> {
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption')
  const identity = await generateX25519Identity()
  const text = `# ferry seals secrets with this key; without it they cannot be opened\n# public key: ${await identityToRecipient(identity)}\n${identity}\n`
  const part = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeWhole(part, text)
    try {
      await link(part, file)
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error
    } finally {
      await unlink(part)
    }
  } catch (error) {
    throw new FerryError('local_failed', `make the key file ${file}: ${localReason(error)}`, {
      cause: error,
      hint: 'or set FERRY_KEY to an age identity',
    })
  }
  return readKeyFile(file)
}

async function writeWhole(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
