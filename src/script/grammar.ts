/** What an argument is: what completes it, and how it is written in help. */
export interface Argument {
  readonly name: string
  readonly kind: 'remote' | 'local' | 'number' | 'shell'
  /** Matched against names; `braces` expands `{a,b}` too. */
  readonly globs?: 'names' | 'braces'
  readonly optional?: boolean
}

/** One spelling of a command. */
export interface Spelling {
  readonly name: string
  /** Flags that it stands for. */
  readonly implies?: string
  /** Flags that it takes, where they are not the command's. */
  readonly flags?: string
  /** Left out of help: an alias that says no more. */
  readonly hidden?: boolean
}

export interface CommandGrammar {
  /** The first is the plainest. */
  readonly spellings: readonly Spelling[]
  /** Letters as getopt(3) takes them. */
  readonly flags: string
  /** Letters that mean another one. */
  readonly sameFlags?: Readonly<Record<string, string>>
  readonly arguments: readonly Argument[]
  /** Of the number, where an argument is one: 8, or 0 for C's prefixes. */
  readonly base?: 8 | 0
  readonly summary: string
}

const remote = (name = 'path', more: Partial<Argument> = {}): Argument => ({ name, kind: 'remote', ...more })
const local = (name = 'path', more: Partial<Argument> = {}): Argument => ({ name, kind: 'local', ...more })
const number = (name: string): Argument => ({ name, kind: 'number' })
const optional = { optional: true } as const
const globbed = { globs: 'names' } as const
const transferFlags = { flags: 'afPpRr', sameFlags: { P: 'p', r: 'R' } } as const

/** Every command of the language (sftp(1), "INTERACTIVE COMMANDS"), by the name under which it is carried out. */
export const grammar = {
  cd: {
    spellings: [{ name: 'cd' }, { name: 'chdir', hidden: true }],
    flags: '',
    arguments: [remote('path', optional)],
    summary: 'Change the remote directory; without a path back to the first one',
  },
  chgrp: {
    spellings: [{ name: 'chgrp' }],
    flags: 'h',
    arguments: [number('gid'), remote('path', globbed)],
    base: 0,
    summary: 'Change the group, a number; -h of links themselves',
  },
  chmod: {
    spellings: [{ name: 'chmod' }],
    flags: 'h',
    arguments: [number('mode'), remote('path', globbed)],
    base: 8,
    summary: 'Change the permissions, octal; -h of links themselves',
  },
  chown: {
    spellings: [{ name: 'chown' }],
    flags: 'h',
    arguments: [number('uid'), remote('path', globbed)],
    base: 0,
    summary: 'Change the owner, a number; -h of links themselves',
  },
  cp: {
    spellings: [{ name: 'cp' }, { name: 'copy' }],
    flags: '',
    arguments: [remote('from'), remote('to')],
    summary: 'Copy a file on the server (copy-data)',
  },
  df: {
    spellings: [{ name: 'df' }],
    flags: 'hi',
    arguments: [remote('path', optional)],
    summary: 'Show space of the file system that holds a path; -h with units, -i inodes',
  },
  get: {
    spellings: [{ name: 'get' }, { name: 'mget', hidden: true }, { name: 'reget', implies: 'a' }],
    ...transferFlags,
    arguments: [remote('remote', globbed), local('local', optional)],
    summary: 'Download; -a resumes, -f syncs to disk, -p keeps times and modes, -R takes directories',
  },
  help: {
    spellings: [{ name: 'help' }, { name: '?' }],
    flags: '',
    arguments: [],
    summary: 'List the commands',
  },
  lcd: {
    spellings: [{ name: 'lcd' }, { name: 'lchdir', hidden: true }],
    flags: '',
    arguments: [local('path', optional)],
    summary: 'Change the local directory, or go home; ~ and ~user work',
  },
  lls: {
    spellings: [{ name: 'lls' }],
    flags: '',
    arguments: [{ name: 'ls-options', kind: 'shell', optional: true }],
    summary: 'List a local directory with the local ls, through the shell',
  },
  lmkdir: {
    spellings: [{ name: 'lmkdir' }],
    flags: '',
    arguments: [local()],
    summary: 'Make a local directory',
  },
  ln: {
    spellings: [{ name: 'ln' }, { name: 'symlink', implies: 's', flags: '' }],
    flags: 's',
    arguments: [remote('existing'), remote('new')],
    summary: 'Make a hard link; -s a symbolic one',
  },
  lpwd: {
    spellings: [{ name: 'lpwd' }],
    flags: '',
    arguments: [],
    summary: 'Show the local directory',
  },
  ls: {
    spellings: [{ name: 'ls' }, { name: 'dir', hidden: true }],
    flags: '1afhlnrSt',
    arguments: [remote('path', { optional: true, globs: 'braces' })],
    summary: 'List a remote directory, or what a pattern matches',
  },
  lumask: {
    spellings: [{ name: 'lumask' }],
    flags: 'h',
    arguments: [number('mask')],
    base: 8,
    summary: 'Set the mask of modes for local files, octal',
  },
  mkdir: {
    spellings: [{ name: 'mkdir' }],
    flags: '',
    arguments: [remote()],
    summary: 'Make a remote directory',
  },
  progress: {
    spellings: [{ name: 'progress' }],
    flags: '',
    arguments: [],
    summary: 'Switch the progress meter; exec shows none',
  },
  put: {
    spellings: [{ name: 'put' }, { name: 'mput', hidden: true }, { name: 'reput', implies: 'a' }],
    ...transferFlags,
    arguments: [local('local', globbed), remote('remote', optional)],
    summary: 'Upload; flags as for get',
  },
  pwd: {
    spellings: [{ name: 'pwd' }],
    flags: '',
    arguments: [],
    summary: 'Show the remote directory',
  },
  quit: {
    spellings: [{ name: 'quit' }, { name: 'bye' }, { name: 'exit' }],
    flags: '',
    arguments: [],
    summary: 'End the script or the session',
  },
  rename: {
    spellings: [{ name: 'rename' }],
    flags: 'l',
    arguments: [remote('from'), remote('to')],
    summary: 'Rename, replacing a file of the new name where the server can; -l never replaces',
  },
  rm: {
    spellings: [{ name: 'rm' }],
    flags: '',
    arguments: [remote('path', globbed)],
    summary: 'Delete files and links',
  },
  rmdir: {
    spellings: [{ name: 'rmdir' }],
    flags: '',
    arguments: [remote()],
    summary: 'Delete an empty directory',
  },
  version: {
    spellings: [{ name: 'version' }],
    flags: '',
    arguments: [],
    summary: "Show the protocol's version",
  },
  shell: {
    spellings: [{ name: '!' }],
    flags: '',
    arguments: [{ name: 'command', kind: 'shell', optional: true }],
    summary: 'Run a command in the local shell ($SHELL, else /bin/sh); without one start the shell',
  },
} as const satisfies Record<string, CommandGrammar>

export type CommandName = keyof typeof grammar

const names: ReadonlySet<string> = new Set(Object.keys(grammar))
const isCommandName = (text: string): text is CommandName => names.has(text)

/** A command under one of its names. */
export interface Called {
  readonly name: CommandName
  readonly grammar: CommandGrammar
  readonly spelling: Spelling
}

/** Every spelling, in lower case: there are no abbreviations. */
export const spellings: ReadonlyMap<string, Called> = new Map(
  Object.entries<CommandGrammar>(grammar).flatMap(([name, command]) =>
    isCommandName(name)
      ? command.spellings.map((spelling): [string, Called] => [spelling.name, { name, grammar: command, spelling }])
      : [],
  ),
)

/** The letters that may be given. */
export const flagsOf = ({ grammar, spelling }: Called): string => spelling.flags ?? grammar.flags

/** How a command is written: `get [-afpR] remote [local]`. */
export function usageOf(called: Called): string {
  const { grammar, spelling } = called
  const shown = [...flagsOf(called)].filter(
    (flag) => grammar.sameFlags?.[flag] === undefined && !spelling.implies?.includes(flag),
  )
  const flags = shown.length === 0 ? [] : [`[-${shown.join('')}]`]
  const words = [...flags, ...grammar.arguments.map(({ name, optional }) => (optional ? `[${name}]` : name))]
  return spelling.name === '!' ? `!${words.join(' ')}` : [spelling.name, ...words].join(' ')
}

/** What it does; a spelling that stands for flags is told by them. */
export function summaryOf({ grammar, spelling }: Called): string {
  const [plain] = grammar.spellings
  return spelling.implies === undefined ? grammar.summary : `As ${plain?.name} -${spelling.implies}`
}

/** All commands with their usage, as `help` prints them. */
export function helpText(): string {
  const lines = [...spellings.values()]
    .filter(({ spelling }) => !spelling.hidden)
    .map((called) => ({ usage: usageOf(called), summary: summaryOf(called) }))
    .sort((one, other) => (one.usage < other.usage ? -1 : 1))
  const width = Math.max(...lines.map(({ usage }) => usage.length)) + 2
  return `Available commands:\n${lines.map(({ usage, summary }) => `${usage.padEnd(width)}${summary}\n`).join('')}`
}
