import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { connect } from 'ferry'

// Reads every file of a remote directory that is newer than a day into one local file, then moves it to done/.
// Usage: node collect.js <connection or sftp:// address> <directory> <output>

const [from = 'warehouse', directory = 'incoming', output = 'collected.txt'] = process.argv.slice(2)
const yesterday = Date.now() - 86_400_000

await using connection = await connect(from)
const target = createWriteStream(output)
if (!(await connection.exists(`${directory}/done`))) await connection.mkdir(`${directory}/done`)
let count = 0
for (const { path, type, modifiedAt } of await connection.ls(directory)) {
  if (type !== 'file' || modifiedAt === undefined || modifiedAt.getTime() < yesterday) continue
  await pipeline(connection.readStream(path), target, { end: false })
  await connection.move(path, `${directory}/done`)
  count += 1
}
target.end()
console.log(`${count} files collected into ${output}`)
