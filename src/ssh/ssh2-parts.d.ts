/** A part of ssh2 that needs less than all of it, and is loaded sooner. */
declare module 'ssh2/lib/protocol/keyParser.js' {
  import type { utils } from 'ssh2'

  const keyParser: Pick<typeof utils, 'parseKey'>
  export default keyParser
}
