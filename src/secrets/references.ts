type Environment = Readonly<Record<string, string | undefined>>

/** `${env:NAME}`, `${NAME}`, `${env:NAME:-default}`, and `$${`, which is a literal `${`. */
const pattern = /\$\$\{|\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g
const whole = /^\$\{(?:env:)?([A-Za-z_][A-Za-z0-9_]*)\}$/

/** A text with its references replaced, and the variables that are not set and have no default. */
export interface Expansion {
  readonly text: string
  readonly missing: readonly string[]
}

/** Replaces each reference by what the environment holds; as in sh(1), `:-` also stands in for an empty variable. */
export function expandReferences(text: string, environment: Environment): Expansion {
  const missing: string[] = []
  const end = endOfReferences(text)
  const expanded = text.slice(0, end).replace(pattern, (reference: string, name?: string, fallback?: string) => {
    if (name === undefined) return '${'
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value
    if (value === undefined) missing.push(name)
    return value ?? reference
  })
  return { text: expanded + text.slice(end).replaceAll('$${', () => '${'), missing }
}

/** Behind the last brace there is no reference: a default is not to be looked for from each ":-" to the end. */
const endOfReferences = (text: string): number => text.lastIndexOf('}') + 1

/** Whether a text holds a reference, and not only escaped ones. */
export const holdsReference = (text: string): boolean =>
  [...text.slice(0, endOfReferences(text)).matchAll(pattern)].some(([, name]) => name !== undefined)

/** The variable of a text that is one reference without a default, and nothing else. */
export const wholeReference = (text: string): string | undefined => whole.exec(text)?.[1]

/** A text that expands to `text` itself. */
export const escapeReferences = (text: string): string => text.replaceAll('${', () => '$${')
