import { asyncssh } from '../interop/servers/asyncssh.ts'
import { interopSuite } from '../interop/suite.ts'

/** OpenSSH's server is everywhere in these tests; this is one of the others, and `npm run interop` has them all. */
interopSuite(asyncssh)
