import { Argument, Command } from 'commander'
import { completionScripts } from './completion-scripts.ts'
import type { CommandContext } from './context.ts'

type Shell = keyof typeof completionScripts

export function completionCommand(context: CommandContext): Command {
  return new Command('completion')
    .description("print a shell's completion script")
    .addArgument(new Argument('<shell>').choices(Object.keys(completionScripts)))
    .addHelpText('after', 'Examples: source <(ferry completion bash); ferry completion fish | source')
    .action((shell: Shell) => context.io.bytes(Buffer.from(completionScripts[shell])))
}
