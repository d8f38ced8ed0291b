import type { ShellText } from './script.ts'
import { parameterAt, type Values } from './words.ts'

/**
 * A command line for the local shell. A parameter becomes a quoted variable, whose value the shell takes from its environment: so it is
 * one word, or part of one, and nothing in it is ever read as syntax.
 */
export function shellText(line: string, values: Values): ShellText {
  const environment: Record<string, string> = {}
  let text = ''
  let quote = ''
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at)
    const parameter = parameterAt(line, at, values)
    if (parameter !== undefined) {
      const variable = `FERRY_PARAMETER_${parameter.name}`
      environment[variable] = parameter.value
      // Closes the quotes that are open and opens them again behind it.
      text += `${quote}"$${variable}"${quote}`
      at += parameter.length - 1
      continue
    }
    text += character
    if (character === '\\' && quote !== "'") {
      at += 1
      text += line.charAt(at)
    } else if (character === quote) quote = ''
    else if (quote === '' && (character === '"' || character === "'")) quote = character
  }
  return { text, environment }
}
