import { isAbsolute, join } from 'node:path'
import { FerryError } from '../errors/ferry-error.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The user's home directory, as the environment names it. */
function homeDirectory(environment: Environment): string {
  const home = environment['HOME']
  if (home !== undefined && isAbsolute(home)) return home
  throw new FerryError('usage', 'find the home directory: HOME is not set to an absolute path')
}

/** A path whose leading `~/` is the user's home; `~user` is a name like any other. */
export function expandTilde(path: string, environment: Environment): string {
  if (path === '~') return homeDirectory(environment)
  return path.startsWith('~/') ? join(homeDirectory(environment), path.slice(2)) : path
}

/** A path for people: the home directory is `~`. */
export const shownPath = (path: string, home: string): string =>
  home.length > 1 && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path

/** Where ferry's own settings are (XDG Base Directory Specification: a path that is not absolute is ignored). */
export const configDirectory = (environment: Environment): string =>
  join(baseDirectory(environment, 'XDG_CONFIG_HOME', '.config'), 'ferry')

/** Where ferry's state is, unless it is said otherwise. */
export const stateDirectory = (environment: Environment): string =>
  join(baseDirectory(environment, 'XDG_STATE_HOME', '.local/state'), 'ferry')

/** Where ferry may keep what it can make anew; absent where the environment names no place for it. */
export function cacheDirectory(environment: Environment): string | undefined {
  try {
    return join(baseDirectory(environment, 'XDG_CACHE_HOME', '.cache'), 'ferry')
  } catch {
    return undefined
  }
}

function baseDirectory(environment: Environment, variable: string, underHome: string): string {
  const path = environment[variable]
  return path !== undefined && isAbsolute(path) ? path : join(homeDirectory(environment), underHome)
}
