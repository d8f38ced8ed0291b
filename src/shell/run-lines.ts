import { decodeName } from '../model/name-bytes.ts'
import { ScriptSession } from '../script/script-session.ts'
import { commandOf, shellHelp, shellLine } from './shell-commands.ts'
import { remark, runShellLine, type ShellHost } from './shell-host.ts'

/**
 * Runs lines that nobody types, as `sftp` does with what is piped into it: without prompt and history, going on after failures. Rejects where
 * the connection is lost: what follows was meant for what came before.
 */
export async function runLines(host: ShellHost, input: AsyncIterable<Buffer>): Promise<void> {
  const { environment, localDirectory, signal } = host
  await using remote = await host.connect(signal)
  const options = {
    environment,
    localDirectory,
    goesOn: true,
    keepOutput: host.print === undefined,
    ...(host.print !== undefined && { onOutput: host.print }),
    onErrorOutput: (text: string) => remark(host, text),
  }
  const session = await ScriptSession.open(remote, options, signal)
  for await (const line of linesOf(input)) {
    const own = shellLine(line)
    if (own !== undefined) {
      runShellLine(own, host)
      continue
    }
    host.announce(line)
    const result = await session.run(line, signal)
    if (result !== undefined) await host.result(result)
    if (commandOf(line)?.name === 'help') await host.print?.(shellHelp())
    if (session.isOver) return
  }
}

/** Lines as they come; bytes that are not UTF-8 are kept. */
async function* linesOf(input: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of input) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      yield decodeName(Buffer.concat([rest, chunk.subarray(from, end)]))
      rest = Buffer.alloc(0)
      from = end + 1
    }
    rest = Buffer.concat([rest, chunk.subarray(from)])
  }
  if (rest.length > 0) yield decodeName(rest)
}
