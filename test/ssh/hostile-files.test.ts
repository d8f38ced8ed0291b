import { generateKeyPairSync } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isAbout, knownHostsLine, parseKnownHosts } from '../../src/ssh/known-hosts.ts'
import { OpensshLog } from '../../src/ssh/openssh-log.ts'
import { readKeyText } from '../../src/ssh/private-key.ts'
import { parseAddress, parseHostAddress } from '../../src/ssh/sftp-address.ts'
import { fields, readFields } from '../../src/ssh/wire-fields.ts'
import { aMegabyteOf, madeOf, readOrRefused, spoiled } from '../support/hostile-text.ts'

const key = fields('ssh-ed25519', Buffer.alloc(32, 7))
const keyText = `ssh-ed25519 ${key.toString('base64')}`

// promise: any-text
describe('known_hosts', () => {
  const text = madeOf(
    ...[
      'h',
      '[h]:22',
      '*',
      '?',
      '!',
      ',',
      '|1|',
      '|',
      '@revoked ',
      '@cert-authority ',
      '@',
      '#',
      keyText,
      'ssh-ed25519',
    ],
    ...[' ', ' ', '\t', '\n', '\n', '\r', 'AAAA', '=', 'c2FsdA=='],
  )

  test('of any text, each entry stands in its line, and is about a host or is not', () => {
    fc.assert(
      fc.property(text, (content) => {
        const lines = content.split('\n')
        for (const entry of parseKnownHosts(content)) {
          expect(lines[entry.line - 1]).toContain(entry.hosts)
          expect(typeof isAbout(entry, 'h')).toBe('boolean')
        }
      }),
    )
  })

  test('a line that was written is read back, whatever stands in the lines around it', () => {
    fc.assert(
      fc.property(text, text, fc.domain(), fc.boolean(), (before, after, host, hashed) => {
        const content = `${before}\n${knownHostsLine(host, key, hashed)}${after}`
        const line = before.split('\n').length + 1
        const entry = parseKnownHosts(content).find((one) => one.line === line)
        expect(entry?.key).toEqual(key)
        expect(entry !== undefined && isAbout(entry, host)).toBe(true)
      }),
    )
  })

  test.each(['*a', '!a,', ' ', '|', '@', '\n', '\r', 'a ', '#'])('a megabyte of %j is read', (piece) => {
    const content = `${aMegabyteOf(piece)} ${keyText}`
    expect(parseKnownHosts(content).map((entry) => isAbout(entry, `${'a'.repeat(1000)}b`)).length).toBeLessThan(2)
  })
})

// promise: any-text
describe('key files', () => {
  const folder = join(import.meta.dirname, 'putty-keys')
  const putty = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const pem = [
    pair.export({ type: 'pkcs1', format: 'pem' }).toString(),
    pair.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'right' }).toString(),
  ]
  /** Cheap ones: the derivation of a key is no matter here. */
  const isCheap = (text: string): boolean => !/Argon2-(Memory|Passes): *\d{4}/.test(text)

  test.each([...putty, ...pem].map((text) => [text.split(/\r?\n/).slice(0, 3).join(' | '), text]))(
    'that was %s is what it turns out to be, whatever happened to it',
    async (_head, text) => {
      await fc.assert(
        fc.asyncProperty(
          spoiled(text).filter(isCheap),
          fc.constantFrom(undefined, 'right'),
          async (content, passphrase) => {
            expect(['private', 'public', 'encrypted', 'unusable']).toContain(
              (await readKeyText(content, passphrase)).kind,
            )
          },
        ),
      )
    },
  )

  test('of OpenSSH are what they turn out to be, whatever their container holds', async () => {
    const field = fc.oneof(
      fc.constantFrom('none', 'aes256-ctr', 'bcrypt', 'ssh-ed25519', 'ssh-rsa', '').map((text) => fields(text)),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => fields(Buffer.from(bytes))),
      fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
      fc.constant(Buffer.of(0, 0, 0, 1)),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(field, { maxLength: 12 }),
        fc.constantFrom(undefined, 'x'),
        async (parts, passphrase) => {
          const container = Buffer.concat([Buffer.from('openssh-key-v1\0'), ...parts]).toString('base64')
          const text = `-----BEGIN OPENSSH PRIVATE KEY-----\n${container}\n-----END OPENSSH PRIVATE KEY-----\n`
          expect(['private', 'public', 'encrypted', 'unusable']).toContain((await readKeyText(text, passphrase)).kind)
        },
      ),
    )
  })

  test.each([
    'PuTTY-User-Key-File-3: ssh-rsa\n',
    '-----BEGIN OPENSSH PRIVATE KEY-----\n',
    '-----BEGIN A PRIVATE KEY-----\n',
    '-----BEGIN ',
    'A ',
    'Public-Lines: 9999\n',
  ])('a megabyte of %j is no key', async (piece) => {
    expect((await readKeyText(aMegabyteOf(piece))).kind).toBe('unusable')
  })
})

// promise: any-text
test('fields of any bytes are those that were written, or one is missing', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), fc.nat(300), (values, length) => {
      const bytes = fields(...values.map((value) => Buffer.from(value)))
      expect(readFields(bytes, values.length).map((value) => [...value])).toEqual(values.map((value) => [...value]))
      if (length < bytes.length) expect(() => readFields(bytes.subarray(0, length), values.length)).toThrow(/field/)
    }),
  )
})

// promise: any-text
describe('addresses', () => {
  const text = madeOf('sftp://', 'a', '@', ':', '/', '[', ']', '::1', '%', '%00', '%ff', '22', '99999', '-', ' ', '.')

  test('are a connection that says the same again, or wrong usage', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (typed) => {
        await readOrRefused(() => parseAddress(`sftp://${typed}`))
        const address = parseHostAddress(typed)
        if (address === undefined) return
        const { host, port, username } = address
        const written = `${username === undefined ? '' : `${username}@`}${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`
        expect(parseHostAddress(written)).toEqual(address)
      }),
    )
  })

  test.each([':', '@', '%', '[', 'a:', 'a@', '/'])('a megabyte of %j is one or is refused', async (piece) => {
    await readOrRefused(() => parseAddress(`sftp://${aMegabyteOf(piece)}`))
  })
})

// promise: any-text
describe("ssh's words", () => {
  const words = madeOf(
    ...['debug1: ', 'debug2: ', 'Authenticated to ', 'Server host key: ', 'Connecting to ', 'Warning: ', '** WARNING'],
    ...["Warning: Permanently added '", "' (x) to the list of known hosts", 'Authentications that can continue: ', '@'],
    ...[
      'SSH2_MSG_NEWKEYS received',
      'Remote protocol version ',
      'Next authentication method: ',
      '\n',
      '\n',
      '\r\n',
      '\x1b',
    ],
  )

  test('are noted line by line, whatever they are, and never at length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(words), async (chunks) => {
        const stream = new PassThrough()
        const notes: string[] = []
        const log = new OpensshLog(stream, { note: (_level, text) => notes.push(text) })
        for (const chunk of chunks) stream.write(chunk)
        stream.end()
        for await (const _ of stream);
        expect(notes.every((note) => note.length < 2000)).toBe(true)
        expect(log.complaints.length).toBeLessThanOrEqual(41)
      }),
    )
  })
})
