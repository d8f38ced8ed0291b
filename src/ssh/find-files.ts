import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeName, fsPath } from '../model/name-bytes.ts'

/** The paths that an absolute glob(7) pattern names, sorted; a pattern without wildcards names itself if it exists. */
export async function findFiles(pattern: string): Promise<string[]> {
  let found = ['/']
  for (const component of pattern.split('/').filter((part) => part !== '')) {
    found = (await Promise.all(found.map((directory) => matchesIn(directory, component)))).flat()
  }
  return found.sort()
}

async function matchesIn(directory: string, component: string): Promise<string[]> {
  if (!/[*?[\\]/.test(component)) {
    const path = join(directory, component)
    return (await exists(path)) ? [path] : []
  }
  const matcher = globExpression(component)
  const names = (await namesIn(directory)).filter((name) => matcher.test(name))
  // As in a shell, a wildcard does not match a leading dot.
  return names.filter((name) => !name.startsWith('.') || component.startsWith('.')).map((name) => join(directory, name))
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(fsPath(path))
    return true
  } catch {
    return false
  }
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(fsPath(directory), { encoding: 'buffer' })).map(decodeName)
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
