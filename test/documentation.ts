import { splitWords } from '../src/secrets/split-words.ts'

/** What stands below a heading, up to the next one of its rank or a higher one; without what is fenced, which may look like headings. */
export function section(text: string, heading: string): string {
  const rank = heading.indexOf(' ')
  const [, after] = text.replace(/^```\w*\n[\s\S]*?^```$/gm, '').split(`\n${heading}\n`)
  if (after === undefined) throw new Error(`there is no heading ${heading}`)
  return after.split(new RegExp(`^#{1,${rank}} `, 'm'))[0] ?? ''
}

/** Cells of the rows whose first cell is code. A bar in a cell is `\|`. */
export function codeRows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .replace(/^\| | \|$/g, '')
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    )
}

/** The pieces of code in a text. */
export const inCode = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
export const firstCells = (text: string): string[] => codeRows(text).map(([cell = '']) => inCode(cell)[0] ?? '')

/** The fenced texts of a kind, without their fences. */
export function fences(text: string, kind = '\\w*'): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${kind}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, inside = '']) => inside)
}

/** The command lines of ferry in a line for a shell, each in words. */
export function commandLines(line: string): string[][] {
  const plain = line.replace(/^\$ /, '').replace(/ {2,}#.*$/, '')
  const parts = plain.match(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^|&;<>'"\\])+|[|&;<>]+/g) ?? []
  const isFile = (index: number): boolean => /^[<>]/.test(parts[index - 1] ?? '')
  return parts.flatMap((part, index) => {
    const words = isFile(index) ? [] : (splitWords(part) ?? [])
    return words[0] === 'ferry' ? [words.slice(1)] : []
  })
}

/** As GitHub makes them of headings. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
