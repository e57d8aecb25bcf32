import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, expect, it } from 'vitest'
import { staticSite } from '#http/static-site.ts'
import { rawRequest } from '#test/support/raw-http.ts'
import { openDoor, type RestDoor } from '#test/support/rest-door.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

const script = 'console.log("hello")'.repeat(50)

async function site({ built = true } = {}): Promise<{ door: RestDoor; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-site-'))
  cleanups.push(() => rmSync(folder, { recursive: true }))
  if (built) build(folder, '<title>first</title>')
  const handler = staticSite(folder, '/dashboard')
  const door = await openDoor({
    routes: [
      { path: '/dashboard', access: 'open', methods: { GET: handler } },
      { path: '/dashboard/*', access: 'open', methods: { GET: handler } },
    ],
  })
  cleanups.push(() => door.close())
  return { door, folder }
}

function build(folder: string, index: string): void {
  mkdirSync(join(folder, 'assets'), { recursive: true })
  writeFileSync(join(folder, 'assets/app-1a2b.js'), script)
  writeFileSync(join(folder, 'assets/app-1a2b.js.br'), brotliCompressSync(script))
  writeFileSync(join(folder, 'assets/app-1a2b.js.gz'), gzipSync(script))
  writeFileSync(join(folder, 'theme.js'), '1')
  writeFileSync(join(folder, 'index.html'), index)
}

it.each([
  '/dashboard',
  '/dashboard/requests',
  '/dashboard/providers/openai:gpt-4.1',
  '/dashboard/a/b?from=now-1h',
])('serves the page at %s, never cached without asking, under a strict policy', async (path) => {
  const { door } = await site()
  const answer = await fetch(door.origin + path)
  expect(await answer.text()).toBe('<title>first</title>')
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(answer.headers.get('cache-control')).toBe('no-cache')
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy).toContain("script-src 'self';")
  expect(policy).toContain("frame-ancestors 'none'")
})

it('serves hashed assets for ever, and others with a check', async () => {
  const { door } = await site()
  const asset = await fetch(`${door.origin}/dashboard/assets/app-1a2b.js`)
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(asset.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(await asset.text()).toBe(script)
  expect((await fetch(`${door.origin}/dashboard/theme.js`)).headers.get('cache-control')).toBe(
    'no-cache',
  )
})

it.each([
  ['br, gzip', 'br'],
  ['gzip', 'gzip'],
  ['identity', null],
])('answers Accept-Encoding %s with %s', async (accepted, encoding) => {
  const { door } = await site()
  const answer = await fetch(`${door.origin}/dashboard/assets/app-1a2b.js`, {
    headers: { 'accept-encoding': accepted },
  })
  expect(answer.headers.get('content-encoding')).toBe(encoding)
  expect(answer.headers.get('vary')).toBe('Accept-Encoding')
  expect(await answer.text()).toBe(script)
})

it('answers 304 to whoever has the file', async () => {
  const { door } = await site()
  const { headers } = await fetch(`${door.origin}/dashboard`)
  const etag = headers.get('etag') ?? ''
  const modified = headers.get('last-modified') ?? ''
  const ask = async (fields: Record<string, string>) =>
    (await fetch(`${door.origin}/dashboard`, { headers: { 'cache-control': 'x', ...fields } }))
      .status
  expect(await ask({ 'if-none-match': etag })).toBe(304)
  expect(await ask({ 'if-none-match': `"other", W/${etag}` })).toBe(304)
  expect(await ask({ 'if-none-match': '"other"' })).toBe(200)
  expect(await ask({ 'if-modified-since': modified })).toBe(304)
  expect(await ask({ 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' })).toBe(200)
})

it.each([
  '/dashboard/assets/none.js',
  '/dashboard/assets/../index.html',
  '/dashboard/assets/%2e%2e/index.html',
  '/dashboard/assets/..%2f..%2fpackage.json',
])('finds nothing at %s', async (path) => {
  const { door } = await site()
  const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
  expect((await rawRequest(door.port, request)).status).toBe(404)
})

it('serves a new build without a restart', async () => {
  const { door, folder } = await site()
  await fetch(`${door.origin}/dashboard`)
  build(folder, '<title>second</title>')
  utimesSync(join(folder, 'index.html'), 2e9, 2e9)
  expect(await (await fetch(`${door.origin}/dashboard`)).text()).toBe('<title>second</title>')
})

it('says that the dashboard has not been built, and serves it once it is', async () => {
  const { door, folder } = await site({ built: false })
  const answer = await fetch(`${door.origin}/dashboard`)
  expect(answer.status).toBe(503)
  expect((await answer.json()).detail).toContain('npm start')
  build(folder, '<title>late</title>')
  expect((await fetch(`${door.origin}/dashboard/assets/app-1a2b.js`)).status).toBe(200)
})
