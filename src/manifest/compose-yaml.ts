import {
  boolCoreTag,
  EVENT_ID,
  type Event,
  floatCoreTag,
  getScalarValue,
  intCoreTag,
  NOT_RESOLVED,
  nullCoreTag,
  parseEvents,
  SCALAR_STYLE,
  strTag,
  YAMLException,
} from 'js-yaml'
import type { ProblemList } from './problem-list.ts'
import type { YamlEntry, YamlMap, YamlNode, YamlScalar } from './yaml-node.ts'
import type { YamlSource } from './yaml-source.ts'

type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>
type MappingEvent = Extract<Event, { type: typeof EVENT_ID.MAPPING }>
type SequenceEvent = Extract<Event, { type: typeof EVENT_ID.SEQUENCE }>

/** Less than what the parser itself bounds, so that aliases and written nesting have one limit. */
const maxDepth = 64
const tooDeep = `nested more than ${maxDepth} deep`
/** Nodes that one file may stand for, aliases expanded. A long text counts as more. */
const maxCost = 2_000_000

const coreTags = 'tag:yaml.org,2002:'
const scalarTags = new Map(
  [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag, strTag].map((tag) => [tag.tagName, tag]),
)
/** YAML 1.2's core schema (§10.3.2): what a plain scalar is, in this order. */
const plainTags = [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag]

/** A value and what it stands for when it is aliased. */
interface Anchored {
  readonly node: YamlNode
  readonly cost: number
  readonly height: number
}

/** Thrown where the rest of the text cannot be read any more; it is in the problems already. */
class Unreadable extends Error {}

/** The one document of a YAML text as data with places; `undefined` where it cannot be read, and the problems say why. */
export function composeYaml(source: YamlSource, problems: ProblemList): YamlNode | undefined {
  try {
    const events = parseEvents(source.text, {})
    return new Composer(source, problems, events).document()
  } catch (error) {
    if (error instanceof Unreadable) return undefined
    if (!(error instanceof YAMLException)) throw error
    problems.error({ source, pointer: '' }, error.mark?.position ?? 0, { message: `invalid YAML: ${error.reason}` })
    return undefined
  }
}

class Composer {
  readonly #source: YamlSource
  readonly #problems: ProblemList
  readonly #events: readonly Event[]
  readonly #anchors = new Map<string, Anchored | 'open'>()
  #at = 0
  #cost = 0
  /** The deepest level that was reached since it was last looked at. */
  #reach = 0
  /** Where an empty value stands, for which the parser gives no place. */
  #lastOffset = 0

  constructor(source: YamlSource, problems: ProblemList, events: readonly Event[]) {
    this.#source = source
    this.#problems = problems
    this.#events = events
  }

  document(): YamlNode {
    if (this.#take() === undefined) return this.#fail(0, 'the file is empty')
    const node = this.#node(0)
    this.#take()
    if (this.#at < this.#events.length) {
      this.#take()
      return this.#fail(this.#node(0).offset, 'several documents in one file')
    }
    if (node.kind === 'scalar' && node.value === null) return this.#fail(node.offset, 'the file is empty')
    return node
  }

  #take(): Event | undefined {
    const event = this.#events[this.#at]
    this.#at += 1
    return event
  }

  #fail(offset: number, message: string): never {
    this.#complain(offset, message)
    throw new Unreadable()
  }

  #complain(offset: number, message: string): void {
    this.#problems.error({ source: this.#source, pointer: '' }, offset, { message })
  }

  #node(depth: number): YamlNode {
    const event = this.#take()
    this.#reach = Math.max(this.#reach, depth)
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#anchored(event, depth, () => this.#scalar(event))
      case EVENT_ID.SEQUENCE:
        return this.#anchored(event, depth, () => this.#list(event, depth))
      case EVENT_ID.MAPPING:
        return this.#anchored(event, depth, () => this.#map(event, depth))
      case EVENT_ID.ALIAS:
        return this.#alias(this.#source.text.slice(event.anchorStart, event.anchorEnd), event.anchorStart - 1, depth)
      default:
        return this.#fail(this.#lastOffset, 'invalid YAML: a value is missing')
    }
  }

  /** Composes a node, and remembers it where it has an anchor. */
  #anchored(event: ScalarEvent | SequenceEvent | MappingEvent, depth: number, compose: () => YamlNode): YamlNode {
    this.#spend(1)
    if (depth > maxDepth) this.#fail(this.#lastOffset, tooDeep)
    if (event.anchorStart < 0) return compose()
    const name = this.#source.text.slice(event.anchorStart, event.anchorEnd)
    const [costBefore, reachBefore] = [this.#cost, this.#reach]
    this.#anchors.set(name, 'open')
    this.#reach = depth
    const node = compose()
    this.#anchors.set(name, { node, cost: this.#cost - costBefore + 1, height: this.#reach - depth })
    this.#reach = Math.max(this.#reach, reachBefore)
    return node
  }

  #alias(name: string, offset: number, depth: number): YamlNode {
    const target = this.#anchors.get(name)
    if (target === undefined) return this.#fail(offset, `unknown alias "${name}"`)
    if (target === 'open') return this.#fail(offset, `alias "${name}" is inside of what it stands for`)
    this.#lastOffset = offset
    this.#spend(target.cost)
    this.#reach = Math.max(this.#reach, depth + target.height)
    if (this.#reach > maxDepth) return this.#fail(offset, tooDeep)
    return target.node
  }

  #spend(cost: number): void {
    this.#cost += cost
    if (this.#cost > maxCost) this.#fail(this.#lastOffset, 'the file stands for too much, aliases expanded')
  }

  #scalar(event: ScalarEvent): YamlScalar {
    const text = getScalarValue(this.#source.text, event)
    const quoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED
    const offset = event.valueStart < 0 ? this.#lastOffset : event.valueStart - (quoted ? 1 : 0)
    this.#lastOffset = offset
    this.#spend(text.length >> 6)
    return { kind: 'scalar', offset, text, value: this.#resolve(event, text, offset) }
  }

  #resolve(event: ScalarEvent, text: string, offset: number): YamlScalar['value'] {
    const tag = this.#tag(event)
    if (tag === undefined) return event.style === SCALAR_STYLE.PLAIN ? plainScalar(text) : text
    if (tag === '!') return text
    const known = scalarTags.get(tag)
    const resolved: unknown = known?.resolve(text, true, tag)
    if (known !== undefined && isScalar(resolved)) return resolved
    if (known === undefined) this.#complain(event.tagStart, `unsupported tag ${this.#written(event)}`)
    else this.#complain(offset, 'the value does not fit its tag')
    return text
  }

  #list(event: SequenceEvent, depth: number): YamlNode {
    this.#collectionTag(event, 'seq')
    this.#lastOffset = event.start
    const items: YamlNode[] = []
    while (!this.#closes()) items.push(this.#node(depth + 1))
    return { kind: 'list', offset: event.start, items }
  }

  #map(event: MappingEvent, depth: number): YamlNode {
    this.#collectionTag(event, 'map')
    this.#lastOffset = event.start
    const entries = new Map<string, YamlEntry>()
    const merged: YamlMap[] = []
    while (!this.#closes()) {
      const keyEvent = this.#events[this.#at]
      const key = this.#node(depth + 1)
      const value = this.#node(depth + 1)
      if (key.kind !== 'scalar') this.#complain(key.offset, 'a key must be text')
      else if (isMergeKey(keyEvent, key.text)) merged.push(...this.#mergedMaps(value))
      else if (!entries.has(key.text)) entries.set(key.text, { keyOffset: key.offset, value })
      else {
        const { line } = this.#source.place(entries.get(key.text)?.keyOffset ?? 0)
        this.#complain(key.offset, `duplicate key "${key.text}", first in line ${line}`)
      }
    }
    for (const { entries: more } of merged) {
      this.#spend(more.size)
      for (const [name, entry] of more) if (!entries.has(name)) entries.set(name, entry)
    }
    return { kind: 'map', offset: event.start, entries }
  }

  /** What `<<` merges under a map: one map or a list of maps, earlier ones winning (https://yaml.org/type/merge.html). */
  #mergedMaps(value: YamlNode): YamlMap[] {
    if (value.kind === 'map') return [value]
    const items = value.kind === 'list' ? value.items : [value]
    return items.filter((item): item is YamlMap => {
      if (item.kind !== 'map') this.#complain(item.offset, '"<<" takes a map or a list of maps')
      return item.kind === 'map'
    })
  }

  #closes(): boolean {
    if (this.#events[this.#at]?.type !== EVENT_ID.POP) return false
    this.#at += 1
    return true
  }

  #collectionTag(event: SequenceEvent | MappingEvent, kind: 'seq' | 'map'): void {
    const tag = this.#tag(event)
    if (tag !== undefined && tag !== '!' && tag !== `${coreTags}${kind}`)
      this.#complain(event.tagStart, `unsupported tag ${this.#written(event)}`)
  }

  #written({ tagStart, tagEnd }: ScalarEvent | SequenceEvent | MappingEvent): string {
    return this.#source.text.slice(tagStart, tagEnd)
  }

  /** The node's tag in full. A handle that %TAG declares stays as it is written, and so is an unsupported tag. */
  #tag(event: ScalarEvent | SequenceEvent | MappingEvent): string | undefined {
    if (event.tagStart < 0) return undefined
    const written = this.#written(event)
    if (written.startsWith('!!')) return coreTags + written.slice(2)
    return written.startsWith('!<') ? written.slice(2, -1) : written
  }
}

const isScalar = (value: unknown): value is YamlScalar['value'] =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

function plainScalar(text: string): YamlScalar['value'] {
  for (const tag of plainTags) {
    if (!(tag.implicitFirstChars?.includes(text.charAt(0)) ?? true)) continue
    const value: unknown = tag.resolve(text, false, tag.tagName)
    if (value !== NOT_RESOLVED && isScalar(value)) return value
  }
  return text
}

const isMergeKey = (event: Event | undefined, text: string): boolean =>
  text === '<<' && event?.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.PLAIN && event.tagStart < 0
