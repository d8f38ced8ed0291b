import { FerryError } from '../errors/ferry-error.ts'
import type { Database } from './postgres-connection.ts'

/**
 * What made the tables, step by step: a database of an earlier ferry gets the steps that it lacks, under the lock. A step never changes
 * once it was released; the state's own text has a format of its own.
 */
const migrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE ferry_state (
      sole boolean PRIMARY KEY DEFAULT true CHECK (sole),
      lineage text NOT NULL,
      serial bigint NOT NULL,
      body text NOT NULL
    )`,
  ],
  [
    `CREATE TABLE ferry_history (
      lineage text NOT NULL,
      serial bigint NOT NULL,
      ordinal integer NOT NULL,
      changed_at timestamptz NOT NULL DEFAULT now(),
      changed_by text NOT NULL,
      update_id text NOT NULL,
      action text NOT NULL CHECK (action IN ('create', 'update', 'delete')),
      kind text NOT NULL CHECK (kind IN ('connection', 'script')),
      name text NOT NULL,
      before text,
      after text
    )`,
    'CREATE INDEX ferry_history_of_object ON ferry_history (kind, name, changed_at)',
    'CREATE INDEX ferry_history_of_update ON ferry_history (update_id)',
  ],
]

/** The step at which the database stands; 0 where ferry was never here. Rejects with `state_newer` for one of a newer ferry. */
export async function schemaVersion(database: Database): Promise<number> {
  const [found] = await database.query("SELECT to_regclass('ferry_schema') IS NOT NULL AS there")
  if (found?.['there'] !== true) return 0
  const [row] = await database.query('SELECT version FROM ferry_schema')
  const version = Number(row?.['version'] ?? 0)
  if (version <= migrations.length) return version
  throw new FerryError('state_newer', `its tables are version ${version}, and this ferry knows ${migrations.length}`, {
    hint: 'use the ferry that wrote it, or a newer one',
  })
}

/** Brings the tables to the newest version. Inside a transaction that holds the lock. */
export async function migrate(database: Database): Promise<void> {
  const version = await schemaVersion(database)
  if (version === migrations.length) return
  if (version === 0) await database.query('CREATE TABLE IF NOT EXISTS ferry_schema (version integer NOT NULL)')
  for (const statement of migrations.slice(version).flat()) await database.query(statement)
  await database.query('DELETE FROM ferry_schema')
  await database.query('INSERT INTO ferry_schema (version) VALUES ($1)', [migrations.length])
}
