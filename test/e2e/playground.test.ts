import type { Browser, Page, WebSocketRoute } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBrowser, openPage } from '#test/support/browser.ts'
import { type RunningServer, serverFolder, startServer } from '#test/support/server.ts'

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

/** The wire between page and server: what the page subscribed to, and a knife. */
async function wire(page: Page) {
  const routes: WebSocketRoute[] = []
  const asked: { afterSeq?: number }[] = []
  await page.routeWebSocket(/\/graphql$/, (route) => {
    const upstream = route.connectToServer()
    routes.push(route)
    route.onMessage((message) => {
      const { type, payload } = JSON.parse(String(message))
      if (type === 'subscribe' && payload.query.includes('completionEvents'))
        asked.push(payload.variables)
      upstream.send(message)
    })
  })
  return { asked, cut: () => routes.at(-1)?.close({ code: 1012, reason: 'cut by the test' }) }
}

const patience = { timeout: 15_000 }
const answer = (page: Page) => page.getByTestId('answer')
const length = async (page: Page) => (await answer(page).textContent())?.length ?? 0

async function run(page: Page, model: string): Promise<void> {
  await page.goto(`${server.origin}/dashboard/playground?model=simulator:${model}`)
  await page.getByText('Connected', { exact: true }).waitFor()
  await page.getByLabel('User message').fill('Tell me about streams that are cut.')
  await page.getByRole('button', { name: 'Run' }).click()
}

/** What the server recorded, newest first. */
async function recorded(): Promise<{ requestId: string; status: string }[]> {
  const query = `{ requests(filter: { time: { relative: { from: "now-1h" } }, simulated: true }, first: 50) {
    edges { node { requestId status } } } }`
  const response = await fetch(`${server.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-graphql-yoga-csrf': '1' },
    body: JSON.stringify({ query }),
  })
  const { data } = await response.json()
  return data.requests.edges.map(({ node }: { node: object }) => node)
}

it('streams an answer and shows what it took and cost', async () => {
  const { page, complaints } = await openPage(browser)
  await run(page, 'fast')
  await page.getByText('The answer is complete.').waitFor({ state: 'attached' })
  const cost = page.locator('dl div', { hasText: 'Cost' }).locator('dd')
  expect(await cost.textContent()).toMatch(/^\$0\.\d{6}$/)
  const speed = page.locator('dl div', { hasText: 'Tokens per second' }).locator('dd')
  expect(Number(await speed.textContent())).toBeGreaterThan(0)
  await page.getByRole('link', { name: 'Open request' }).click()
  await page.getByRole('dialog', { name: 'Request' }).getByText('Cost and usage').waitFor()
  expect(complaints).toEqual([])
  await page.context().close()
})

it('takes a cut stream up behind what it has, without a second call', async () => {
  const before = (await recorded()).length
  const { page } = await openPage(browser)
  const { asked, cut } = await wire(page)
  await run(page, 'smart')
  await expect.poll(() => length(page), patience).toBeGreaterThan(20)
  await cut()
  await page.getByText('The answer is complete.').waitFor({ state: 'attached' })

  expect(asked.map(({ afterSeq }) => afterSeq)[0]).toBe(-1)
  expect(asked.length).toBe(2)
  expect(asked[1]?.afterSeq).toBeGreaterThan(0)
  const whole = await answer(page).textContent()
  expect(await recorded()).toHaveLength(before + 1)

  // The same answer from its first event on: nothing was lost and nothing doubled at the cut.
  await page.reload()
  await page.getByText('The answer is complete.').waitFor({ state: 'attached' })
  expect(asked.at(-1)?.afterSeq).toBe(-1)
  expect(await answer(page).textContent()).toBe(whole)
  expect(await recorded()).toHaveLength(before + 1)
  await page.context().close()
})

it('goes on through a reload in the middle of an answer', async () => {
  const { page } = await openPage(browser)
  await run(page, 'smart')
  await expect.poll(() => length(page), patience).toBeGreaterThan(20)
  await page.reload()
  await page.getByText('The answer is being written.').waitFor({ state: 'attached' })
  await page.getByText('The answer is complete.').waitFor({ state: 'attached' })
  await page.context().close()
})

it('stops an answer at once and keeps what had come', async () => {
  const { page } = await openPage(browser)
  await run(page, 'smart')
  await expect.poll(() => length(page), patience).toBeGreaterThan(20)
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByText(/^Cancelled:/).waitFor()
  expect(await length(page)).toBeGreaterThan(20)
  await expect.poll(async () => (await recorded())[0]?.status, patience).toBe('CANCELLED')
  await page.context().close()
})

it('shows a provider’s failure with the id of the request', async () => {
  const { page } = await openPage(browser)
  await run(page, 'error-500')
  const alert = page.getByRole('alert')
  await alert.getByText(/^Provider unavailable:/).waitFor()
  const shown = await alert.locator('code').textContent()
  await expect.poll(async () => (await recorded())[0]?.requestId, patience).toBe(shown)
  await page.context().close()
})

it('shows markup in an answer as text', async () => {
  const { page } = await openPage(browser)
  await page.goto(`${server.origin}/dashboard/playground?model=simulator:echo`)
  await page.getByText('Connected', { exact: true }).waitFor()
  await page.getByLabel('User message').fill('<img src=x onerror=alert(1)> **bold**')
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByText('The answer is complete.').waitFor({ state: 'attached' })
  expect(await answer(page).textContent()).toContain('<img src=x onerror=alert(1)> **bold**')
  expect(await answer(page).locator('img').count()).toBe(0)
  await page.context().close()
})
