import { expect, test } from 'vitest'
import { Attempts } from '../../src/web/attempts.ts'

test('after ten failures an address waits a minute, and others do not', () => {
  let now = new Date('2026-11-24T08:00:00Z')
  const attempts = new Attempts(() => now)
  for (let tries = 0; tries < 10; tries += 1) {
    expect(attempts.waitSeconds('10.0.0.1')).toBe(0)
    attempts.failed('10.0.0.1')
  }
  expect([attempts.waitSeconds('10.0.0.1'), attempts.waitSeconds('10.0.0.2')]).toEqual([60, 0])
  now = new Date('2026-11-24T08:00:45Z')
  expect(attempts.waitSeconds('10.0.0.1')).toBe(15)
  now = new Date('2026-11-24T08:01:00Z')
  expect(attempts.waitSeconds('10.0.0.1')).toBe(0)
})
