import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FerryError } from '../../src/errors/ferry-error.ts'
import { helpText, spellings } from '../../src/script/grammar.ts'
import { type ParseOptions, parseScript } from '../../src/script/parse-script.ts'
import type { Command } from '../../src/script/script.ts'

const parse = (text: string, options: Partial<ParseOptions> = {}) => parseScript(text, { file: 'x.sftp', ...options })

function failure(work: () => unknown): FerryError {
  try {
    work()
  } catch (error) {
    if (error instanceof FerryError) return error
    throw error
  }
  throw new Error('it did not fail')
}

function command(text: string, options: Partial<ParseOptions> = {}): Command {
  const [line] = parse(text, options).lines
  if (line === undefined || line.command instanceof FerryError) throw new Error(`${text} is no command`)
  return line.command
}

describe('a script', () => {
  test('is checked whole, and all that is wrong is told with its line', () => {
    const error = failure(() => parse('pwd\nmkdri x\n# fine\nget\n\nls -z\n!echo it\'s\nchmod u+x a\nmkdir "a'))
    expect(error.code).toBe('script_invalid')
    expect(error.exitCode).toBe(1)
    expect(error.message).toBe('x.sftp: 6 problems, nothing was run')
    expect(error.details.errors).toEqual([
      { file: 'x.sftp', line: 2, message: 'invalid command "mkdri"', hint: 'did you mean "mkdir"?' },
      { file: 'x.sftp', line: 4, message: 'get: a path is needed', hint: 'get [-afpR] remote [local]' },
      { file: 'x.sftp', line: 6, message: 'ls: invalid flag -z', hint: 'ls [-1afhlnrSt] [path]' },
      { file: 'x.sftp', line: 7, message: 'unterminated quoted argument' },
      { file: 'x.sftp', line: 8, message: 'chmod: a numeric argument is needed', hint: 'chmod [-h] mode path' },
      { file: 'x.sftp', line: 9, message: 'unterminated quoted argument' },
    ])
  })

  test('is not checked behind quit, bye or exit', () => {
    for (const quit of ['quit', 'BYE', '@exit now', '-quit']) {
      expect([...parse(`pwd\n${quit}\njajaja\n"`).lines]).toHaveLength(2)
    }
  })

  test('is checked behind a quit that is wrong itself', () => {
    expect(failure(() => parse('quit -x\njajaja')).details.errors).toHaveLength(2)
  })

  test('keeps what is wrong under "-" until its turn comes', () => {
    const lines = [...parse('-mkdri x\npwd').lines]
    expect(lines[0]?.command).toMatchObject({ code: 'script_invalid', message: 'invalid command "mkdri"' })
    expect(lines[0]?.ignoresFailure).toBe(true)
    expect(lines).toHaveLength(2)
  })

  test('has no longest line', () => {
    expect(command(`mkdir ${'x'.repeat(10_000)}`).arguments[0]?.plain).toHaveLength(10_000)
  })

  test('counts lines from 1 and keeps them as written, without the blanks around', () => {
    const lines = [...parse('\n# comment\n  -@ mkdir  "a b" # why \r\npwd').lines]
    expect(lines.map(({ line, text }) => ({ line, text }))).toEqual([
      { line: 3, text: '-@ mkdir  "a b" # why' },
      { line: 4, text: 'pwd' },
    ])
  })

  test('with a NUL byte is invalid', () => {
    expect(failure(() => parse('mkdir a\0b')).details.errors?.[0]?.message).toBe('the line contains a NUL byte')
  })

  test('is read or refused whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          parse(text)
        } catch (error) {
          expect(error).toMatchObject({ code: 'script_invalid' })
        }
      }),
    )
  })
})

describe('flags', () => {
  test('may be bundled, repeated and ended, and stop at the first word that is none', () => {
    expect(command('get -rp -a x y')).toMatchObject({ name: 'get', flags: 'Rpa' })
    expect(command('get -- -r').arguments[0]?.plain).toBe('-r')
    expect(command('get - x').arguments.map(({ plain }) => plain)).toEqual(['-', 'x'])
    expect(command('get dir -r')).toMatchObject({ flags: '' })
    expect(command('get dir -r').arguments.map(({ plain }) => plain)).toEqual(['dir', '-r'])
  })

  test('come with some spellings', () => {
    expect(command('reget x')).toMatchObject({ name: 'get', calledAs: 'reget', flags: 'a' })
    expect(command('SYMLINK a b')).toMatchObject({ name: 'ln', calledAs: 'symlink', flags: 's' })
    expect(failure(() => parse('symlink -s a b')).details.errors?.[0]?.message).toBe('symlink: invalid flag -s')
  })

  test('words beyond what a command takes are ignored', () => {
    expect(command('rename a b c d').arguments).toHaveLength(2)
    expect(command('pwd a b').arguments).toHaveLength(0)
  })

  test.each([
    ['chmod 644 a', 0o644],
    ['chmod +0100644 a', 0o100644],
    ['chown 10 a', 10],
    ['chown 010 a', 8],
    ['chown 0x1F a', 31],
    ['chown 0 a', 0],
    ['chgrp 4294967295 a', 4294967295],
    ['lumask -h 27', 0o27],
  ])('%s has the number %d', (text, number) => {
    expect(command(text).number).toBe(number)
  })

  test.each([
    'chmod 8 a',
    'chmod 40000000000 a',
    'chown 08 a',
    'chown 0x a',
    'chown 4294967296 a',
    'chown 1e3 a',
    'chown "" a',
  ])('%s has no number', (text) => {
    expect(failure(() => parse(text)).details.errors?.[0]?.message).toMatch(/a numeric argument is needed/)
  })
})

describe('parameters', () => {
  const parameters = { day: { required: true }, to: { default: 'in box' }, note: {} }

  test('have the value given, their default, or nothing', () => {
    const words = command(`get \${day} "x\${to}\${note}y"`, { parameters, variables: { day: '1 2' } }).arguments
    expect(words.map(({ plain }) => plain)).toEqual(['1 2', 'xin boxy'])
  })

  test('are declared by the variables where the script declares none', () => {
    expect(command(`get \${a} \${b}`, { variables: { a: 'x' } }).arguments.map(({ plain }) => plain)).toEqual([
      'x',
      `\${b}`,
    ])
  })

  test('that are missing, or that nobody declared, are wrong usage', () => {
    expect(failure(() => parse('pwd', { parameters }))).toMatchObject({
      code: 'usage',
      message: 'x.sftp: no value for "day"',
    })
    const unknown = failure(() => parse('pwd', { parameters, variables: { day: 'x', dya: 'y' } }))
    expect(unknown).toMatchObject({ code: 'usage', message: 'x.sftp: no parameter is named "dya"' })
    expect(unknown.details.hint).toBe('did you mean "day"?')
    expect(failure(() => parse('pwd', { variables: { a: 'x\0' } }))).toMatchObject({ code: 'usage' })
  })

  test('are never a command, a prefix, a flag, a pattern, a quote or the end of the line', () => {
    const value = (x: string) => ({ variables: { x } })
    expect(failure(() => parse(`\${x} a`, value('rm'))).details.errors?.[0]?.message).toMatch(/cannot be the command/)
    expect(failure(() => parse(`\${x}`, value('!touch y'))).details.errors?.[0]?.message).toMatch(
      /cannot be the command/,
    )
    expect(command(`get \${x} b`, value('-r'))).toMatchObject({ flags: '' })
    expect(command(`get -\${x} b`, value('r')).arguments[0]?.plain).toBe('-r')
    expect(command(`get \${x}`, value('*{a,b}')).arguments[0]?.pattern).toBe('\\*\\{a\\,b\\}')
    expect(command(`get \${x} z`, value('"#\n\' ')).arguments.map(({ plain }) => plain)).toEqual(['"#\n\' ', 'z'])
  })
})

describe('the grammar', () => {
  test('has every command of sftp(1), each under its names', () => {
    const names =
      'bye cd chdir chgrp chmod chown copy cp df dir exit get help lcd lchdir lls lmkdir ln lpwd ls lumask mget mkdir mput progress put pwd quit reget rename reput rm rmdir symlink version ! ?'
    expect([...spellings.keys()].sort()).toEqual(names.split(' ').sort())
  })

  test('is the help', () => {
    const lines = helpText().split('\n')
    for (const usage of [
      'get [-afpR] remote [local]',
      'reput [-fpR] local [remote]',
      '![command]',
      'ls [-1afhlnrSt] [path]',
    ]) {
      expect(lines.some((line) => line.startsWith(usage))).toBe(true)
    }
  })
})
