import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { extname, join } from 'node:path'
import { writeAnswer } from './answer.ts'
import { pathOf } from './admission.ts'
import { Refusal } from './refusal.ts'
import type { RequestHandler } from './request-context.ts'

/** A file as it is served. Compressed forms were made by the build, beside the file. */
interface StaticFile {
  readonly body: Buffer
  readonly brotli: Buffer | undefined
  readonly gzip: Buffer | undefined
  readonly headers: readonly string[]
  readonly etag: string
  readonly modified: Date
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

/** What a page of ours may do: run its own scripts, and talk to this server. */
export const pageHeaders: readonly string[] = [
  'Content-Security-Policy',
  "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; " +
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options',
  'nosniff',
  'X-Frame-Options',
  'DENY',
  'Referrer-Policy',
  'no-referrer',
  'Cross-Origin-Opener-Policy',
  'same-origin',
]

/**
 * Serves a built single-page application from memory. A path below `mount` that is no file is one of its pages, and
 * gets its index.
 *
 * @param folder With `index.html`, and `assets/` whose names hold hashes. It may be built anew at any time.
 * @param mount Such as `/dashboard`.
 */
export function staticSite(folder: string, mount: string): RequestHandler {
  let site: ReadonlyMap<string, StaticFile> = new Map()
  let builtAt = 0

  const current = () => {
    const index = join(folder, 'index.html')
    const modified = existsSync(index) ? statSync(index).mtimeMs : 0
    if (modified !== builtAt) site = modified === 0 ? new Map() : readSite(folder)
    builtAt = modified
    return site
  }

  return (request, response) => {
    const path = pathOf(request.url ?? '').slice(mount.length + 1)
    const isPage = !path.startsWith('assets/') && !site.has(path)
    const file = (isPage || builtAt === 0 ? current() : site).get(isPage ? 'index.html' : path)
    if (!file && isPage)
      throw new Refusal(503, 'The dashboard has not been built; npm start builds it.')
    if (!file) throw new Refusal(404, 'Not Found', { code: 'NOT_FOUND' })
    const headers = [...file.headers]
    if (isFresh(request, file)) {
      response.writeHead(304, headers)
      response.end()
      return
    }
    const accepted = request.headers['accept-encoding'] ?? ''
    const encoded = /\bbr\b/.test(accepted) ? file.brotli : undefined
    const zipped = /\bgzip\b/.test(accepted) ? file.gzip : undefined
    if (encoded) headers.push('Content-Encoding', 'br')
    else if (zipped) headers.push('Content-Encoding', 'gzip')
    writeAnswer(response, encoded ?? zipped ?? file.body, {
      type: typeOf(isPage ? '.html' : path),
      headers,
    })
  }
}

function readSite(folder: string): ReadonlyMap<string, StaticFile> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const all = new Set(names)
  const plain = names.filter((name) => !/\.(?:br|gz)$/.test(name))
  const urlOf = (name: string) => name.slice(folder.length).replaceAll('\\', '/').replace(/^\//, '')
  return new Map(plain.map((name) => [urlOf(name), readFile(name, { all, url: urlOf(name) })]))
}

function readFile(
  name: string,
  { all, url }: { all: ReadonlySet<string>; url: string },
): StaticFile {
  const body = readFileSync(name)
  const modified = statSync(name).mtime
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
  const hashed = url.startsWith('assets/')
  const sibling = (suffix: string) =>
    all.has(name + suffix) ? readFileSync(name + suffix) : undefined
  return {
    body,
    brotli: sibling('.br'),
    gzip: sibling('.gz'),
    etag,
    modified,
    headers: [
      'ETag',
      etag,
      'Last-Modified',
      modified.toUTCString(),
      'Cache-Control',
      hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
      'Vary',
      'Accept-Encoding',
      ...pageHeaders,
    ],
  }
}

function typeOf(path: string): string {
  return types[extname(path) || path] ?? 'application/octet-stream'
}

/** Whether the client already has this file. */
function isFresh({ headers }: IncomingMessage, { etag, modified }: StaticFile): boolean {
  const match = headers['if-none-match']
  if (match !== undefined) {
    return match
      .split(',')
      .some((each) => each.trim().replace(/^W\//, '') === etag || each.trim() === '*')
  }
  const since = Date.parse(headers['if-modified-since'] ?? '')
  return Number.isFinite(since) && Math.floor(modified.getTime() / 1000) * 1000 <= since
}
