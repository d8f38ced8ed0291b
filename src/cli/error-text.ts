import { errorDocument } from '../commands/error-document.ts'
import type { FerryError, Place } from '../errors/ferry-error.ts'
import { jsonText } from './json-text.ts'
import { style } from './styled-text.ts'

/** `deploy.yml:12:5`, as editors and CI parse it. */
const placeText = ({ file, line, column }: Place): string =>
  [file, ...(line === undefined ? [] : [line]), ...(line === undefined || column === undefined ? [] : [column])].join(
    ':',
  )

/** An error for people, as raw lines: each problem at its place, what failed and why, where, and what to do. */
export function errorLines(error: FerryError): string[] {
  const { hint, place, errors = [] } = error.details
  return [
    ...errors.flatMap((problem) => [`${placeText(problem)}: ${problem.message}`, ...hintLine(problem.hint)]),
    `${style.red('ferry:')} ${error.message}`,
    ...(place === undefined || errors.length > 0 ? [] : [`  at ${placeText(place)}`]),
    ...hintLine(hint),
  ]
}

const hintLine = (hint: string | undefined): string[] => (hint === undefined ? [] : [`  hint: ${hint}`])

/** An error for programs: one line, an object in its wrapper. */
export const errorJson = (error: FerryError): string => jsonText({ error: errorDocument(error) })
