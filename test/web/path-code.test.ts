import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeName } from '../../src/model/name-bytes.ts'
import { pathCode, pathOf, pathParameter } from '../../src/web/path-code.ts'
import { attachment } from '../../src/web/routes/attachment.ts'

const paths = fc.uint8Array({ minLength: 1, maxLength: 40 }).map(decodeName)

test('every path survives an address, whatever its bytes are', () => {
  fc.assert(
    fc.property(paths, (path) => {
      const address = new URL(`http://localhost/files?name=a&path=${pathCode(path)}&start=1`)
      expect(pathParameter(address.href)).toBe(path)
      expect(pathOf(pathCode(path))).toBe(path)
    }),
  )
})

test('no name ends the header of its download, or names a folder', () => {
  fc.assert(
    fc.property(paths, (name) => {
      const header = attachment(name)['Content-Disposition'] ?? ''
      expect(header).toMatch(/^attachment; filename="[\w .()-]*"; filename\*=UTF-8''[\w.%-]*$/)
    }),
  )
})
