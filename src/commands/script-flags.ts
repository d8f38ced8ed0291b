import type { Command } from 'commander'
import { FerryError } from '../errors/ferry-error.ts'
import type { Parameter } from '../model/script.ts'
import { collected } from './connection-command.ts'
import type { CommandContext } from './context.ts'
import { scriptText } from './script-text.ts'

/** What the command line says of a stored script. */
export interface GivenScript {
  readonly source?: string
  readonly body?: string
  /** `name`, or `name=default`. */
  readonly parameter?: readonly string[]
  readonly description?: string
}

/** The argument and the flags that say what a script is. */
export function scriptFlags(command: Command): Command {
  return command
    .argument('<name>')
    .argument('[source]', 'a file, or - for standard input')
    .option('--body <text>', 'the text itself instead of a file')
    .option(
      '--parameter <name>',
      'declare a parameter: name, which is then required, or name=default (repeatable)',
      collected,
    )
    .option('--description <text>', 'free text for people')
}

/** The name that is meant: `@name`, as exec takes it, is as good. */
export const scriptName = (typed: string): string => typed.replace(/^@/, '')

/** The text of a script, or `undefined` where the command line names none. */
export async function givenBody(context: CommandContext, { source, body }: GivenScript): Promise<string | undefined> {
  if (source === undefined) return body
  if (body !== undefined) {
    throw new FerryError('usage', `a script is "${source}" or the text of --body, not both`)
  }
  return (await scriptText(context, { source })).text
}

/** The parameters that were declared, or `undefined` where there are none. */
export function givenParameters({ parameter }: GivenScript): Readonly<Record<string, Parameter>> | undefined {
  if (parameter === undefined) return undefined
  return Object.fromEntries(
    parameter.map((text): [string, Parameter] => {
      const [, name, fallback] = /^([A-Za-z_][A-Za-z0-9_]*)(?:=([\s\S]*))?$/.exec(text) ?? []
      if (name !== undefined) return [name, fallback === undefined ? { required: true } : { default: fallback }]
      throw new FerryError('usage', `--parameter: "${text}" is no parameter`, {
        hint: 'as day or day=monday; a name has letters, digits and "_"',
      })
    }),
  )
}
