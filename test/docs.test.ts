import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { beforeAll, describe, expect, test } from 'vitest'
import { auditOperations } from '../src/audit/audit-entry.ts'
import { loadCommand, splitCommandLine } from '../src/cli/command-line.ts'
import { globalOptions, lockTimeoutOption } from '../src/cli/global-flags.ts'
import { usage } from '../src/cli/help.ts'
import { connectionOptions } from '../src/commands/connection-command.ts'
import { type CommandEntry, commands, findCommand } from '../src/commands/index.ts'
import { codes, FerryError } from '../src/errors/ferry-error.ts'
import { fields } from '../src/manifest/fields.ts'
import { loadManifest } from '../src/manifest/load-manifest.ts'
import { spellings, summaryOf, usageOf } from '../src/script/grammar.ts'
import { parseScript } from '../src/script/parse-script.ts'
import { keywords } from '../src/ssh/keywords.ts'
import { anchorOf, codeRows, commandLines, fences, firstCells, inCode, section } from './documentation.ts'
import { servers } from './interop/servers.ts'
import { temporaryDirectory } from './support/temporary-directory.ts'
import { testContext } from './support/test-io.ts'

const root = dirname(import.meta.dirname)
const pages = new Map<string, string>()

beforeAll(async () => {
  for (const name of [
    'README.md',
    'SECURITY.md',
    ...(await readdir(join(root, 'docs'))).map((file) => `docs/${file}`),
  ]) {
    if (name.endsWith('.md')) pages.set(name, await readFile(join(root, name), 'utf8'))
  }
})

function page(name: string): string {
  const text = pages.get(name)
  if (text === undefined) throw new Error(`there is no ${name}`)
  return text
}

/** Every command that does something, with its entry; groups of commands do nothing themselves. */
async function leaves(): Promise<{ command: Command; entry: CommandEntry }[]> {
  const { context } = await testContext()
  const all: { command: Command; entry: CommandEntry }[] = []
  for (const entry of commands) {
    const top = await entry.load(context)
    const below = top.commands.length === 0 ? [top] : top.commands
    all.push(...below.map((command) => ({ command, entry })))
  }
  return all
}

const headingOf = (command: Command): string => usage(command).replace(' [flags]', '')
const flagsOf = (command: Command): string[] =>
  command.options.filter(({ hidden }) => !hidden).map(({ flags }) => flags)

describe('docs/commands.md', () => {
  test('has a heading for every command with its arguments, and for nothing else', async () => {
    const headings = [...page('docs/commands.md').matchAll(/^### `(.*)`$/gm)].map(([, heading]) => heading)
    expect(headings.sort()).toEqual((await leaves()).map(({ command }) => headingOf(command)).sort())
  })

  test('names exactly the aliases that there are', async () => {
    for (const { command, entry } of await leaves()) {
      const text = section(page('docs/commands.md'), `### \`${headingOf(command)}\``)
      const [, named = ''] = /^Alias: (.*?)\. /m.exec(text) ?? []
      const aliases = command.parent === null ? (entry.aliases ?? []) : command.aliases()
      expect([headingOf(command), ...inCode(named)]).toEqual([headingOf(command), ...aliases])
    }
  })

  test('lists exactly the flags of every command', async () => {
    const text = page('docs/commands.md')
    const all = await leaves()
    const shown = new Map(
      all.map(({ command }) => {
        const own = section(text, `### \`${headingOf(command)}\``)
        const [, other] = /Takes the flags of `([^`]*)`/.exec(own.replace(/\s+/g, ' ')) ?? []
        return [headingOf(command), { flags: firstCells(own), other }]
      }),
    )
    const complete = (heading: string): string[] => {
      const { flags = [], other } = shown.get(heading) ?? {}
      if (heading === 'ferry connections create <name>') return [...flags, ...fieldFlags]
      const parent = [...shown.keys()].find((key) => key === other || key.startsWith(`${other} <`))
      if (other !== undefined && parent === undefined) throw new Error(`${heading}: there is no ${other}`)
      return [...flags, ...(parent === undefined ? [] : complete(parent))]
    }
    const fieldFlags = fields.map(({ flag }) => flag)
    for (const { command } of all) {
      const heading = headingOf(command)
      // The flags of fields are told by one rule; how their values are called is told by the fields' own table.
      const actual = flagsOf(command).map((flags) =>
        fieldFlags.includes(flags.split(' ')[0] ?? '') && heading.startsWith('ferry connections ')
          ? (flags.split(' ')[0] ?? '')
          : flags,
      )
      expect([heading, ...complete(heading).sort()]).toEqual([heading, ...actual.sort()])
    }
  })

  test('leads from the flags of fields to their table', () => {
    const text = section(page('docs/commands.md'), '### `ferry connections create <name>`')
    expect(text).toContain('(manifest.md#fields-of-a-connection)')
  })

  test('lists exactly the connection flags', () => {
    const listed = firstCells(section(page('docs/commands.md'), '## Connections'))
    expect(listed).toEqual(connectionOptions().map(({ flags }) => flags))
  })

  test('lists exactly the global flags', () => {
    const listed = firstCells(section(page('docs/commands.md'), '## Global flags'))
    expect(listed).toEqual([...globalOptions(), lockTimeoutOption()].map(({ flags }) => flags))
  })

  test('lists every environment variable of ferry that the documentation names', () => {
    const listed = firstCells(section(page('docs/commands.md'), '## Environment'))
    expect(listed).toContain('FERRY_STATE')
    expect(new Set([...listed, 'FERRY_PARAMETER_'])).toEqual(variablesIn([...pages.values()]))
  })
})

const variablesIn = (texts: readonly string[]): Set<string> =>
  new Set(texts.flatMap((text) => text.match(/\bFERRY_[A-Z_]+/g) ?? []))

test('the documentation names exactly the environment variables of the code', async () => {
  const files = (await readdir(join(root, 'src'), { recursive: true })).filter((file) => file.endsWith('.ts'))
  const sources = await Promise.all(files.map((file) => readFile(join(root, 'src', file), 'utf8')))
  expect(variablesIn([...pages.values()])).toEqual(variablesIn(sources))
})

test('docs/audit.md lists exactly the operations that are recorded', () => {
  const rows = codeRows(section(page('docs/audit.md'), '## What is in a line'))
  const operations = rows
    .slice(rows.findIndex(([cell]) => cell?.startsWith('`upload`')))
    .flatMap(([cell = '']) => inCode(cell))
  expect(operations).toEqual([...auditOperations])
})

test('docs/errors.md lists exactly the codes of the table', () => {
  const listed = [...page('docs/errors.md').matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(
    ([, code, exit]) => `${code} ${exit}`,
  )
  expect(listed.sort()).toEqual(
    Object.entries(codes)
      .map(([code, { exit }]) => `${code} ${exit}`)
      .sort(),
  )
})

test('docs/errors.md explains every exit status', () => {
  const [table = ''] = page('docs/errors.md').split('| code |')
  const statuses = [...table.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, cell = '']) => cell.split(', '))
  expect(statuses).toEqual(expect.arrayContaining(Object.values(codes).map(({ exit }) => String(exit))))
})

describe('docs/manifest.md', () => {
  test('lists exactly the fields of a connection, with their defaults', () => {
    const rows = codeRows(section(page('docs/manifest.md'), '## Fields of a connection'))
    const listed = rows.map(([name = '', standing = '']) => [inCode(name)[0], inCode(standing)[0]])
    const declared = fields.map((field) => [
      field.name,
      field.default === undefined ? undefined : String(field.default),
    ])
    expect(listed).toEqual([['name', undefined], ...declared])
  })

  test("lists every name of Zato's that is another one here, with ours", async () => {
    const source = await readFile(join(root, 'src/manifest/zato-connection.ts'), 'utf8')
    const rows = codeRows(section(page('docs/manifest.md'), "## Zato's shapes"))
    const listed = new Map(rows.map(([option = '', ours = '']) => [inCode(option)[0], inCode(ours)[0]]))
    const renamed = [...source.matchAll(/^ {2}\['(\w+)', '(\w+)'\],$/gm)].map(([, theirs, ours]) => [theirs, ours])
    expect(renamed.length).toBeGreaterThan(0)
    expect(renamed.map(([theirs]) => [theirs, listed.get(theirs)])).toEqual(renamed)
    const others = /const special = \[(.*?)\][\s\S]*const withoutCounterpart = \[([\s\S]*?)\]/.exec(source) ?? []
    const named = [
      ...others
        .slice(1)
        .join()
        .matchAll(/'(\w+)'/g),
    ].map(([, option = '']) => option)
    const told = rows.flatMap(([option = '']) => inCode(option))
    expect(told.sort()).toEqual([...renamed.map(([theirs]) => theirs), ...named].sort())
  })
})

test('manifests and scripts of the documentation are valid', async () => {
  for (const [name, text] of pages) {
    await using directory = await temporaryDirectory()
    const files = new Map(
      [...fences(text, 'yaml'), ...fences(text, 'sftp')].flatMap((content) => {
        const [, file] = /^# ([\w-]+\.(?:yml|sftp))\n/.exec(content) ?? []
        return file === undefined ? [] : [[file, content]]
      }),
    )
    for (const [file, content] of files) await writeFile(join(directory.path, file), content)
    for (const content of files.values()) {
      for (const [, file = ''] of content.matchAll(/^ +file: (\S+)$/gm)) {
        await writeFile(join(directory.path, file), 'pwd\n', { flag: 'a' })
      }
    }
    for (const [file, content] of files) {
      const path = join(directory.path, file)
      const reading = file.endsWith('.yml')
        ? loadManifest(path, { environment: {}, signal: new AbortController().signal })
        : Promise.resolve(parseScript(content, { file }))
      await reading.catch((error: unknown) => {
        const problems = error instanceof FerryError ? error.details.errors : undefined
        throw new Error(`${name}: ${file}: ${JSON.stringify(problems)}`, { cause: error })
      })
    }
  }
})

test('docs/script-language.md lists exactly the commands of the language, as they are written and as help tells of them', () => {
  const rows = codeRows(section(page('docs/script-language.md'), '## Commands'))
  const listed = rows.map(([command = '', also = '', does = '']) => [
    inCode(command)[0],
    does.replaceAll('`', ''),
    ...inCode(also),
  ])
  const rowsOf = [...new Set([...spellings.values()].map(({ grammar }) => grammar))].flatMap((grammar) => {
    const called = [...spellings.values()].filter((one) => one.grammar === grammar)
    const [plain, ...others] = called
    // A spelling that stands for flags has a row of its own.
    const withFlags = others.filter(({ spelling }) => spelling.implies !== undefined)
    const also = others.filter(({ spelling }) => spelling.implies === undefined).map(({ spelling }) => spelling.name)
    const own = plain === undefined ? [] : [[usageOf(plain), summaryOf(plain), ...also]]
    return [...own, ...withFlags.map((one) => [usageOf(one), summaryOf(one)])]
  })
  expect(listed.sort()).toEqual(rowsOf.sort())
})

test('docs/ssh-options.md tells of every keyword of ssh_config what either transport makes of it', () => {
  const cells = {
    structure: ['honoured', 'honoured'],
    honoured: ['honoured', 'honoured'],
    harmless: ['not needed', 'honoured'],
    adds: ['left out', 'honoured'],
    decides: ['needs openssh', 'honoured'],
    moot: ['no effect', 'no effect'],
    dead: ['ignored', 'ignored'],
  } as const
  const listed = codeRows(page('docs/ssh-options.md')).map(([name, builtIn, openssh, note = '']) => [
    name,
    builtIn,
    openssh,
    note,
  ])
  expect(listed).toEqual(keywords.map(({ name, standing, note }) => [`\`${name}\``, ...cells[standing], note]))
})

/** Parses a command line up to where its command would act. */
async function parse(args: readonly string[]): Promise<void> {
  const { name, rest, flags, helpAsked, versionAsked } = splitCommandLine(args)
  if (name === undefined && (helpAsked || versionAsked)) return
  if (name === 'help' && (rest[0] === 'flags' || rest.length === 0)) return
  const entry = findCommand((name === 'help' ? rest[0] : name) ?? '')
  if (entry === undefined) throw new Error('there is no such command')
  if (name === 'help' || rest.includes('--help')) return
  const { context } = await testContext()
  const parsed = new FerryError('cancelled', 'as far as this test goes')
  const begin = (): Promise<void> => Promise.reject(parsed)
  const command = await loadCommand(entry, context, { outer: flags, width: undefined, begin })
  await command.parseAsync([...rest], { from: 'user' }).catch((error: unknown) => {
    if (error !== parsed) throw error
  })
}

test('docs/interop.md lists exactly the servers of the suite, and what they lack', () => {
  const rows = codeRows(page('docs/interop.md'))
  const listed = rows.map(([server = '', , works = '']) => [
    inCode(server)[0],
    /^everything\b/.test(works),
    inCode(works),
  ])
  expect(listed).toEqual(servers.map(({ name, lacks = [] }) => [name, true, lacks]))
})

test('every command line of the documentation is one that ferry takes', async () => {
  const wrong: string[] = []
  let count = 0
  for (const [name, text] of pages) {
    const lines = fences(text).flatMap((fence) => fence.split('\n'))
    for (const args of lines.filter((line) => !line.includes('<command>')).flatMap(commandLines)) {
      count += 1
      await parse(args).catch((error: unknown) => wrong.push(`${name}: ferry ${args.join(' ')}: ${String(error)}`))
    }
  }
  expect(wrong).toEqual([])
  expect(count).toBeGreaterThan(20)
})

test('every relative link of the documentation leads somewhere', () => {
  const broken: string[] = []
  for (const [name, text] of pages) {
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [file = '', anchor] = target.split('#')
      const path = file === '' ? name : join(dirname(name), file)
      const headings = [...(pages.get(path)?.matchAll(/^#+ (.*)$/gm) ?? [])].map(([, heading = '']) =>
        anchorOf(heading),
      )
      const leads = existsSync(join(root, path)) && (anchor === undefined || headings.includes(anchor))
      if (!leads) broken.push(`${name}: ${target}`)
    }
  }
  expect(broken).toEqual([])
})
