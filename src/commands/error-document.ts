import type { FerryError } from '../errors/ferry-error.ts'

/** An error as every `--json` output holds it, without its wrapper. */
export function errorDocument(error: FerryError): Readonly<Record<string, unknown>> {
  const { hint, place, connection, path, errors } = error.details
  return { code: error.code, exit_code: error.exitCode, message: error.message, hint, place, connection, path, errors }
}
