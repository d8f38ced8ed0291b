import { html } from 'hono/html'
import type { Admin } from '../web-environment.ts'
import type { WebSession } from '../web-session.ts'
import type { Html } from './elements.ts'

export interface Page {
  readonly title: string
  /** Whose page it is; absent before anybody has logged in. */
  readonly session?: WebSession | undefined
  /** Where in the navigation it belongs. */
  readonly section?: 'connections' | 'scripts' | 'manifest' | 'audit'
  readonly body: Html | readonly Html[]
  /** Where to go at once. */
  readonly onwards?: string
}

const sections = [
  ['connections', '/', 'Connections'],
  ['scripts', '/scripts', 'Scripts'],
  ['manifest', '/manifest', 'Manifest'],
] as const
const auditSection = ['audit', '/audit', 'Audit'] as const

/** A whole page, with what all of them have. */
export function layout(
  { assets, auditLog }: Pick<Admin, 'assets' | 'auditLog'>,
  { title, session, section, body, onwards }: Page,
): Html {
  const shown = auditLog === undefined ? sections : [...sections, auditSection]
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="htmx-config" content='{"defaultTimeout": 0, "history": false, "includeIndicatorCSS": false, "extensions": "sse"}'>
${onwards === undefined ? '' : html`<meta http-equiv="refresh" content="0; url=${onwards}">`}
<title>${title} – ferry</title>
<link rel="icon" href="${assets['icon.svg'].address}">
<link rel="stylesheet" href="${assets['app.css'].address}">
<script src="${assets['htmx.js'].address}" defer></script>
<script src="${assets['sse.js'].address}" defer></script>
<script src="${assets['app.js'].address}" defer></script>
</head>
<body hx-headers:inherited="${JSON.stringify({ 'x-csrf-token': session?.csrf ?? '' })}">
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="/">ferry</a>
${session === undefined ? '' : navigation(session, shown, section)}
</header>
<main id="main" tabindex="-1">
<h1>${title}</h1>
<div id="failure" role="alert"></div>
${body}
</main>
</body>
</html>`
}

type Sections = readonly ((typeof sections)[number] | typeof auditSection)[]

const navigation = ({ csrf }: WebSession, shown: Sections, current: Page['section']): Html => html`
<nav aria-label="Main">
${shown.map(([name, href, title]) => html`<a href="${href}"${name === current ? html` aria-current="page"` : ''}>${title}</a>`)}
</nav>
<form method="post" action="/logout"><input type="hidden" name="csrf" value="${csrf}"><button class="quiet">Log out</button></form>`
