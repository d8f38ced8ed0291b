import { Hono } from 'hono'
import type { Admin, WebEnvironment } from '../web-environment.ts'

/** The files that pages load: no secret is in them, so the page that asks for a log-in has them too. */
export function assetRoutes({ assets }: Admin): Hono<WebEnvironment> {
  const app = new Hono<WebEnvironment>()
  for (const { address, content, type } of Object.values(assets)) {
    app.get(address, (context) =>
      context.body(new Uint8Array(content), 200, {
        'Content-Type': type,
        'Cache-Control': 'private, max-age=31536000, immutable',
      }),
    )
  }
  return app
}
