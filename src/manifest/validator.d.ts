/** Compiled from schemas/manifest.schema.json by scripts/manifest-validator.js. */
declare module 'virtual:manifest-validator' {
  export interface SchemaError {
    readonly instancePath: string
    readonly schemaPath: string
    readonly keyword: string
    readonly params: Readonly<Record<string, unknown>>
  }
  export const validate: {
    (document: unknown): boolean
    /** What was wrong with the last document; all of it. */
    errors?: readonly SchemaError[] | null
  }
}
