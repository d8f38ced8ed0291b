import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeName } from '../../src/model/name-bytes.ts'
import { shellText } from '../../src/script/shell-text.ts'
import { shownName } from '../../src/script/shown-name.ts'
import { scene } from './scene.ts'

/** What the words of a command line are to /bin/sh. */
function shellWords(line: string, values: ReadonlyMap<string, string>): string[] {
  const { text, environment } = shellText(`printf '%s\\0' ${line}`, values)
  const output = execFileSync('/bin/sh', ['-c', text], { env: { ...environment }, encoding: 'utf8' })
  return output.split('\0').slice(0, -1)
}

describe('parameters in a shell line', () => {
  test('are one word, or part of one, whatever they hold and however they are quoted', () => {
    const value = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))
    fc.assert(
      fc.property(value, (x) => {
        const line = `\${x} a\${x}b "\${x}" "a\${x} b" '\${x}' 'a "\${x}' a\\"\${x} "\\"\${x}"`
        const expected = [x, `a${x}b`, x, `a${x} b`, x, `a "${x}`, `a"${x}`, `"${x}`]
        expect(shellWords(line, new Map([['x', x]]))).toEqual(expected)
      }),
      { numRuns: 25 },
    )
  })

  test('are never syntax', () => {
    const evil = '$(touch /tmp/x) `id` "; rm -rf / #\' && *'
    expect(shellWords(`\${x}`, new Map([['x', evil]]))).toEqual([evil])
  })

  test('that are not declared are left to the shell', () => {
    expect(shellText(`echo \${HOME} $x`, new Map()).text).toBe(`echo \${HOME} $x`)
  })

  test('keep a backslash before the $ as the shell has it', () => {
    expect(shellText(`echo \\\${x}`, new Map([['x', 'y']])).text).toBe(`echo \\\${x}`)
  })
})

describe('local commands', () => {
  test('run in the local directory by way of SHELL, and print as they go', async () => {
    const { run, here } = await scene()
    mkdirSync(join(here, 'sub'))
    const shell = join(here, 'shell')
    writeFileSync(shell, '#!/bin/sh\necho "$# $1 $2 in $(pwd)"\n')
    chmodSync(shell, 0o755)
    const { output } = await run('lcd sub\n!a b  "c d" \n!', {
      environment: { PATH: process.env['PATH'], SHELL: shell },
    })
    expect(output).toBe(`2 -c a b  "c d"  in ${join(here, 'sub')}\n0   in ${join(here, 'sub')}\n`)
  })

  test('never fail a script: how they ended is a remark', async () => {
    const { run } = await scene()
    const { results, remarks } = await run(
      '!exit 3\n!kill -TERM $$\n!echo no >&2; false\nlls /no/such/place 2>/dev/null',
    )
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true, true])
    expect(remarks).toBe(
      'the shell exited with status 3\nthe shell was killed by SIGTERM\nno\nthe shell exited with status 1\nthe shell exited with status 2\n',
    )
  })

  test('without a shell are a remark as well', async () => {
    const { run } = await scene()
    const { results, remarks } = await run('!true\npwd', { environment: { SHELL: '/no/such/shell' } })
    expect(results.map(({ ok }) => ok)).toEqual([true, true])
    expect(remarks).toBe('the shell could not be run: no such file or directory\n')
  })

  test('print bytes that stay what they are, however they arrive', async () => {
    const { run } = await scene()
    const { results } = await run(
      "!printf x; yes é | head -n 100000 | tr -d '\\n'\n!printf 'a\\303\\251\\377\\360\\237'",
    )
    expect(results[0]?.output === `x${'é'.repeat(100_000)}`).toBe(true)
    expect(encodeName(results[1]?.output ?? '')).toEqual(Buffer.from([0x61, 0xc3, 0xa9, 0xff, 0xf0, 0x9f]))
  })

  test("do not see ferry's own variables, which may be secrets", async () => {
    const { run } = await scene()
    const { output } = await run('!echo "$FERRY_PASSWORD-$OTHER"', {
      environment: { FERRY_PASSWORD: 'secret', OTHER: 'other' },
    })
    expect(output).toBe('-other\n')
  })

  test('have nothing on their standard input', async () => {
    const { run } = await scene()
    expect((await run('!cat; echo end')).output).toBe('end\n')
  })

  test('do not keep a script waiting for what they left in the background', async () => {
    const { run } = await scene()
    const { results, output } = await run('!sleep 60 & echo $!\n!echo next')
    expect(results.map(({ ok }) => ok)).toEqual([true, true])
    process.kill(Number(output.split('\n')[0]))
  })

  test('see the mask of lumask, as the files of get do', async () => {
    const { run, here } = await scene({ f: 'f', 'd/g': 'g' })
    chmodSync(join(here, '..', 'there', 'f'), 0o666)
    await run('lumask 0\n!touch made\nget f open\nlumask 77\n!touch private\nget f closed\nget -R d\nget f open')
    const modes = readdirSync(here).map((name) => `${name} ${(statSync(join(here, name)).mode & 0o777).toString(8)}`)
    expect(modes).toEqual(['closed 600', 'd 700', 'made 666', 'open 666', 'private 600'])
  })

  test('parameters reach them', async () => {
    const { run } = await scene()
    const { output } = await run(`!printf '<%s>' \${day} "\${day}"\nlls -d \${day}`, { variables: { day: '. x' } })
    expect(output).toBe('<. x><. x>')
  })
})

test.runIf(existsSync(userInfo().homedir))(
  'lcd without a path goes to the home that the system knows, whatever HOME says',
  async () => {
    const { run } = await scene()
    const { output } = await run('lcd\nlpwd', { environment: { HOME: '/tmp' } })
    expect(output).toBe(`Local working directory: ${userInfo().homedir}\n`)
  },
)

test("lcd takes a parameter's ~ for a name", async () => {
  const { run, here } = await scene()
  mkdirSync(join(here, '~'))
  const { output } = await run(`lcd \${x}\nlpwd`, { variables: { x: '~' } })
  expect(output).toBe(`Local working directory: ${join(here, '~')}\n`)
})

test('a shown name holds nothing that a terminal acts on but tabs and ends of lines', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(shownName(name)).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]/u)
    }),
  )
  expect(shownName('a\tb\nc d é \u{1f600} \\')).toBe('a\tb\nc d é \u{1f600} \\')
})
