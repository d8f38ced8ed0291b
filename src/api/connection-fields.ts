export { type Field, fieldNamed, fields } from '../manifest/fields.ts'
export { parseField } from '../manifest/parse-field.ts'
