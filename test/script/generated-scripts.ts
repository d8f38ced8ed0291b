import fc from 'fast-check'

/** Paths on the server, in the trees of twin-trees.ts: names, patterns, and what is not there. */
const remote = fc.constantFrom(
  ...['a.txt', 'b.txt', '*.txt', 'foo#bar', '"foo#bar"', '"with space"', 'with\\ space', "it\\'s", '"star*name"'],
  ...['star*name', 'dir', 'dir/one', 'dir/*', 'd*', 'dlink', 'link', 'dangling', 'nosuch', 'no*', '.hidden', '.*'],
  ...['emptydir', '"we[ir]d"', 'we[ir]d', 'na?ve*', '[a-b].txt', '[!a].txt', 'dir/sub/..', '..', '""', 'ro.txt', 'new'],
)

/** Paths on this machine. */
const local = fc.constantFrom(
  ...['l2.txt', 'l*.txt', 'ldir', 'ldir/p', 'ldir/*', 'ldlink', 'llink', 'lwide', '"l*star"', 'l*star', 'l[b]r'],
  ...['nosuch', 'no*', 'ldir2', 'ldir2/new', 'new', '"new name"', 'lodd', '.lhidden', '""', 'part.bin'],
)

const flags = (...given: string[]): fc.Arbitrary<string> => fc.constantFrom('', ...given)
const line = (...parts: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((words) => words.join(' '))

const command = fc.oneof(
  line('get', flags('-p', '-r', '-R', '-a', '-rp', '-z', '--'), remote),
  line('get', flags('-p', '-r', '-a'), remote, local),
  line('put', flags('-p', '-r', '-R', '-a', '-rp', '-z', '--'), local),
  line('put', flags('-p', '-r', '-a'), local, remote),
  line(fc.constantFrom('reget', 'mget', 'reput', 'mput'), fc.oneof(remote, local)),
  line('ls', flags('-1', '-a', '-1a', '-1r', '-l1', '-z'), remote),
  line('ls -1'),
  line(fc.constantFrom('rm', 'rmdir', 'mkdir', 'cd', 'chdir', 'MKDIR'), remote),
  line(fc.constantFrom('rename', 'rename -l', 'ln', 'ln -s', 'symlink', 'cp', 'copy'), remote, remote),
  line('chmod', flags('-h'), fc.constantFrom('600', '644', '0755', '9', 'u+x'), remote),
  line(fc.constantFrom('lcd', 'lmkdir'), local),
  line('lumask', fc.constantFrom('22', '077', '0', '9')),
  line(
    fc.constantFrom('pwd', 'lpwd', 'progress', 'version', 'mk x', '# nothing', '', 'get "open', '!echo hello', 'quit'),
  ),
)

/** `..` as a source lands elsewhere than in 9.2, and what is copied into itself hardly ends. */
const takesParent = (text: string): boolean => /^get -\S*[rR]\S* \S*\.[.*]/.test(text)

/** A script that is made up stays in its trees: it never goes to the home directory of who runs the tests, or to a parent. */
const leaves = (text: string): boolean => /^(?:(?:cd|chdir) .*(?:""|\.\.)|(?:ln|symlink) .*\.\.)/.test(text)

/** Words of quotes, escapes, wildcards and comment signs in any order. Without "/" and ".." a path stays in its tree; 9.2 dies of braces. */
const oddWord = fc
  .string({ unit: fc.constantFrom(...'ab \t\'"\\*?[]#-!^.é'), maxLength: 9 })
  .filter((text) => !text.includes('..'))

/** A backslash at the end of a line is not what it was in 9.2. */
const oddCommand = line(
  fc.constantFrom(
    'mkdir',
    'ls',
    'ls -1',
    'rename',
    'ln',
    'ln -s',
    'rm',
    'put l2.txt',
    'get a.txt',
    'put',
    'get',
    'reget',
  ),
  oddWord,
  fc.oneof(oddWord, remote),
).filter((text) => !text.endsWith('\\') && !leaves(text) && !takesParent(text))

const prefix = fc.constantFrom('', '', '-', '-', '-', '@', '-@', '- ', '  -')

/** Scripts of a few lines, most of which go on after a failure. */
export const scripts = fc
  .array(
    fc
      .tuple(
        prefix,
        fc.oneof(
          command.filter((text) => !takesParent(text) && !leaves(text)),
          oddCommand,
        ),
      )
      .map(([before, text]) => `${before}${text}`),
    { minLength: 1, maxLength: 12 },
  )
  .map((lines) => lines.join('\n'))
