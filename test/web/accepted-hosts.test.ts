import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { acceptedHosts } from '../../src/web/accepted-hosts.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

test('on loopback its names with the port are ours, and no other', () => {
  const isOurs = acceptedHosts({ listen: '127.0.0.1', port: 8417 })
  for (const host of ['127.0.0.1:8417', 'localhost:8417', 'LOCALHOST:8417', '[::1]:8417']) {
    expect([host, isOurs(host, '127.0.0.1')]).toEqual([host, true])
  }
  const strange = [
    '',
    'localhost',
    'localhost:8418',
    'evil.example:8417',
    '127.0.0.1.evil.example:8417',
    'a@localhost:8417',
  ]
  for (const host of strange) expect([host, isOurs(host, '127.0.0.1')]).toEqual([host, false])
})

test('with a certificate its names are ours, and the number that was reached', async () => {
  await using directory = await temporaryDirectory()
  const [key, file] = [join(directory.path, 'key.pem'), join(directory.path, 'cert.pem')]
  const subject = ['-subj', '/CN=ferry.example', '-addext', 'subjectAltName=DNS:ferry.example']
  const words = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
    '-out',
    file,
  ]
  execFileSync('openssl', [...words, ...subject], { stdio: 'ignore' })
  const isOurs = acceptedHosts({ listen: '0.0.0.0', port: 443, certificate: await readFile(file, 'utf8') })
  expect(isOurs('ferry.example', '::ffff:10.0.0.5')).toBe(true)
  expect(isOurs('10.0.0.5', '::ffff:10.0.0.5')).toBe(true)
  expect(isOurs('10.0.0.6', '::ffff:10.0.0.5')).toBe(false)
  expect(isOurs('evil.example', '10.0.0.5')).toBe(false)
})

test('behind a proxy only the origin that was given is ours', () => {
  const isOurs = acceptedHosts({ listen: '10.0.0.5', port: 8417, proxy: { origin: 'https://ferry.example' } })
  expect([isOurs('ferry.example', '10.0.0.5'), isOurs('evil.example', '10.0.0.5')]).toEqual([true, false])
})
