import { expandReferences } from '../secrets/references.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What is wrong with a value, told by whoever knows where it stands. */
export interface Fault {
  readonly message: string
  readonly hint?: string
}

/** An escaped `$${`, or what begins as a reference and is none. */
const broken = /\$\$\{|\$\{(?!(?:env:)?[A-Za-z_][A-Za-z0-9_]*(?::-[^}]*)?\})[^}]*\}?/g

/** A text with its references replaced. In a manifest one that is unset or misspelt is a mistake, not text. */
export function expandText(
  text: string,
  environment: Environment,
): { readonly text: string; readonly faults: readonly Fault[] } {
  if (!text.includes('${')) return { text, faults: [] }
  const misspelt = [...text.matchAll(broken)].map(([written]) => written).filter((written) => written !== '$${')
  const { text: expanded, missing } = expandReferences(text, environment)
  return {
    text: expanded,
    faults: [
      ...misspelt.map((written) => ({
        message: `invalid reference ${written}`,
        hint: `as \${env:NAME}; a literal "\${" is written "$\${"`,
      })),
      ...missing.map((name) => ({ message: `the environment variable ${name} is not set` })),
    ],
  }
}
