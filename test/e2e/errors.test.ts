import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accessibilityFaults, openBrowser, openPage } from '#test/support/browser.ts'
import { type RunningServer, serverFolder, startServer } from '#test/support/server.ts'

const patience = { timeout: 15_000 }
const folder = serverFolder()
let server: RunningServer
let browser: Browser

beforeAll(async () => {
  server = await startServer(folder.env)
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.close()
  await server?.stop()
  folder.remove()
})

async function complete(model: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${server.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  })
  await response.text()
  return response.status
}

async function visit(search = ''): Promise<Page> {
  const { page } = await openPage(browser, { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.goto(`${server.origin}/dashboard/errors${search}`)
  await page.getByText('Connected', { exact: true }).waitFor()
  return page
}

const rows = (page: Page) => page.locator('tbody a[data-row]')
/** The texts of a row's cells. */
const cells = (page: Page, error: string) =>
  page.getByRole('row', { name: error }).getByRole('cell').allInnerTexts()

it('explains itself where nothing failed', async () => {
  expect(await complete('simulator:fast')).toBe(200)
  const page = await visit()
  await page.getByText('Nothing failed in this range').waitFor()
  await page.getByRole('link', { name: 'provoke one in the playground' }).click()
  await page.waitForURL('**/dashboard/playground?model=simulator:error-500')
  await page.context().close()
})

it('groups failures as they come, with what a fallback rescued', async () => {
  const page = await visit()
  await page.getByText('Nothing failed in this range').waitFor()
  expect(await complete('simulator:error-401')).toBe(401)
  const rescue = { 'x-orchestrator-fallbacks': 'simulator:fast' }
  for (let call = 0; call < 2; call++)
    expect(await complete('simulator:error-401', rescue)).toBe(200)
  expect(await complete('simulator:error-429', rescue)).toBe(200)
  expect(await complete('simulator:nothing')).toBe(404)
  // Without a reload: the list is live.
  await expect.poll(() => rows(page).count(), patience).toBe(3)
  await expect.poll(() => cells(page, 'Provider auth'), patience).toContain('3')
  const [, target, message, count, rescued] = await cells(page, 'Provider auth')
  expect({ target, count, rescued }).toEqual({
    target: 'simulator:error-401',
    count: '3',
    rescued: '2',
  })
  expect(message).toContain('answered <n>')
  await page.getByText('5 failures of 3 kinds, 3 rescued').waitFor()
  await page.context().close()
})

it('shows of a group what to do, who was asked, what to paste and which requests met it', async () => {
  const page = await visit()
  await page.getByRole('link', { name: 'Provider auth' }).click()
  const drawer = page.getByRole('dialog', { name: 'Error' })
  await drawer.getByText(/Check the variable that holds it/).waitFor()
  const attempts = drawer.getByRole('region', { name: 'Latest request' }).getByRole('listitem')
  await expect.poll(() => attempts.count(), patience).toBe(2)
  expect(await attempts.allInnerTexts()).toEqual([
    expect.stringMatching(/^Failed\s+simulator:error-401[^]*Provider auth \(HTTP 401\)/),
    expect.stringMatching(/^Succeeded\s+simulator:fast/),
  ])
  expect(await accessibilityFaults(page)).toEqual([])
  await drawer.getByRole('button', { name: 'Copy as curl' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^curl .*error-401/s)
  await drawer.getByRole('link', { name: 'Show its requests' }).click()
  await page.waitForURL('**/dashboard/requests?errorGroup=*')
  // The rescued ones too.
  await expect.poll(() => rows(page).count(), patience).toBe(3)
  await page.getByRole('row', { name: 'Succeeded' }).first().waitFor()
  await page.context().close()
})

it('keeps its filters in the address, and takes them away again', async () => {
  const page = await visit()
  await page.getByLabel('Error', { exact: true }).selectOption('Model not found')
  await page.waitForURL('**/errors?error=MODEL_NOT_FOUND')
  await expect.poll(() => rows(page).count(), patience).toBe(1)
  await page.getByRole('button', { name: 'Rescued' }).click()
  await page.getByText('No error matches these filters').waitFor()
  await page.reload()
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await expect.poll(() => rows(page).count(), patience).toBe(3)
  await page.getByRole('button', { name: 'Seen by callers' }).click()
  await expect.poll(() => rows(page).count(), patience).toBe(2)
  await page.goBack()
  await expect.poll(() => rows(page).count(), patience).toBe(3)
  await page.context().close()
})

it('is worked by keys', async () => {
  const page = await visit()
  await rows(page).first().waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('r')
  await page.waitForURL('**/dashboard/requests')
  await page.keyboard.press('g')
  await page.keyboard.press('e')
  await page.waitForURL('**/dashboard/errors')
  await rows(page).first().waitFor()
  await page.keyboard.press('j')
  const drawer = page.getByRole('dialog', { name: 'Error' })
  await drawer.waitFor()
  const first = page.url()
  await page.keyboard.press('j')
  await page.waitForURL((url) => url.href !== first)
  await page.keyboard.press('k')
  await page.waitForURL(first)
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
  expect(await page.evaluate(() => document.activeElement?.hasAttribute('data-row'))).toBe(true)
  await page.keyboard.press('/')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('error-code')
  await page.context().close()
})

const looks = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [1440, 390].map((width) => ({ colorScheme, width })),
)

it.each(looks)(
  'is accessible, fits and complains of nothing, $colorScheme at $width',
  async ({ colorScheme, width }) => {
    const { page, complaints } = await openPage(browser, {
      colorScheme,
      viewport: { width, height: 900 },
    })
    await page.goto(`${server.origin}/dashboard/errors`)
    await rows(page).first().waitFor()
    await page.getByText('Connected', { exact: true }).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await rows(page).first().click()
    await page.getByRole('dialog', { name: 'Error' }).getByRole('listitem').first().waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
    expect(overflow).toBeLessThanOrEqual(0)
    expect(complaints).toEqual([])
    await page.context().close()
  },
)
