import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accessibilityFaults, openBrowser, openPage } from '#test/support/browser.ts'
import { type RunningServer, serverFolder, startServer } from '#test/support/server.ts'

const firstLoadLimit = 100_000
const patience = { timeout: 15_000 }

const folder = serverFolder()
let server: RunningServer
let browser: Browser
/** What has a page of its own. */
const ids: Record<string, string> = {}

beforeAll(async () => {
  server = await startServer(folder.env)
  browser = await openBrowser()
  for (const model of ['fast', 'error-500', 'fast'])
    await fetch(`${server.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: `simulator:${model}`,
        messages: [{ role: 'user', content: 'Hello' }],
      }),
    })
  const { viewer } = await ask('{ viewer { tenant { id } } }')
  const tenantId = viewer.tenant.id
  const made = await ask(creations, { tenantId })
  ids['budget'] = encodeURIComponent(made.createBudget.budget.id)
  ids['key'] = encodeURIComponent(made.createApiKey.apiKey.id)
})

afterAll(async () => {
  await browser?.close()
  await server?.stop()
  folder.remove()
})

async function ask(query: string, variables: object = {}) {
  const response = await fetch(`${server.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-graphql-yoga-csrf': '1' },
    body: JSON.stringify({ query, variables }),
  })
  const { data } = await response.json()
  return data
}

const creations = `mutation ($tenantId: ID!) {
  createBudget(
    input: { scope: { kind: MODEL, value: "simulator:fast" }, name: "A model", limit: "5", period: MONTHLY }
  ) { ... on BudgetSuccess { budget { id } } }
  createQuota(
    input: { scope: { kind: MODEL, value: "simulator:fast" }, name: "Its calls", unit: REQUESTS, limit: 60, window: DAY }
  ) { ... on QuotaSuccess { quota { id } } }
  createApiKey(input: { tenantId: $tenantId, name: "Somebody" }) {
    ... on ApiKeySecretSuccess { apiKey { id } }
  }
}`

/** Each page, and a sign that its data has come. */
const pages = [
  { name: 'overview', path: '/dashboard', sign: 'section[aria-label="Key figures"] dl' },
  { name: 'requests', path: '/dashboard/requests', sign: 'tbody a[data-row]' },
  { name: 'providers', path: '/dashboard/providers', sign: '[data-row="simulator"]' },
  {
    name: 'a provider',
    path: '/dashboard/providers?open=simulator',
    sign: '[role="dialog"] section[aria-label="Models"] li',
  },
  { name: 'budgets', path: '/dashboard/budgets', sign: 'a[data-row]' },
  { name: 'a budget', path: '/dashboard/budgets?open=:budget', sign: '[role="dialog"] figure' },
  { name: 'a new budget', path: '/dashboard/budgets?open=new', sign: 'form fieldset' },
  { name: 'quotas', path: '/dashboard/budgets?tab=quotas', sign: 'a[data-row]' },
  { name: 'keys', path: '/dashboard/keys', sign: 'a[data-row]' },
  { name: 'a key', path: '/dashboard/keys?open=:key', sign: '[role="dialog"] dl' },
  { name: 'a new key', path: '/dashboard/keys?open=new', sign: 'form fieldset' },
  { name: 'tenants', path: '/dashboard/keys?tab=tenants', sign: 'h3' },
  { name: 'playground', path: '/dashboard/playground', sign: 'input[role="combobox"]' },
  { name: 'system', path: '/dashboard/system', sign: 'pre' },
]
const looks = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [1440, 390].map((width) => ({ colorScheme, width })),
)
const views = pages.flatMap((page) => looks.map((look) => ({ ...page, ...look })))

it.each(views)(
  '$name is accessible, fits and complains of nothing, $colorScheme at $width',
  async ({ path, sign, colorScheme, width }) => {
    const viewport = { width, height: 900 }
    const { page, complaints } = await openPage(browser, { colorScheme, viewport })
    await page.goto(server.origin + path.replace(/:(\w+)/, (_, name: string) => ids[name] ?? ''))
    await page.waitForSelector(sign)
    await page.getByText('Connected', { exact: true }).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    expect(complaints).toEqual([])
    await page.context().close()
  },
)

it('would find what is not accessible', async () => {
  const { page } = await openPage(browser)
  await page.goto(`${server.origin}/dashboard`)
  await page.evaluate(() => document.querySelector('main')?.append(document.createElement('input')))
  expect(await accessibilityFaults(page)).toEqual([expect.stringMatching(/^label at input/)])
  await page.context().close()
})

it.each(['light', 'dark'] as const)(
  'the drawer of a request is accessible, %s',
  async (colorScheme) => {
    const { page } = await openPage(browser, { colorScheme })
    await page.goto(`${server.origin}/dashboard/requests`)
    await page
      .getByRole('link', { name: /\d\d:\d\d:\d\d/ })
      .first()
      .click()
    await page.getByRole('heading', { name: 'Cost and usage' }).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.context().close()
  },
)

it('loads at most 100 kB of JavaScript at first, compressed', async () => {
  const { page } = await openPage(browser)
  const sizes = new Map<string, Promise<number>>()
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script')
      sizes.set(
        response.url(),
        response.body().then((body) => gzipSync(body).length),
      )
  })
  await page.goto(`${server.origin}/dashboard`)
  await page.waitForSelector('canvas')
  const total = (await Promise.all(sizes.values())).reduce((sum, size) => sum + size, 0)
  expect(sizes.size).toBeGreaterThan(1)
  expect(total).toBeLessThanOrEqual(firstLoadLimit)
  await page.context().close()
})

it('labels simulated traffic where there is nothing else', async () => {
  const { page } = await openPage(browser)
  await page.goto(`${server.origin}/dashboard`)
  await page.getByText('Simulated traffic.').waitFor()
  const row = page.getByRole('row', { name: /simulator:fast/ }).first()
  await row.getByText('simulated', { exact: true }).waitFor()
  await page.goto(`${server.origin}/dashboard?sim=0`)
  await page.getByText('No requests in this range').waitFor()
  expect(await page.getByText('Simulated traffic.').count()).toBe(0)
  await page.context().close()
})

it('says how a first provider is added, and labels the one that is not real', async () => {
  const { page } = await openPage(browser)
  await page.goto(`${server.origin}/dashboard/providers`)
  const ways = page.getByRole('region', { name: 'Add a provider' })
  await expect
    .poll(() => ways.locator('pre').allInnerTexts(), patience)
    .toEqual([
      expect.stringContaining('OPENAI_API_KEY='),
      expect.stringMatching(/^version: 1\nproviders:/),
    ])
  const row = page.getByRole('row', { name: /^simulator/ })
  await row.getByText('simulated', { exact: true }).waitFor()
  await page.context().close()
})

it('keeps a filter in the address, through back and through a reload', async () => {
  const { page } = await openPage(browser)
  await page.goto(`${server.origin}/dashboard/requests`)
  await page.getByRole('checkbox', { name: 'Failed' }).check()
  await page.waitForURL('**/requests?status=FAILED')
  const rows = page.locator('tbody a[data-row]')
  await expect.poll(() => rows.count(), patience).toBe(1)
  await page.reload()
  await expect.poll(() => rows.count(), patience).toBe(1)
  expect(await page.getByRole('checkbox', { name: 'Failed' }).isChecked()).toBe(true)
  await page.goBack()
  await expect.poll(() => rows.count(), patience).toBe(3)
  await page.context().close()
})

it('shows why a request failed, and what to paste to repeat it', async () => {
  const { page } = await openPage(browser, { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.goto(`${server.origin}/dashboard/requests?status=FAILED`)
  await page.locator('tbody a[data-row]').first().click()
  const drawer = page.getByRole('dialog', { name: 'Request' })
  await drawer.getByText('Provider unavailable (HTTP 500)').first().waitFor()
  await drawer.getByRole('button', { name: 'Copy as curl' }).click()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toMatch(/^curl .*simulator:error-500/s)
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
  expect(new URL(page.url()).searchParams.has('open')).toBe(false)
  await page.context().close()
})

it('is worked by keys, and lets them be turned off', async () => {
  const { page } = await openPage(browser, { colorScheme: 'light' })
  await page.goto(`${server.origin}/dashboard`)
  await page.getByText('Connected', { exact: true }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('r')
  await page.waitForURL('**/dashboard/requests')
  await page.locator('tbody a[data-row]').first().waitFor()
  await page.keyboard.press('j')
  await page.getByRole('dialog', { name: 'Request' }).waitFor()
  const first = page.url()
  await page.keyboard.press('j')
  await page.waitForURL((url) => url.href !== first)
  await page.keyboard.press('Escape')
  await page.keyboard.press('?')
  await page.getByRole('checkbox', { name: 'Use these keys' }).uncheck()
  await page.getByRole('button', { name: 'Close' }).click()
  await page.keyboard.press('.')
  await page.keyboard.press('g')
  await page.keyboard.press('o')
  expect(new URL(page.url()).pathname).toBe('/dashboard/requests')
  expect(await page.locator('html').getAttribute('data-theme')).toBe('light')
  await page.context().close()
})

it('changes the theme, keeps it, and follows the system again', async () => {
  const { page } = await openPage(browser, { colorScheme: 'dark' })
  await page.goto(`${server.origin}/dashboard`)
  const theme = () => page.locator('html').getAttribute('data-theme')
  const next = page.getByRole('button', { name: /^Theme:/ })
  expect(await theme()).toBe('dark')
  await next.click()
  expect(await theme()).toBe('light')
  await page.reload()
  await next.waitFor()
  expect(await theme()).toBe('light')
  await next.click()
  await next.click()
  await page.emulateMedia({ colorScheme: 'light' })
  await expect.poll(theme, patience).toBe('light')
  await page.context().close()
})

it('shows every fact that the dashboard of v0.7.2 did', async () => {
  const { page } = await openPage(browser)
  await page.goto(`${server.origin}/dashboard/system`)
  await page.getByText('simulator:', { exact: true }).waitFor()
  const text = await page.locator('main').innerText()
  for (const fact of [
    'Version',
    'Uptime',
    'Auth enabled',
    'Most calls at once',
    'Models cache TTL',
    'Providers',
    'Config file',
    'Ollama',
    'Agent runner',
    'Success rate',
    'Average time',
    'Cache hit rate',
    'Models cache',
    'Connection pool',
    'Free slots',
    'Paths',
    'Status codes',
    'Reachable',
    'Available models',
  ])
    expect(text).toContain(fact)
  for (const [path, field] of [
    ['/', '"providers_loaded"'],
    ['/health', '"agent_runner"'],
    ['/stats', '"by_path"'],
    ['/v1/models', '"simulator:fast"'],
  ] as const) {
    await page.getByRole('button', { name: path, exact: true }).click()
    await page.locator('pre', { hasText: field }).waitFor()
  }
  await page.context().close()
})
