import type { Browser, Page } from 'playwright-core'
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

const patience = { timeout: 15_000 }

const mutation = `mutation ($input: CompletionInput!) {
  createCompletion(input: $input) {
    ... on CreateCompletionSuccess { completion { request { requestId } text cost { total } } }
    ... on Error { message }
  }
}`

/** One completion by GraphQL. @returns The request's id. */
async function complete(): Promise<string> {
  const input = {
    model: 'simulator:fast',
    messages: [{ role: 'USER', content: [{ text: 'Hello' }] }],
  }
  const response = await fetch(`${server.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-graphql-yoga-csrf': '1' },
    body: JSON.stringify({ query: mutation, variables: { input } }),
  })
  const { data } = await response.json()
  return data.createCompletion.completion.request.requestId
}

/** How much of the chart of requests is drawn in a series' own colour. */
const colouredPixels = (page: Page) =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>(
      'section[aria-label^="Requests"] canvas',
    )
    const pixels = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data
    let coloured = 0
    for (let at = 0; at < (pixels?.length ?? 0); at += 4) {
      const [red = 0, green = 0, blue = 0, alpha = 0] = pixels?.slice(at, at + 4) ?? []
      if (alpha > 128 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60) coloured += 1
    }
    return coloured
  })

it('turns the line of the first run green when the first request arrives, and draws it', async () => {
  const { page, complaints } = await openPage(browser)
  await page.goto(`${server.origin}/dashboard`)
  await page.getByRole('heading', { name: 'Send your first request' }).waitFor()
  await page.getByText('Waiting for it.').waitFor()
  await page.waitForSelector('canvas')
  const before = await colouredPixels(page)

  await complete()

  await page.getByText('Your first request arrived.').waitFor()
  await page.getByText('Simulated traffic.').waitFor()
  await page
    .getByRole('cell', { name: /^simulator:fast/ })
    .first()
    .waitFor()
  await expect.poll(() => colouredPixels(page), patience).toBeGreaterThan(before)
  await expect
    .poll(
      () => page.locator('section[aria-label="Key figures"] dd').first().textContent(),
      patience,
    )
    .toBe('1')
  expect(complaints).toEqual([])
  await page.context().close()
})

it('counts what arrives while one reads, and shows it when asked', async () => {
  const { page } = await openPage(browser)
  await complete()
  await page.goto(`${server.origin}/dashboard/requests?sim=1`)
  const rows = page.locator('tbody a[data-row]')
  await rows.first().waitFor()
  await page.getByText('Connected', { exact: true }).waitFor()
  const listed = await rows.count()

  const requestId = await complete()
  await page.getByRole('button', { name: '1 new' }).click()
  await expect.poll(() => rows.count(), patience).toBe(listed + 1)

  await rows.first().click()
  await page.getByRole('dialog', { name: 'Request' }).getByText(requestId).waitFor()
  await page.context().close()
})

it('stands still while Live is off', async () => {
  const { page } = await openPage(browser)
  await page.goto(`${server.origin}/dashboard/requests?sim=1&live=0`)
  const rows = page.locator('tbody a[data-row]')
  await rows.first().waitFor()
  await complete()
  await page.getByRole('switch', { name: 'Live' }).click()
  await complete()
  await page.getByRole('button', { name: /new$/ }).waitFor()
  expect(await page.getByRole('button', { name: '1 new' }).count()).toBe(1)
  await page.context().close()
})

it('says that the server is gone and since when, and comes back by itself', async () => {
  const { page } = await openPage(browser)
  await page.goto(`${server.origin}/dashboard`)
  await page.getByText('Connected', { exact: true }).waitFor()
  const { port } = new URL(server.origin)

  await server.stop()
  await page
    .getByText(/^(Reconnecting|Offline, retrying) in \d+ s · data as of \d\d:\d\d:\d\d$/)
    .waitFor()
  expect(await page.getByRole('heading', { name: 'Latest requests' }).count()).toBe(1)

  server = await startServer({ ...folder.env, PORT: port })
  await page.getByText('Connected', { exact: true }).waitFor()
  await complete()
  await page
    .getByRole('cell', { name: /^(just now|[1-5] s ago)$/ })
    .first()
    .waitFor()
  await page.context().close()
})
