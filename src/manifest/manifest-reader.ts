import { stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { ConnectionFields } from '../model/connection.ts'
import { expandTilde } from '../model/home.ts'
import type { Manifest } from '../model/manifest.ts'
import { fsPath } from '../model/name-bytes.ts'
import { orAbort } from '../model/or-abort.ts'
import type { ObjectKind } from '../model/plan.ts'
import type { Script } from '../model/script.ts'
import type { Stored } from '../model/state.ts'
import { type Declaration, subjectOf } from './declaration.ts'
import { expandFields } from './expand-fields.ts'
import { type ManifestFile, readManifestFile } from './manifest-file.ts'
import type { Part } from './problem-list.ts'
import { fileFault, type Reading } from './read-text.ts'
import { type Item, type Sections, sectionsOf, tellUnknownKeys } from './sections.ts'
import { fieldValues, storedConnection } from './stored-connection.ts'
import { storedScript } from './stored-script.ts'
import type { YamlMap } from './yaml-node.ts'
import { YamlSource } from './yaml-source.ts'
import { zatoConnection } from './zato-connection.ts'

/** A file that is being read, and those that led to it. */
interface Visit {
  /** As it is told to people. */
  readonly file: string
  /** Absolute; where relative paths start. */
  readonly folder: string
  /** Device and inode: the same file under any name. */
  readonly identity: string
  readonly from?: Visit
}

/** A file that something asks for, and where, for what is wrong with the asking. */
interface Request extends Part {
  readonly file: string
  readonly path: string
  readonly offset: number
  readonly from?: Visit
  /** What the file holds, where that was given. */
  readonly text?: string
}

/** Far more than anybody nests, and less than a chain that never ends. */
const maxDepth = 50

/** Reads one manifest and all that it includes. What is wrong goes to the problems; the rest is still read. */
export class ManifestReader {
  readonly #reading: Reading
  readonly #sections: Sections[] = []
  readonly #seen = new Set<string>()
  readonly #included: string[] = []
  readonly #connections: Stored<ConnectionFields>[] = []
  readonly #scripts: Stored<Script>[] = []
  readonly #declared = { connection: new Map<string, Declaration>(), script: new Map<string, Declaration>() }
  #owner: string | undefined

  constructor(reading: Reading) {
    this.#reading = reading
  }

  async read(file: string, text?: string): Promise<Omit<Manifest, 'warnings'>> {
    const { problems } = this.#reading
    problems.enter(file)
    await this.#visit({
      file,
      path: resolve(file),
      source: new YamlSource(file, ''),
      pointer: '',
      offset: 0,
      ...(text !== undefined && { text }),
    })
    const someZato = this.#sections.some(({ isZato }) => isZato)
    for (const sections of this.#sections) {
      tellUnknownKeys(sections, sections.isZato || (someZato && !sections.isNative), problems)
    }
    return {
      file,
      ...(this.#owner !== undefined && { name: this.#owner }),
      includedFiles: this.#included,
      connections: this.#connections,
      scripts: this.#scripts,
    }
  }

  async #visit(request: Request): Promise<void> {
    const opened = await this.#open(request)
    if (opened === undefined) return
    const { visit, content } = opened
    const sections = sectionsOf(content, this.#reading.problems)
    if (sections === undefined) return
    this.#sections.push(sections)
    if (visit.from === undefined) this.#owner = sections.owner
    for (const item of sections.includes) {
      const included = this.#named(item, content, visit)
      if (included !== undefined) await this.#visit(included)
    }
    const defaults = this.#defaults(sections, visit)
    for (const item of sections.connections) this.#connection(item, content, visit, defaults)
    for (const item of sections.zato) await this.#zato(item, content, visit, defaults)
    for (const item of sections.scripts) await this.#script(item, content, visit)
  }

  /** Reads a file, unless it was read before: files may share an include, and only one that includes itself is a mistake. */
  async #open(request: Request): Promise<{ readonly visit: Visit; readonly content: ManifestFile } | undefined> {
    const { file, path, from, offset, text } = request
    const { problems, signal } = this.#reading
    try {
      const identity = text === undefined ? await identityOf(path, signal) : `text of ${path}`
      const way = wayTo(from)
      const start = way.findIndex((visit) => visit.identity === identity)
      if (start >= 0 || way.length > maxDepth) {
        const names = [...way.slice(start).map((visit) => visit.file), file].join(' -> ')
        problems.error(request, offset, {
          message: start >= 0 ? `include cycle: ${names}` : `included more than ${maxDepth} deep`,
        })
        return undefined
      }
      if (this.#seen.has(identity)) return undefined
      this.#seen.add(identity)
      const content = await readManifestFile(file, path, this.#reading, text)
      if (from !== undefined) this.#included.push(file)
      return { visit: { file, folder: dirname(path), identity, ...(from !== undefined && { from }) }, content }
    } catch (error) {
      signal.throwIfAborted()
      problems.error(request, offset, fileFault(file, error))
      return undefined
    }
  }

  /** The file that an item names; what is no name is told by the schema. Zato writes some as `file://…`. */
  #named({ node, pointer }: Item, { source }: Part, from: Visit): Request | undefined {
    if (node.kind !== 'scalar' || typeof node.value !== 'string' || !/^[^\0]+$/.test(node.value)) return undefined
    const written = node.value.replace(/^file:\/\//, '')
    // A home that cannot be found is a file that is not there.
    const { environment } = this.#reading
    const named = isAbsolute(environment['HOME'] ?? '') ? expandTilde(written, environment) : written
    const file = isAbsolute(named) ? named : join(dirname(from.file), named)
    return { source, pointer, offset: node.offset, file, path: resolve(from.folder, named), from }
  }

  #defaults({ file, defaults }: Sections, { folder }: Visit): YamlMap | undefined {
    if (defaults === undefined) return undefined
    const declaration = this.#expanded({ ...file, pointer: '/defaults', subject: 'defaults', map: defaults, folder })
    fieldValues(declaration, 'defaults', this.#reading)
    return declaration.map
  }

  #connection(item: Item, file: Part, { folder }: Visit, defaults: YamlMap | undefined): void {
    const declared = this.#declaration('connection', item, file, folder)
    if (declared !== undefined) this.#addConnection(this.#expanded(declared), defaults)
  }

  /** A connection in one of Zato's shapes, or the name of a file that holds some. */
  async #zato(item: Item, file: Part, visit: Visit, defaults: YamlMap | undefined): Promise<void> {
    const named = this.#named(item, file, visit)
    if (named !== undefined) return this.#zatoFile(named, defaults)
    const declared = this.#declaration('connection', item, file, visit.folder)
    if (declared === undefined) return
    const { problems, environment } = this.#reading
    const map = zatoConnection(declared.map, environment, {
      error: (key, offset, fault) => problems.error(declared, offset, fault, [key]),
      warning: (key, offset, fault) => problems.warning(declared, offset, fault, [key]),
    })
    this.#addConnection(this.#expanded({ ...declared, map }), defaults)
  }

  /** A file that holds one connection, or a list of them. */
  async #zatoFile(request: Request, defaults: YamlMap | undefined): Promise<void> {
    const opened = await this.#open(request)
    if (opened?.content.root === undefined) return
    const { visit, content } = opened
    const { root } = opened.content
    const nodes = root.kind === 'list' ? root.items : [root]
    for (const [index, node] of nodes.entries()) {
      await this.#zato({ node, index, pointer: root.kind === 'list' ? `/${index}` : '' }, content, visit, defaults)
    }
  }

  #addConnection(own: Declaration, defaults: YamlMap | undefined): void {
    this.#claim('connection', own)
    const map = defaults === undefined ? own.map : { ...own.map, entries: mergedEntries(defaults, own.map) }
    const stored = storedConnection({ ...own, map }, this.#owner, this.#reading)
    if (stored !== undefined) this.#connections.push(stored)
  }

  async #script(item: Item, file: Part, { folder }: Visit): Promise<void> {
    const declared = this.#declaration('script', item, file, folder)
    if (declared === undefined) return
    this.#claim('script', declared)
    const stored = await storedScript(declared, this.#owner, this.#reading)
    if (stored !== undefined) this.#scripts.push(stored)
  }

  #declaration(
    kind: ObjectKind,
    { node, pointer, index }: Item,
    { source }: Part,
    folder: string,
  ): Declaration | undefined {
    if (node.kind === 'map') return { source, pointer, subject: subjectOf(kind, node, index), map: node, folder }
    this.#reading.problems.error({ source, pointer, subject: `${kind} ${index + 1}` }, node.offset, {
      message: 'must be a map',
    })
    return undefined
  }

  #expanded(declaration: Declaration): Declaration {
    const { problems, environment } = this.#reading
    const map = expandFields(declaration.map, environment, (field, node, fault) => {
      const written = declaration.map.entries.get(field)?.written ?? field
      problems.error(declaration, node.offset, { ...fault, message: `${field}: ${fault.message}` }, [written])
    })
    return { ...declaration, map }
  }

  /** Tells of a name that was given before, with both places. */
  #claim(kind: ObjectKind, declaration: Declaration): void {
    const name = declaration.map.entries.get('name')?.value
    if (name?.kind !== 'scalar' || typeof name.value !== 'string') return
    const before = this.#declared[kind].get(name.value)
    if (before === undefined) {
      this.#declared[kind].set(name.value, declaration)
      return
    }
    const { file, line, column } = before.source.place(before.map.offset)
    this.#reading.problems.error(
      declaration,
      name.offset,
      { message: `declared already, at ${file}:${line}:${column}` },
      ['name'],
    )
  }
}

/** A connection's entries, and the defaults' that it has not. A default command goes with no other transport than its own. */
function mergedEntries(defaults: YamlMap, { entries }: YamlMap): YamlMap['entries'] {
  const merged = new Map(entries)
  const transport = entries.get('transport')?.value
  const hasOther = transport?.kind === 'scalar' && transport.value !== 'command'
  for (const [name, entry] of defaults.entries) {
    if (!merged.has(name) && !(name === 'command' && hasOther)) merged.set(name, entry)
  }
  return merged
}

function wayTo(visit: Visit | undefined): readonly Visit[] {
  const way: Visit[] = []
  for (let step = visit; step !== undefined; step = step.from) way.unshift(step)
  return way
}

/** Device and inode: the same file under any name. */
async function identityOf(path: string, signal: AbortSignal): Promise<string> {
  const { dev, ino } = await orAbort(stat(fsPath(path), { bigint: true }), signal)
  return `${dev}:${ino}`
}
