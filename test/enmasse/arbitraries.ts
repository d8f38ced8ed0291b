import fc from 'fast-check'
import type { Connection, ConnectionFields } from '../../src/model/connection.ts'
import type { Manifest } from '../../src/model/manifest.ts'
import type { Script } from '../../src/model/script.ts'
import type { Secret, StoredSecret } from '../../src/model/secret.ts'
import type { Origin, State, Stored } from '../../src/model/state.ts'

const names = ['a', 'b', 'c', 'd', '__proto__', 'constructor'] as const
const owners = ['billing', 'sales'] as const

/** A sealed text is told by its hash; here the hash of a text is the text. */
export const hash = ({ literal }: { readonly literal: string }): string => `hash of ${literal}`

const storedSecrets: fc.Arbitrary<StoredSecret> = fc.oneof(
  fc.record({ env: fc.constantFrom('X', 'Y') }),
  fc.record({ command: fc.constantFrom('pass', ['pass']) }),
  fc.constantFrom('x', 'y').map((literal) => ({ sealed: `sealed ${literal}`, hash: hash({ literal }) })),
)
const secrets: fc.Arbitrary<Secret> = fc.oneof(storedSecrets, fc.record({ literal: fc.constantFrom('x', 'y', 'z') }))

function connection<S extends Secret>(secret: fc.Arbitrary<S>): fc.Arbitrary<ConnectionFields<S>> {
  return fc.record(
    {
      name: fc.constantFrom(...names),
      host: fc.constantFrom('h', 'i'),
      port: fc.constantFrom(22, 2222),
      password: secret,
      timeout: fc.constantFrom('10s', '30s'),
      tags: fc.array(fc.constantFrom('eu', 'us')),
      ssh_options: fc.dictionary(fc.constantFrom('Compression', '__proto__'), fc.constantFrom('yes', 'no')),
    },
    { requiredKeys: ['name', 'host'] },
  )
}

const script: fc.Arbitrary<Script> = fc
  .record(
    {
      name: fc.constantFrom(...names),
      body: fc.constantFrom('ls', 'pwd'),
      parameters: fc.dictionary(fc.constantFrom('day', '__proto__'), fc.record({ default: fc.constantFrom('', '1') })),
      description: fc.constantFrom('', 'text'),
    },
    { requiredKeys: ['name', 'body'] },
  )
  .map((fields) => ({ ...fields, sha256: `sha256 of ${fields.body}` }))

const origin = (owner: fc.Arbitrary<string | undefined>): fc.Arbitrary<Origin> =>
  fc.record({ owner, line: fc.integer({ min: 1, max: 3 }) }).map(({ owner: name, line }) => ({
    ...(name !== undefined && { owner: name }),
    place: { file: 'deploy.yml', line },
  }))

const objects = <T extends { readonly name: string }>(
  value: fc.Arbitrary<T>,
  owner: fc.Arbitrary<string | undefined>,
): fc.Arbitrary<Stored<T>[]> =>
  fc.uniqueArray(fc.record({ value, origin: origin(owner) }), { selector: (stored) => stored.value.name })

const byName = <T extends { readonly name: string }>(list: readonly Stored<T>[]): ReadonlyMap<string, Stored<T>> =>
  new Map(list.map((stored) => [stored.value.name, stored]))

const anyOwner = fc.constantFrom(...owners, undefined)

export const states: fc.Arbitrary<State> = fc
  .tuple(objects<Connection>(connection(storedSecrets), anyOwner), objects(script, anyOwner))
  .map(([connections, scripts]) => ({
    lineage: 'lineage',
    serial: 1,
    connections: byName(connections),
    scripts: byName(scripts),
  }))

export const manifests: fc.Arbitrary<Manifest> = anyOwner.chain((name) =>
  fc
    .tuple(objects<ConnectionFields>(connection(secrets), fc.constant(name)), objects(script, fc.constant(name)))
    .map(([connections, scripts]) => ({
      file: 'deploy.yml',
      ...(name !== undefined && { name }),
      includedFiles: [],
      connections,
      scripts,
      warnings: [],
    })),
)
