import { servers } from './servers.ts'
import { interopSuite } from './suite.ts'

for (const server of servers) interopSuite(server)
