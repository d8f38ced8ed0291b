import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import ssh2 from 'ssh2'
import { expect, test } from 'vitest'
import { programPath } from '../openssh.ts'
import { describeWithSshd } from '../requirements.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { generateHostKey, hostKey } from './host-key.ts'

// One key in 128 has a part that begins with a zero byte, which ssh2's generator loses.
test('every key that is made can be read, and signs', () => {
  for (let round = 0; round < 300; round += 1) {
    const { privateKey, publicKey } = generateHostKey()
    const [secret, open] = [ssh2.utils.parseKey(privateKey), ssh2.utils.parseKey(publicKey)]
    if (secret instanceof Error || open instanceof Error) throw new Error('a key that cannot be read')
    const data = Buffer.from('data')
    expect(open.verify(data, secret.sign(data))).toBe(true)
  }
})

test('a key that is given keeps its public key and fingerprint', () => {
  const made = generateHostKey()
  expect(hostKey(made.privateKey)).toEqual(made)
})

describeWithSshd('ssh-keygen', () => {
  test('reads the key, and gives the same public key and fingerprint', async () => {
    await using directory = await temporaryDirectory()
    const { privateKey, publicKey, fingerprint } = generateHostKey()
    const file = join(directory.path, 'key')
    await writeFile(file, privateKey, { mode: 0o600 })
    const run = promisify(execFile)
    expect((await run(programPath('ssh-keygen'), ['-y', '-f', file])).stdout.trim()).toBe(publicKey)
    expect((await run(programPath('ssh-keygen'), ['-l', '-f', file])).stdout).toContain(` ${fingerprint} `)
  })
})
