import { expect, test } from 'vitest'
import { checkScript } from '../../src/api/check-script.ts'

test('a script without mistakes has none, whatever its parameters will be', () => {
  const parameters = { mode: { required: true }, day: { default: 'monday' }, other: {} }
  expect(checkScript('chmod ${mode} ${day}\n# note\nls ${other}', parameters)).toEqual([])
})

test('every line that is wrong is told with its number', () => {
  expect(checkScript('pwd\nlss\n\nget').map(({ line }) => line)).toEqual([2, 4])
})
