import { writeAnswer } from '#http/answer.ts'
import type { RequestHandler } from '#http/request-context.ts'

const css = `
:root { color-scheme: light dark; --line: light-dark(#d8dce2, #343a43); --soft: light-dark(#f4f6f8, #1d2127);
  --accent: light-dark(#0b57b7, #7db4ff); font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; box-sizing: border-box; padding: 1.5rem;
  border-right: 1px solid var(--line); font-size: 0.875rem; }
nav ul { list-style: none; margin: 0.5rem 0 1rem; padding: 0; }
nav li { margin: 0.25rem 0; }
nav p { margin: 0; font-weight: 600; }
main { padding: 1.5rem 2.5rem 6rem; max-width: 58rem; }
section { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 0.5rem; }
a { color: var(--accent); }
nav a { text-decoration: none; }
code, pre { font: 0.875em/1.5 ui-monospace, monospace; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: 0.75rem 1rem; overflow: auto; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-size: 0.9rem; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--line); }
.call em { margin-left: 0.75rem; font-size: 0.85rem; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; border-right: 0; } main { padding: 1rem; } }
`

/** `GET /docs/style.css`. */
export function docsStyle(): RequestHandler {
  return (_request, response) => {
    writeAnswer(response, css, {
      type: 'text/css; charset=utf-8',
      headers: ['Cache-Control', 'max-age=3600'],
    })
  }
}
