import type { Options } from './config-options.ts'
import type { Environment } from './local-account.ts'
import { matchesPattern } from './match-pattern.ts'
import type { OptionExpansion } from './option-expansion.ts'

/** The patterns of SendEnv; one that begins with `-` takes those before it away that it matches. */
export function sendEnvPatterns(options: Options): string[] {
  let patterns: string[] = []
  for (const word of options.all('SendEnv').flatMap(({ words }) => words)) {
    if (word.startsWith('-')) patterns = patterns.filter((pattern) => !matchesPattern(pattern, word.slice(1)))
    else patterns.push(word)
  }
  return patterns
}

/** What the server is told of the environment: the variables of SendEnv, then those of SetEnv, which win. */
export function sentVariables(
  options: Options,
  expansion: OptionExpansion,
  environment: Environment,
): Map<string, string> {
  const patterns = sendEnvPatterns(options)
  const variables = new Map<string, string>()
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && patterns.some((pattern) => matchesPattern(name, pattern))) variables.set(name, value)
  }
  const set = options.get('SetEnv')
  for (const word of set?.words ?? []) {
    const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(word) ?? []
    if (set !== undefined && name !== undefined) variables.set(name, expansion.value(value, set))
  }
  return variables
}
