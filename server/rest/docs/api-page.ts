import { writeAnswer } from '#http/answer.ts'
import type { RequestHandler } from '#http/request-context.ts'
import { pageHeaders } from '#http/static-site.ts'
import { html, type Html } from './html.ts'
import { openApiDocument } from './openapi.ts'
import { type Operation, operations } from './operations.ts'
import { type JsonSchema, schemaTable, words } from './schema-table.ts'

/** `GET /docs` and `GET /redoc`: the API description as one page that needs no script and no other server. */
export function apiPage(version: string): RequestHandler {
  const pages = new Map<string, string>()
  return ({ headers }, response) => {
    const origin = `http://${headers.host ?? 'localhost'}`
    const page = pages.get(origin) ?? render(version, origin)
    if (pages.size < 100) pages.set(origin, page)
    writeAnswer(response, page, { type: 'text/html; charset=utf-8', headers: pageHeaders })
  }
}

function render(version: string, origin: string): string {
  const { components } = openApiDocument(version) as {
    components: { schemas: Record<string, JsonSchema> }
  }
  const schemas = Object.entries(components.schemas)
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>router</title>
        <link rel="stylesheet" href="/docs/style.css" />
      </head>
      <body>
        <nav aria-label="Contents">
          <a href="#top"><strong>router</strong> ${version}</a>
          <ul>
            ${operations.map((each) => html`<li><a href="#${anchor(each)}">${label(each)}</a></li>`)}
          </ul>
          <p>Shapes</p>
          <ul>
            ${schemas.map(([name]) => html`<li><a href="#${name}">${name}</a></li>`)}
          </ul>
        </nav>
        <main id="top">
          <h1>AI Orchestrator over REST</h1>
          <p>
            The paths below <code>/v1</code> speak OpenAI’s wire format: point any of its clients at
            <code>${origin}/v1</code>. Where ROUTER_AUTH_TOKEN is set, send it as a bearer token.
            The same as a <a href="/openapi.json">OpenAPI 3.1 document</a>; the GraphQL API is at
            <a href="/graphql">/graphql</a>, the dashboard at <a href="/dashboard">/dashboard</a>.
          </p>
          ${operations.map((each) => section(each, origin))}
          <h2>Shapes</h2>
          ${schemas.map(
            ([name, schema]) =>
              html`<section id="${name}">
                <h3>${name}</h3>
                ${schemaTable(schema)}
              </section>`,
          )}
        </main>
      </body>
    </html>`
  return page.text
}

function section(operation: Operation, origin: string): Html {
  const { answers, body, description, open, parameters = [], summary } = operation
  const rows = Object.entries(answers).map(
    ([status, answer]) =>
      html`<tr>
        <td><code>${status}</code></td>
        <td>${answer.description}</td>
      </tr>`,
  )
  return html`<section id="${anchor(operation)}">
    <h2>${summary}</h2>
    <p class="call">
      ${label(operation)} ${open ? html`<em>open to all</em>` : html`<em>needs the token</em>`}
    </p>
    ${description !== undefined && html`<p>${words(description)}</p>`}
    <pre tabindex="0"><code>${curl(operation, origin)}</code></pre>
    ${
      parameters.length > 0 &&
      html`<table>
        <thead>
          <tr>
            <th scope="col">Parameter</th>
            <th scope="col">In</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          ${parameters.map(
            (each) =>
              html`<tr>
                <td><code>${each.name}</code></td>
                <td>${each.in}</td>
                <td>${words(each.description)}</td>
              </tr>`,
          )}
        </tbody>
      </table>`
    }
    ${body && html`<p>Body: <a href="#${shapeName(body.schema)}">${shapeName(body.schema)}</a></p>`}
    <table>
      <thead>
        <tr>
          <th scope="col">Status</th>
          <th scope="col">Answer</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
        <tr>
          <td>else</td>
          <td>A refusal: <a href="#Error">Error</a></td>
        </tr>
      </tbody>
    </table>
  </section>`
}

function label({ method, path }: Operation): Html {
  return html`<code><b>${method.toUpperCase()}</b> ${path}</code>`
}

function anchor({ method, path }: Operation): string {
  return `${method}${path.replaceAll(/[^a-z\d]+/gi, '-')}`
}

function shapeName(schema: { meta(): { id?: string | undefined } | undefined }): string {
  return schema.meta()?.id ?? 'object'
}

function curl({ body, method, open, path }: Operation, origin: string): string {
  const lines = [`curl ${method === 'post' && !body ? '-X POST ' : ''}${origin}${path}`]
  if (!open) lines.push('-H "Authorization: Bearer $ROUTER_AUTH_TOKEN"')
  if (body)
    lines.push("-H 'Content-Type: application/json'", `-d '${JSON.stringify(body.example)}'`)
  return lines.join(' \\\n  ')
}
