import { encodeName } from '../../model/name-bytes.ts'
import { pathCode } from '../path-code.ts'

/**
 * Headers of an answer that is to be saved as a file and never shown. The name comes twice (RFC 6266, section 4.3): in plain characters, and as
 * its bytes (RFC 8187), with nothing in either that ends a header or means a folder.
 */
export function attachment(name: string): Record<string, string> {
  const plain = encodeName(name)
    .toString('latin1')
    .replace(/[^\w .()-]/g, '_')
  const exact = pathCode(name).replaceAll('/', '_').replaceAll('~', '%7E')
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${plain}"; filename*=UTF-8''${exact}`,
    'Content-Security-Policy': "default-src 'none'; sandbox",
  }
}
