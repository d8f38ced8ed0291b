import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { octal, parseMode, permissionText, typeLetter } from '../../src/model/mode.ts'

const folder = mkdtempSync(join(tmpdir(), 'ferry-mode-'))
afterAll(() => rmSync(folder, { recursive: true }))

const modes = [
  'u+x',
  'go-w',
  'a=rX',
  'u=rwx,go=rx',
  'g=u',
  'o-rwx',
  'a+X',
  'u+s',
  'g+s',
  '+t',
  'a=',
  'ug+rw,o=',
  'u-x+w',
  'o=g',
  '0755',
  '4755',
  'u=s',
  'a-s',
  'o+t',
  'g=rws',
]
const starts = [0o644, 0o755, 0o600, 0o7777, 0o000, 0o2750]

test.each(modes)('%s gives what chmod(1) gives under umask 0', (text) => {
  for (const [isDirectory, path] of [
    [false, join(folder, 'file')],
    [true, join(folder, 'directory')],
  ] as const) {
    for (const start of starts) {
      rmSync(path, { recursive: true, force: true })
      if (isDirectory) mkdirSync(path)
      else writeFileSync(path, '')
      chmodSync(path, start)
      execFileSync('sh', ['-c', 'umask 0; chmod -- "$1" "$2"', 'sh', text, path])
      const expected = octal(statSync(path).mode)
      if (/^[0-7]/.test(text) && isDirectory) continue // GNU chmod keeps a directory's set-id bits; sftp does not
      expect(`${octal(start)} ${octal(parseMode(text)(start, isDirectory))}`).toBe(`${octal(start)} ${expected}`)
    }
  }
})

test.each(['', 'u', 'x+r', '8', '00777', 'u+q', 'u+x,', 'rw'])('"%s" is refused as usage', (text) => {
  expect(() => parseMode(text)).toThrow(FerryError)
})

test('permissions show set-id and sticky bits as ls(1) does', () => {
  expect(permissionText(0o4755)).toBe('rwsr-xr-x')
  expect(permissionText(0o2644)).toBe('rw-r-Sr--')
  expect(permissionText(0o1777)).toBe('rwxrwxrwt')
})

test('the type letter comes from the mode', () => {
  expect(
    ['0100644', '040755', '0120777', '010644', '0140755'].map((text) => typeLetter(Number.parseInt(text, 8))).join(''),
  ).toBe('-dlps')
})
