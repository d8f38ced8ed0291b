import { encodeName } from '../model/name-bytes.ts'

/** Control characters but tab and line feed; directional and invisible marks; halves of characters; bytes that are not UTF-8. */
const hidden =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/**
 * A name as sftp prints it on standard output (OpenSSH utf8.c, vasnmprintf): bytes that a terminal would act on are `\033`. What changes how
 * a line reads is escaped too, which sftp does not.
 */
export const shownName = (text: string): string => text.replace(hidden, octal)

/** A text in which nothing ends a line or goes back to its beginning, so that no name in it forges one. */
export const oneLine = (text: string): string => text.replace(/[\n\r]/g, octal)

const octal = (character: string): string =>
  [...encodeName(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
