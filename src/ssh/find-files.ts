import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { decodeName, fsPath } from '../model/name-bytes.ts'
import { exists } from './read-file.ts'

/** The paths that an absolute glob(7) pattern names, sorted; a pattern without wildcards names itself if it exists. */
export function findFiles(pattern: string): string[] {
  let found = ['/']
  for (const component of pattern.split('/').filter((part) => part !== '')) {
    found = found.flatMap((directory) => matchesIn(directory, component))
  }
  return found.sort()
}

function matchesIn(directory: string, component: string): string[] {
  if (!/[*?[\\]/.test(component)) {
    const path = join(directory, component)
    return exists(path) ? [path] : []
  }
  const matcher = globExpression(component)
  const names = namesIn(directory).filter((name) => matcher.test(name))
  // As in a shell, a wildcard does not match a leading dot.
  return names.filter((name) => !name.startsWith('.') || component.startsWith('.')).map((name) => join(directory, name))
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(fsPath(directory), { encoding: 'buffer' }).map(decodeName)
  } catch {
    return []
  }
}

function globExpression(component: string): RegExp {
  const source = component.replace(
    /\\(.)|(\*)|(\?)|\[([!^]?)(\]?[^\]]*)\]|[.+^${}()|\\[\]]/gsu,
    (whole: string, escaped?: string, star?: string, question?: string, negated?: string, set?: string) => {
      if (star !== undefined) return '.*'
      if (question !== undefined) return '.'
      if (set !== undefined && set !== '') return `[${negated === '' ? '' : '^'}${set.replace(/[\\\]^[]/g, '\\$&')}]`
      return (escaped ?? whole).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    },
  )
  return new RegExp(`^${source}$`, 'su')
}
