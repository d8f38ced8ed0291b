/** A part of ssh2 that needs less than all of it, and is loaded sooner. */
declare module 'ssh2/lib/protocol/keyParser.js' {
  import type { utils } from 'ssh2'

  const keyParser: Pick<typeof utils, 'parseKey'>
  export = keyParser
}

declare module 'ssh2/lib/agent.js' {
  import type ssh2 from 'ssh2'

  const agent: Pick<typeof ssh2, 'BaseAgent'>
  export = agent
}
