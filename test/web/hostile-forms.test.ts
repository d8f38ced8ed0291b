import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fields } from '../../src/api/connection-fields.ts'
import { isConnection } from '../../src/state/stored-shapes.ts'
import { acceptedHosts } from '../../src/web/accepted-hosts.ts'
import { pathCode, pathOf, pathParameter } from '../../src/web/path-code.ts'
import { formTexts, formValues, nameFault, textsOf } from '../../src/web/routes/connection-values.ts'
import { aMegabyteOf, madeOf } from '../support/hostile-text.ts'

// promise: any-text
describe('the form of a connection', () => {
  const value = madeOf(
    ...['h', '22', '-1', 'yes', 'true', 'false', 'ssh', 'command', 'SHA256:', 'Port=22', 'env', '30s', '~', '/k', ' '],
    ...['\n', '\r\n', "'", '"', '\\', '${X}', '=', ':', ',', '\0', '\x1b'],
  )
  const controls = fields.flatMap(({ name }) => [name, `${name}.kind`])
  const body = fc.dictionary(
    fc.constantFrom(...controls, '__proto__', 'constructor'),
    fc.oneof(value, fc.constantFrom('env', 'file', 'command', 'keep', 'new', 'none'), fc.constant({})),
  )

  test('gives values, and a fault in words for each control that is wrong', () => {
    fc.assert(
      fc.property(body, (sent) => {
        const { values, faults } = formValues(formTexts(sent), undefined)
        for (const [name, { message }] of faults) {
          expect(controls).toContain(name)
          expect(message).not.toBe('')
        }
        expect(Object.keys(values).every((name) => fields.some((field) => field.name === name))).toBe(true)
      }),
    )
  })

  test('shows what is stored in such a way that sending it changes nothing', () => {
    fc.assert(
      fc.property(body, (sent) => {
        const { values } = formValues(formTexts({ ...sent, host: 'h' }), undefined)
        const open = Object.fromEntries(
          Object.entries(values).filter(([name]) => !['password', 'identity_passphrase', 'private_key'].includes(name)),
        )
        const connection = { name: 'a', ...open }
        if (!isConnection(connection)) return
        expect(formValues(textsOf(connection), connection)).toEqual({ values: open, faults: new Map() })
      }),
    )
  })

  test.each(['\n', ' ', 'a\n', 'Port=1\n', "'", ':', '1', '1h', '='])(
    'a megabyte of %j is read or at fault',
    (piece) => {
      const text = `x${aMegabyteOf(piece)}`
      const texts = new Map(controls.map((name) => [name, name.endsWith('.kind') ? 'new' : text]))
      expect(formValues(texts, undefined).faults.size).toBeGreaterThan(0)
      expect(nameFault(text)).toBeDefined()
    },
  )
})

// promise: any-text
describe('what a browser sends', () => {
  const address = madeOf('/files', '?', '&', 'path=', '%', '%2F', '%FF', '#', '=', '..', '/', '%zz')

  test('names a path that has one code, or none', () => {
    fc.assert(
      fc.property(address, (url) => {
        const path = pathParameter(url)
        if (path !== undefined) expect(pathOf(pathCode(path))).toBe(path)
      }),
    )
  })

  test('as a host is one of ours or is not', () => {
    const host = madeOf('127.0.0.1', 'localhost', '[::1]', ':', '80', '8080', '[', ']', '.', '@', '/', 'evil.example')
    const accepts = acceptedHosts({ listen: '127.0.0.1', port: 8080 })
    fc.assert(
      fc.property(host, (name) => {
        if (accepts(name, '127.0.0.1')) expect(name).toMatch(/^(127\.0\.0\.1|localhost|\[::1\]):0*8080$/i)
      }),
    )
  })

  test.each(['%', '%41', '&', '&path', '?', '#', '='])('a megabyte of %j names a path or none', (piece) => {
    pathParameter(`/files?path=${aMegabyteOf(piece)}`)
    expect(typeof pathOf(aMegabyteOf(piece))).toBe('string')
  })
})
