import { expect, test } from 'vitest'
import { longLine, scaledSize } from '../../src/model/long-line.ts'

const now = new Date('2026-11-23T20:49:00Z')
const seconds = (text: string): number => Date.parse(text) / 1000
const line = (mtime: string): string =>
  longLine({ attributes: { permissions: 0o100644, size: 48_211, times: { atime: 0, mtime: seconds(mtime) } } }, 'a', {
    now,
  })
/** A test may run in any zone; the line is in local time. */
const local = (text: string): string => {
  const at = new Date(text)
  return `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`
}

test('the columns are those of sftp, with the names of owner and group', () => {
  const attributes = { permissions: 0o104755, size: 7, owner: { uid: 1000, gid: 33 } }
  expect(longLine({ attributes, owner: 'deploy' }, 'x y', { now })).toBe(
    '-rwsr-xr-x    ? deploy   33              7 ?            x y',
  )
})

test('the time stands without a year for half a year, and not for the future', () => {
  expect(line('2026-11-20T12:05:00Z')).toContain(` ${local('2026-11-20T12:05:00Z')} a`)
  expect(line('2026-01-05T12:00:00Z')).toMatch(/ Jan {2}5 {2}2026 a$/)
  expect(line('2026-11-25T12:00:00Z')).toMatch(/ Nov 25 {2}2026 a$/)
})

test.each([
  [0, '0B'],
  [1023, '1023B'],
  [1024, '1.0K'],
  [349_000, '341K'],
  [10 * 1024 ** 2, '10.0M'],
  [123_456_789, '118M'],
  [1024 ** 3 - 1, '1024M'],
  [2 ** 53 - 1, '8.0P'],
])('%d bytes are %s', (bytes, text) => {
  expect(scaledSize(bytes)).toBe(text)
})
