import { expect, test } from 'vitest'
import { isLoopback } from '../../src/model/loopback.ts'

test('an address is of this machine only where nobody else reaches it', () => {
  expect(['127.0.0.1', '127.8.0.1', '::1', 'localhost'].filter((address) => !isLoopback(address))).toEqual([])
  expect(['0.0.0.0', '::', '10.0.0.5', '127.0.0.1.example', 'example'].filter(isLoopback)).toEqual([])
})
