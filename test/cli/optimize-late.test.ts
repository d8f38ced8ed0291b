import { setFlagsFromString } from 'node:v8'
import { Script } from 'node:vm'
import { expect, test } from 'vitest'
import { optimizeAsUsual, optimizeLate } from '../../src/cli/optimize-late.ts'

// Else V8 takes what it has compiled in this process.
setFlagsFromString('--no-compilation-cache')

test('the flags are put back as they were: V8 takes what it had compiled before, and nothing between', () => {
  const source = `(function () { return ${Math.random()} })`
  const cachedData = new Script(source).createCachedData()
  const isTaken = (): boolean => new Script(source, { cachedData }).cachedDataRejected === false
  expect(isTaken()).toBe(true)
  optimizeLate()
  try {
    expect(isTaken()).toBe(false)
  } finally {
    optimizeAsUsual()
  }
  expect(isTaken()).toBe(true)
})
