/** A file of ssh_config(5) that `ssh -G` is asked about too. */
export interface Case {
  readonly what: string
  readonly host?: string
  readonly config: string
  /** Files beside it; `DIR` in the texts is their directory. */
  readonly files?: Readonly<Record<string, string>>
}

export const cases: readonly Case[] = [
  { what: 'plain values', config: 'HostName real.example\nPort 2222\nUser deploy\n' },
  { what: 'an equals sign, with and without blanks', config: 'Port=2222\nUser = deploy\nHostName  =  real\n' },
  { what: 'tabs and trailing blanks', config: '\tPort\t2222  \t\r\n\tUser\tdeploy \n' },
  { what: 'keywords in any case', config: 'HOSTNAME real\npOrT 22\nidentitiesonly YES\n' },
  { what: 'a quoted value', config: 'User "deploy er"\nHostKeyAlias "an alias"\n' },
  { what: 'single quotes and escapes', config: "User 'de\"ploy'\nHostKeyAlias a\\ b\n" },
  { what: 'comments', config: '# Port 1\n  # Port 2\nPort 3 # not 4\nUser a#b\n' },
  { what: 'the first value wins', config: 'Port 1\nPort 2\nHost *\nPort 3\nUser x\n' },
  { what: 'blocks in order', config: 'Host other\n  Port 1\nHost target\n  Port 2\nHost *\n  Port 3\n  User all\n' },
  { what: 'several patterns', config: 'Host a b target\n  Port 2\n' },
  { what: 'wildcards', config: 'Host t*t\n  Port 2\nHost t?rget\n  User x\nHost t??get?\n  HostName no\n' },
  { what: 'a negated pattern', config: 'Host * !target\n  Port 2\nHost !other *\n  User yes\n' },
  { what: 'a negated pattern alone', config: 'Host !other\n  Port 2\n' },
  { what: 'a negation after a match', config: 'Host target !tar*\n  Port 2\n' },
  { what: 'a host in capitals', host: 'TARGET', config: 'Host target\n  Port 2\nHost TARGET\n  User x\n' },
  { what: 'Match all', config: 'Match all\n  Port 2\n' },
  { what: 'Match host after HostName', config: 'HostName real.example\nMatch host *.example\n  Port 2\n' },
  { what: 'Match originalhost', config: 'HostName real\nMatch originalhost target,x\n  Port 2\n' },
  { what: 'Match negated', config: 'Match !host other\n  Port 2\nMatch host target !user nobody-here\n  User x\n' },
  { what: 'Match host in any case', host: 'Target', config: 'Match host TARGET\n  Port 2\n' },
  { what: 'Match user', config: 'User deploy\nMatch user dep*\n  Port 2\nMatch user root\n  HostName no\n' },
  { what: 'Match localuser', config: 'Match localuser *,!nobody\n  Port 2\n' },
  { what: 'Match exec', config: 'Match exec "test %h = target"\n  Port 2\nMatch exec false\n  User no\n' },
  { what: 'Match exec is not run in vain', config: 'Match host other exec "touch DIR/ran"\n  Port 2\n' },
  { what: 'Match exec negated with tokens', config: 'Match !exec "test %p = 22 -a %n = other"\n  Port 2\n' },
  { what: 'Match with equals signs', config: 'Match host=target user=*\n  Port 2\n' },
  { what: 'Match with a comment', config: 'Match host target # and more\n  Port 2\n' },
  { what: 'Match final', config: 'HostName real\nMatch final host real\n  Port 2\nHost real\n  User second\n' },
  { what: 'Match final all', config: 'Match final all\n  Port 2\nPort 3\nUser x\n' },
  { what: 'Match canonical', config: 'Match canonical\n  Port 2\nMatch !canonical\n  User x\n' },
  { what: 'HostName with %h', config: 'Host target\n  HostName %h.example\nMatch host target.example\n  Port 2\n' },
  { what: 'Include', config: 'Include DIR/more\nPort 3\n', files: { more: 'Port 2\n' } },
  { what: 'Include of nothing', config: 'Include DIR/none DIR/no*\nPort 3\n' },
  {
    what: 'Include of a pattern, in order',
    config: 'Include DIR/conf.*\n',
    files: { 'conf.b': 'Port 2\nUser b\n', 'conf.a': 'Port 1\n', '.conf.0': 'Port 9\n' },
  },
  {
    what: 'Include of a pattern with a set',
    config: 'Include DIR/[!a].conf\n',
    files: { 'a.conf': 'Port 1\n', 'b.conf': 'User b\n' },
  },
  {
    what: 'Include in a block that does not match',
    config: 'Host other\n  Include DIR/more\nHost *\n  Port 3\n',
    files: { more: 'Port 2\nHost *\n  User no\nMatch all\n  HostName no\n' },
  },
  {
    what: 'Include does not end its block',
    config: 'Host target\n  Include DIR/more\n  Port 3\n',
    files: { more: 'Host other\n  Port 2\n' },
  },
  { what: 'nested Include', config: 'Include DIR/a\n', files: { a: 'Include "DIR/b c"\n', 'b c': 'Port 2\n' } },
  { what: 'a list of files', config: 'UserKnownHostsFile ~/a "/b c"\nGlobalKnownHostsFile none\n' },
  { what: 'times', config: 'ConnectTimeout 1m30s\nServerAliveInterval 2h\n' },
  { what: 'several identities, each once', config: 'IdentityFile ~/a\nIdentityFile ~/b\nIdentityFile ~/a\n' },
  { what: 'identities of several blocks', config: 'Host target\n  IdentityFile ~/a\nHost *\n  IdentityFile ~/b\n' },
  { what: 'ProxyJump', config: 'ProxyJump a@one:22,two\n' },
  { what: 'ProxyJump after ProxyCommand', config: 'ProxyCommand none\nProxyJump one\n' },
  { what: 'older names', config: 'ChallengeResponseAuthentication no\nKeepAlive no\nIdentityFile2 ~/x\n' },
  { what: 'ignored unknown ones', config: 'IgnoreUnknown Foo*,bar\nFoo 1\nBAR 2\nfooBaz 3\nPort 2\n' },
  {
    what: 'yes and no by other names',
    config: 'StrictHostKeyChecking off\nIdentitiesOnly TRUE\nHashKnownHosts False\n',
  },
  {
    what: "Debian's stock file",
    config:
      'Include DIR/d/*.conf\nHost *\n    SendEnv LANG LC_*\n    HashKnownHosts yes\n    GSSAPIAuthentication yes\n',
  },
]
