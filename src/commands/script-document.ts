import { encodeName } from '../model/name-bytes.ts'
import type { Parameter, Script } from '../model/script.ts'
import type { Stored } from '../model/state.ts'
import { originDocument } from './connection-document.ts'

/** A stored script as `--json` prints it, but for its body. */
export function scriptDocument({ value, origin }: Stored<Script>): Readonly<Record<string, unknown>> {
  const { name, sha256, parameters = {}, description } = value
  return {
    name,
    sha256,
    size: scriptSize(value),
    parameters,
    ...(description !== undefined && { description }),
    ...originDocument(origin),
  }
}

/** Bytes of the text. */
export const scriptSize = ({ body }: Script): number => encodeName(body).length

/** Parameters as `--parameter` takes them: `day, kind=csv`. */
export function parametersText({ parameters = {} }: Script): string {
  return Object.entries(parameters)
    .map(([name, parameter]: [string, Parameter]) =>
      parameter.default === undefined ? name : `${name}=${parameter.default}`,
    )
    .join(', ')
}
