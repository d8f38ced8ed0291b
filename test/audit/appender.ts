import { AuditLog } from '../../src/audit/audit-log.ts'

/** A process that adds `count` lines of about `length` bytes to an audit log; each says which it is. */
const [file = '', name = '', count = '1', length = '100'] = process.argv.slice(2)
const log = new AuditLog(file)
for (let index = 0; index < Number(count); index += 1) {
  log.append({
    time: '2026-01-01T00:00:00.000Z',
    id: `${name}-${index}`,
    phase: 'intent',
    user: name,
    command: 'upload',
    host: 'here',
    pid: process.pid,
    operation: 'upload',
    side: 'remote',
    path: name.repeat(Number(length)),
  })
}
