import { nameProblem } from '../model/connection.ts'
import { suggest } from '../model/suggest.ts'
import type { ManifestFile } from './manifest-file.ts'
import type { Part, ProblemList } from './problem-list.ts'
import { manifestKeys, schemaFindings } from './schema-findings.ts'
import type { YamlEntry, YamlMap, YamlNode } from './yaml-node.ts'

/** An item of a list, with its place in the document. */
export interface Item {
  readonly node: YamlNode
  readonly pointer: string
  readonly index: number
}

/** What a file of a manifest consists of. */
export interface Sections {
  readonly file: ManifestFile
  readonly owner?: string
  readonly includes: readonly Item[]
  readonly defaults?: YamlMap
  readonly connections: readonly Item[]
  readonly scripts: readonly Item[]
  /** Connections in Zato's shapes. */
  readonly zato: readonly Item[]
  /** Keys that ferry does not know. */
  readonly unknown: ReadonlyMap<string, YamlEntry>
  /** Whether the file has a section of ferry's own, and one of Zato's for SFTP. */
  readonly isNative: boolean
  readonly isZato: boolean
}

/** Sections of Zato that hold SFTP connections: those of its own, and the list of connections of every type. */
const zatoSections = ['sftp', 'outgoing_sftp', 'zato_generic_connection'] as const
const genericSection = 'zato_generic_connection'
const sftpType = 'outconn-sftp'

/** Takes a file apart, and checks what is not inside of its objects; `undefined` where it is no manifest at all. */
export function sectionsOf(file: ManifestFile, problems: ProblemList): Sections | undefined {
  const { root } = file
  if (root === undefined) return undefined
  if (root.kind !== 'map') {
    problems.error(file, root.offset, {
      message: 'a manifest is a map of keys',
      hint: 'connections: and scripts: are lists below it',
    })
    return undefined
  }
  const unknown = new Map([...root.entries].filter(([key]) => !manifestKeys.includes(key) && !isZatoSection(key)))
  for (const { offset, path, ...fault } of schemaFindings('manifest', skeleton(root)))
    problems.error(file, offset, fault, path)
  const owner = root.entries.get('name')?.value
  const defaults = root.entries.get('defaults')?.value
  const present = (keys: readonly string[]): boolean => keys.some((key) => root.entries.has(key))
  return {
    file,
    ...(owner?.kind === 'scalar' &&
      typeof owner.value === 'string' &&
      nameProblem(owner.value) === undefined && { owner: owner.value }),
    includes: itemsOf(root, 'include'),
    ...(defaults?.kind === 'map' && { defaults }),
    connections: itemsOf(root, 'connections'),
    scripts: itemsOf(root, 'scripts'),
    zato: [...root.entries.keys()].filter(isZatoSection).flatMap((section) => zatoItems(file, root, section, problems)),
    unknown,
    isNative: present(['name', 'defaults', 'connections', 'scripts']),
    isZato: present(zatoSections),
  }
}

const isZatoSection = (key: string): boolean => zatoSections.some((section) => section === key)

/** The manifest without its objects and defaults, which are checked one by one. */
function skeleton(root: YamlMap): YamlMap {
  const kept = [...root.entries].filter(([key, { value }]) => {
    if (key === 'connections' || key === 'scripts') return value.kind !== 'list'
    if (key === 'defaults') return value.kind !== 'map'
    return manifestKeys.includes(key)
  })
  return { ...root, entries: new Map(kept) }
}

function itemsOf(root: YamlMap, section: string): readonly Item[] {
  const value = root.entries.get(section)?.value
  if (value?.kind === 'list')
    return value.items.map((node, index) => ({ node, pointer: `/${section}/${index}`, index }))
  return section === 'include' && value !== undefined ? [{ node: value, pointer: `/${section}`, index: 0 }] : []
}

function zatoItems(file: Part, root: YamlMap, section: string, problems: ProblemList): readonly Item[] {
  const value = root.entries.get(section)?.value
  if (value === undefined || isEmpty(value)) return []
  if (value.kind !== 'list') {
    problems.error(file, value.offset, { message: `${section}: must be a list` }, [section])
    return []
  }
  const items = itemsOf(root, section)
  return section === genericSection ? items.filter((item) => isSftp(file, item, problems)) : items
}

function isSftp(file: Part, { node, index }: Item, problems: ProblemList): boolean {
  if (node.kind !== 'map') return true
  const type = node.entries.get('type_')?.value
  const text = type?.kind === 'scalar' ? type.text : ''
  if (text === sftpType) return true
  problems.warning(
    file,
    node.offset,
    { message: `a connection of type "${text}" has no counterpart here and is left out` },
    [genericSection, String(index)],
  )
  return false
}

/** What ferry does not know is a mistake in a manifest of its own, and another section in one of Zato's. */
export function tellUnknownKeys({ file, unknown }: Sections, ofZato: boolean, problems: ProblemList): void {
  for (const [key, { keyOffset, value }] of unknown) {
    const nearest = suggest(key, ofZato ? [...manifestKeys, ...zatoSections] : manifestKeys)
    const hint = nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` }
    if (!ofZato) problems.error(file, keyOffset, { message: `unknown key "${key}"`, ...hint }, [key])
    else if (!isEmpty(value))
      problems.warning(
        file,
        keyOffset,
        { message: `section "${key}" has no counterpart here and is left out`, ...hint },
        [key],
      )
  }
}

const isEmpty = (node: YamlNode): boolean =>
  node.kind === 'scalar' ? node.value === null : node.kind === 'list' && node.items.length === 0
