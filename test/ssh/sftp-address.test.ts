import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { parseAddress } from '../../src/ssh/sftp-address.ts'

describe('parseAddress', () => {
  test.each([
    ['sftp://host', { host: 'host' }],
    ['sftp://host/', { host: 'host' }],
    ['sftp://deploy@host:2222/dir/sub', { host: 'host', username: 'deploy', port: 2222, directory: 'dir/sub' }],
    ['sftp://host//abs/dir', { host: 'host', directory: '/abs/dir' }],
    ['sftp://[::1]:2222', { host: '::1', port: 2222 }],
    ['sftp://deploy@[fe80::1%25eth0]/x', { host: 'fe80::1%eth0', username: 'deploy', directory: 'x' }],
    ['sftp://a%40b@host/%2520%20%2F', { host: 'host', username: 'a@b', directory: '%20 /' }],
    ['sftp://dom%5cuser@host', { host: 'host', username: 'dom\\user' }],
    ['sftp://host/%ff', { host: 'host', directory: '\udcff' }],
    ['sftp://host/a?b#c;d', { host: 'host', directory: 'a?b#c;d' }],
    ['sftp://a@b@host', { host: 'host', username: 'a@b' }],
  ])('%s', (text, expected) => {
    expect(parseAddress(text)).toEqual({ connection: { name: text, ...expected } })
  })

  test.each(['bank', 'ssh://host', 'SFTP://host', 'host:22', ''])('%s is no address', (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })

  test.each([
    'sftp://',
    'sftp:///dir',
    'sftp://@host',
    'sftp://host:0',
    'sftp://host:70000',
    'sftp://host:x',
    'sftp://::1',
    'sftp://[::1',
    'sftp://[::1]x',
    'sftp://-oProxyCommand=x',
    'sftp://ho st',
    'sftp://host/%zz',
    'sftp://host/%00',
    'sftp://ho%0ast',
    'sftp://a%00b@host',
    'sftp://user;fingerprint=x@host;y',
  ])('%s is wrong usage', (text) => {
    expect(() => parseAddress(text)).toThrow(FerryError)
  })

  test.each(['sftp://deploy:hunter2@host', 'sftp://deploy:hun/ter2@host/dir', 'sftp://:hunter2@host'])(
    'a password is refused and never repeated: %s',
    (text) => {
      try {
        parseAddress(text)
        expect.unreachable()
      } catch (error) {
        if (!(error instanceof FerryError)) throw error
        expect(error.code).toBe('usage')
        expect(error.message).not.toMatch(/hun|ter2/)
      }
    },
  )

  test('whatever comes after the scheme gives a connection or a FerryError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'ab:/@[]%0f.-') })), (rest) => {
        try {
          const host = parseAddress(`sftp://${rest}`)?.connection.host ?? ''
          expect(host).toMatch(/^[^-\s/@]/)
        } catch (error) {
          expect(error).toBeInstanceOf(FerryError)
        }
      }),
    )
  })
})
