import { FerryError, type Problem } from '../errors/ferry-error.ts'
import type { Parameter } from '../model/script.ts'
import { parseScript } from '../script/parse-script.ts'

/** Stands for a parameter without a value: it is a mode, an id and a name alike. */
const sample = '0'

/** All that is wrong with a script's text, by line; whatever its parameters are. */
export function checkScript(text: string, parameters: Readonly<Record<string, Parameter>> = {}): readonly Problem[] {
  const variables = Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [name, parameter.default ?? sample]),
  )
  try {
    parseScript(text, { file: 'script', parameters, variables })
    return []
  } catch (error) {
    if (!(error instanceof FerryError)) throw error
    return error.details.errors ?? [{ file: 'script', message: error.message }]
  }
}
