import { composeYaml } from './compose-yaml.ts'
import type { Part } from './problem-list.ts'
import { type Reading, readText } from './read-text.ts'
import type { YamlNode } from './yaml-node.ts'
import { YamlSource } from './yaml-source.ts'

/** A file of a manifest, read; without `root` where it cannot be understood, and the problems say why. */
export interface ManifestFile extends Part {
  readonly source: YamlSource
  readonly root?: YamlNode
}

/** Reads a file of YAML, or JSON, which is YAML, or a text in its place. Rejects where there is no such file, or it cannot be read. */
export async function readManifestFile(
  file: string,
  path: string,
  { problems, signal }: Reading,
  given?: string,
): Promise<ManifestFile> {
  const text = given ?? (await readText(path, signal))
  const source = new YamlSource(file, text.startsWith('\ufeff') ? text.slice(1) : text)
  const part = { source, pointer: '' }
  problems.enter(file)
  const notUtf8 = source.text.search(/[\udc80-\udcff]/)
  // A low surrogate of a pair is half of a character; alone it is a byte that is not UTF-8 (model/name-bytes.ts).
  const stray = notUtf8 < 0 ? -1 : source.text.search(/(?<![\ud800-\udbff])[\udc80-\udcff]/)
  if (stray >= 0) {
    problems.error(part, stray, { message: 'not UTF-8 text' })
    return part
  }
  const root = composeYaml(source, problems)
  return root === undefined ? part : { ...part, root }
}
