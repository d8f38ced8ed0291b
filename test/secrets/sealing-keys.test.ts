import { execFileSync } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { seal, secretHash, unseal } from '../../src/secrets/seal.ts'
import { sealingKeys } from '../../src/secrets/sealing-keys.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const identityPattern = /^AGE-SECRET-KEY-1[A-Z0-9]{58}$/
let home = ''
beforeEach(async () => {
  const directory = await temporaryDirectory()
  home = directory.path
  return () => directory[Symbol.asyncDispose]()
})

const keyFile = (): string => join(home, '.config/ferry/key.txt')
const keys = (environment: Record<string, string> = {}, mayCreate = true) =>
  sealingKeys({ environment: { HOME: home, ...environment }, mayCreate })

describe('key file', () => {
  test('is made when it is first needed, and only then: 0600 in a 0700 directory, nothing beside it', async () => {
    expect(await keys().read()).toEqual([])
    await expect(stat(dirname(keyFile()))).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await keys().obtain()).toMatch(identityPattern)
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600)
    expect((await stat(dirname(keyFile()))).mode & 0o777).toBe(0o700)
    expect(await readdir(dirname(keyFile()))).toEqual(['key.txt'])
  })

  test('once made it stays, and what was read before it was made is read again', async () => {
    const mine = keys()
    await mine.read()
    const identity = await mine.obtain()
    expect(await mine.read()).toEqual([identity])
    expect(await keys().obtain()).toBe(identity)
  })

  test('several that make it at once agree on one key', async () => {
    const identities = await Promise.all(Array.from({ length: 10 }, () => keys().obtain()))
    expect(new Set(identities).size).toBe(1)
    expect(await readdir(dirname(keyFile()))).toEqual(['key.txt'])
  })

  test('follows XDG_CONFIG_HOME where that is absolute', async () => {
    await keys({ XDG_CONFIG_HOME: join(home, 'elsewhere') }).obtain()
    expect((await stat(join(home, 'elsewhere/ferry/key.txt'))).isFile()).toBe(true)
    await keys({ XDG_CONFIG_HOME: 'relative' }).obtain()
    expect((await stat(keyFile())).isFile()).toBe(true)
  })

  test('is not made where it may not be: then sealing is wrong usage with a hint', async () => {
    await expect(seal({ literal: 'x' }, keys({}, false))).rejects.toMatchObject({
      code: 'usage',
      details: { hint: expect.stringContaining('FERRY_KEY') },
    })
    expect(await readdir(home)).toEqual([])
  })

  test.each(['', '# only a comment\n', 'AGE-SECRET-KEY-1SHORT\n', 'hunter2\n'])(
    'that holds %j is authentication_failed and is left alone',
    async (content) => {
      await mkdir(dirname(keyFile()), { recursive: true })
      await writeFile(keyFile(), content)
      const error = await keys()
        .obtain()
        .catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'authentication_failed', message: `${keyFile()} holds no age identity` })
      expect(await readFile(keyFile(), 'utf8')).toBe(content)
    },
  )

  test('that cannot be looked for is authentication_failed', async () => {
    await writeFile(join(home, '.config'), '')
    await expect(keys().obtain()).rejects.toMatchObject({
      code: 'authentication_failed',
    })
  })
})

describe('FERRY_KEY', () => {
  test('wins over the file, may be the text of a key file, and no file is made', async () => {
    const identity = await keys().obtain()
    await using other = await temporaryDirectory()
    const environment = { HOME: other.path, FERRY_KEY: `# a comment\n${identity}\n` }
    const given = sealingKeys({ environment, mayCreate: true })
    const sealed = await seal({ literal: 's3cret' }, given)
    expect(await unseal(sealed, 'x', keys())).toBe('s3cret')
    expect(await readdir(other.path)).toEqual([])
  })

  test('that is no identity is refused without repeating it', async () => {
    const given = keys({ FERRY_KEY: 'hunter2' })
    await expect(given.read()).rejects.toMatchObject({
      code: 'authentication_failed',
      message: 'FERRY_KEY holds no age identity',
    })
  })

  test('with a letter wrong neither seals nor opens', async () => {
    const sealed = await seal({ literal: 'x' }, keys())
    const damaged = (await keys().obtain()).replace(/.$/, (last) => (last === 'Q' ? 'P' : 'Q'))
    const refused = { code: 'authentication_failed', message: expect.stringContaining('FERRY_KEY') }
    await expect(seal({ literal: 'x' }, keys({ FERRY_KEY: damaged }))).rejects.toMatchObject(refused)
    await expect(unseal(sealed, 'x', keys({ FERRY_KEY: damaged }))).rejects.toMatchObject(refused)
  })

  test('that is empty counts as unset', async () => {
    expect(await keys({ FERRY_KEY: '' }).read()).toEqual([])
  })
})

describe('sealing', () => {
  test('gives another text each time, and the same hash', async () => {
    const [first, second] = await Promise.all([seal({ literal: 'x' }, keys()), seal({ literal: 'x' }, keys())])
    expect(first.sealed).not.toBe(second.sealed)
    expect(first.hash).toBe(second.hash)
    expect(await secretHash({ literal: 'x' }, keys())).toBe(first.hash)
  })

  test('the hash differs with the text, with the key, and for a template', async () => {
    await keys().obtain()
    await using other = await temporaryDirectory()
    const otherKeys = keys({ HOME: other.path })
    expect(await secretHash({ literal: 'x' }, otherKeys)).toBeUndefined()
    await otherKeys.obtain()
    const hashes = await Promise.all([
      secretHash({ literal: 'x' }, keys()),
      secretHash({ literal: 'y' }, keys()),
      secretHash({ literal: 'x', template: true }, keys()),
      secretHash({ literal: 'x' }, otherKeys),
    ])
    expect(new Set(hashes).size).toBe(4)
  })

  // promise: secrets-stay
  test('neither the sealed text nor the hash holds the secret', async () => {
    const sealed = await seal({ literal: 'hunter2' }, keys())
    expect(JSON.stringify(sealed)).not.toContain('hunter2')
    expect(JSON.stringify(sealed)).not.toContain(Buffer.from('hunter2').toString('base64').slice(0, 8))
  })

  test('a second identity in the file still opens, the first one seals', async () => {
    const old = await seal({ literal: 'old' }, keys())
    const oldIdentity = await keys().obtain()
    await using other = await temporaryDirectory()
    const newIdentity = await keys({ HOME: other.path }).obtain()
    await chmod(keyFile(), 0o600)
    await writeFile(keyFile(), `${newIdentity}\n${oldIdentity}\n`)
    expect(await unseal(old, 'x', keys())).toBe('old')
    expect(await unseal(await seal({ literal: 'new' }, keys()), 'x', keys({ HOME: other.path }))).toBe('new')
  })

  test.skipIf(!hasAge())('age(1) opens it with the key file', async () => {
    const { sealed } = await seal({ literal: 'héllo\n' }, keys())
    expect(execFileSync('age', ['-d', '-i', keyFile()], { input: sealed, encoding: 'utf8' })).toBe('héllo\n')
  })
})

function hasAge(): boolean {
  try {
    execFileSync('age', ['--version'])
    return true
  } catch {
    return false
  }
}
