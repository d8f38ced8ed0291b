import { rememberKey } from '../../src/ssh/known-hosts-files.ts'

/** A process that adds one key under each of the names to a known_hosts file. */
const [file = '', key = '', ...names] = process.argv.slice(2)
const events = { note: (_level: number, text: string) => void process.stderr.write(`${text}\n`) }
for (const name of names) await rememberKey(file, name, Buffer.from(key, 'base64'), false, events)
