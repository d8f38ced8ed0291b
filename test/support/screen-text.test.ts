import { expect, test } from 'vitest'
import { screenText } from './screen-text.ts'

test.each([
  ['plain lines stay', 'one\r\ntwo\r\n', 'one\ntwo'],
  ['colours show nothing', '\x1b[31mred\x1b[39m', 'red'],
  ['a carriage return writes over', '10%\r99', '99%'],
  ['an erased line is gone', 'working\r\x1b[2Kdone', 'done'],
  ['erasing to the end keeps the beginning', 'working\x1b[3D\x1b[K', 'work'],
  ['erasing to the beginning keeps the end', 'abc\x1b[2D\x1b[1K', '  c'],
  ['the cursor moves up to an old line', 'one\r\ntwo\r\n\x1b[2A\x1b[2KONE', 'ONE\ntwo'],
  ['a column is counted from one', 'abc\x1b[1GX', 'Xbc'],
  ['what is below is erased', 'one\r\ntwo\r\nthree\x1b[2A\x1b[1G\x1b[J', ''],
  ['what is above is erased', 'one\r\ntwo\x1b[1J', ''],
  ['a position is row and column', '\x1b[2;3Hx', '\n  x'],
  ['a whole screen is erased', 'one\r\ntwo\x1b[2J\x1b[Hthree', 'three'],
  ['a hidden cursor shows nothing', '\x1b[?25lx\x1b[?25h', 'x'],
  ['a window title shows nothing', '\x1b]0;title\x07x', 'x'],
  ['a backspace goes back', 'ab\bc', 'ac'],
  ['characters beyond the BMP are one', '👍\rx', 'x'],
])('%s', (_name, output, screen) => {
  expect(screenText(output)).toBe(screen)
})

test('a line longer than the terminal goes on below', () => {
  expect(screenText('abcdef', 4)).toBe('abcd\nef')
})
