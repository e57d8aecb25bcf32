import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { accessibilityFaults, openBrowser, openPage, signIn } from '#test/support/browser.ts'
import { chatDocument, writeDocument } from '#test/support/openai-double.ts'
import { type PricedGateway, startPricedGateway } from '#test/support/priced-gateway.ts'

const patience = { timeout: 15_000 }

let gateway: PricedGateway
let browser: Browser

beforeAll(async () => {
  gateway = await startPricedGateway()
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.close()
  await gateway?.close()
})

/** Each test finds the provider well, and left to itself. */
beforeEach(async () => {
  mend()
  const { provider } = await gateway.ask<{ provider: { id: string } }>(
    '{ provider(name: "acme") { id } }',
  )
  await gateway.ask(
    `mutation ($id: ID!) {
      setProviderOverride(input: { id: $id, override: AUTO }) { __typename }
      resetCircuit(input: { id: $id }) { __typename }
    }`,
    provider,
  )
})

const call = () => gateway.call(gateway.token)

/** What the double does with calls from now on; its list of models is answered all the same. */
function breakDown(): void {
  gateway.double.script = ({ path }, response) =>
    path.includes('chat')
      ? writeDocument(response, { error: { message: 'no capacity' } }, { status: 503 })
      : 'default'
}

/** Calls until the circuit is open. */
async function breakCircuit(): Promise<void> {
  breakDown()
  const state = async () => {
    const { provider } = await gateway.ask<{ provider: { circuit: { state: string } } }>(
      '{ provider(name: "acme") { circuit { state } } }',
    )
    return provider.circuit.state
  }
  await expect
    .poll(async () => (await call(), await state()), { ...patience, interval: 10 })
    .toBe('OPEN')
}

const mend = () => (gateway.double.script = () => 'default')

async function visit(
  search = '',
  { key = gateway.token, ...options }: BrowserContextOptions & { key?: string } = {},
): Promise<{ page: Page; complaints: readonly string[] }> {
  const { page, complaints } = await openPage(browser, options)
  await page.goto(`${gateway.origin}/dashboard/providers${search}`)
  await signIn(page, key)
  return { page, complaints }
}

const row = (page: Page, name = 'acme') =>
  page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) })
const drawer = (page: Page) => page.getByRole('dialog', { name: 'Provider acme' })

it('sees without a reload that a provider goes down and its circuit opens, and resets it', async () => {
  expect((await call()).status).toBe(200)
  const { page } = await visit()
  await row(page).getByText('Healthy').waitFor()
  await row(page).getByText('Closed').waitFor()
  await page.getByText('No provider is in trouble.').waitFor()

  await breakCircuit()
  expect((await call()).status).toBe(503)
  await row(page).getByText('Down', { exact: true }).waitFor()
  await row(page).getByText('Open', { exact: true }).waitFor()
  await row(page)
    .getByText(/^tries in \d+ s$/)
    .waitFor()
  const troubles = page.getByRole('region', { name: 'Providers in trouble' })
  await troubles.getByText(/failures in a row/).waitFor()
  await troubles.getByText(/one call tries them again in \d+ s/).waitFor()
  await page
    .getByRole('status')
    .filter({ hasText: /^acme went from \w+ to down at \d\d:\d\d:\d\d$/ })
    .waitFor()

  await troubles.getByRole('link', { name: 'acme' }).click()
  const error = drawer(page).getByRole('region', { name: 'Last error' })
  await error.getByText('Provider unavailable (HTTP 503)').waitFor()
  await error.getByText(/a fallback target bridges it/).waitFor()
  mend()
  await drawer(page).getByRole('button', { name: 'Reset circuit' }).click()
  await drawer(page)
    .getByText(/All of its circuits are closed/)
    .waitFor()
  await row(page).getByText('Closed').waitFor()
  for (const _ of [1, 2, 3, 4, 5, 6, 7, 8, 9]) expect((await call()).status).toBe(200)
  await row(page).getByText('Degraded').waitFor()
  await page.context().close()
})

it('comes back by itself when the one call that is let through succeeds', async () => {
  await call()
  const { page } = await visit()
  await breakCircuit()
  await row(page).getByText('Open', { exact: true }).waitFor()
  mend()
  await expect.poll(async () => (await call()).status, { timeout: 40_000, interval: 500 }).toBe(200)
  await row(page).getByText('Closed').waitFor()
  await page.context().close()
})

it('is disabled with a reason, says so to everybody, and is left to itself again', async () => {
  const { page } = await visit('?open=acme')
  await drawer(page).getByRole('button', { name: 'Force disabled' }).click()
  const question = page.getByRole('dialog', { name: 'Send no more calls to acme?' })
  await question.getByText(/Calls that run there come to their end/).waitFor()
  await question.getByRole('button', { name: 'Force disabled' }).click()
  await question.getByText(/^Say why/).waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  expect((await call()).status).toBe(200)
  await question.getByLabel('Reason').fill('Wrong answers since noon')
  await question.getByRole('button', { name: 'Force disabled' }).click()
  await row(page).getByText('by hand').waitFor()
  await drawer(page)
    .getByText(/Wrong answers since noon\./)
    .waitFor()
  expect((await call()).status).toBe(503)

  await drawer(page).getByRole('button', { name: 'Auto' }).click()
  await page.getByRole('button', { name: 'Leave it to itself' }).click()
  await row(page).getByText('by hand').waitFor({ state: 'detached' })
  expect((await call()).status).toBe(200)
  await page.context().close()
})

it('is enabled by hand while it fails: then calls reach it, and the row says why', async () => {
  const { page } = await visit('?open=acme')
  await breakCircuit()
  await row(page).getByText('Open', { exact: true }).waitFor()
  await drawer(page).getByRole('button', { name: 'Force enabled' }).click()
  await page
    .getByRole('dialog', { name: 'Send calls to acme whatever is measured?' })
    .getByRole('button', { name: 'Force enabled' })
    .click()
  await row(page)
    .getByText(/forced on/)
    .waitFor()
  await drawer(page)
    .getByText(/because somebody has said so/)
    .waitFor()
  const before = gateway.double.calls.length
  await call()
  expect(gateway.double.calls.length).toBeGreaterThan(before)
  await page.context().close()
})

it('is tested now, and tells in place how long it took or what went wrong', async () => {
  const { page } = await visit('?open=acme')
  await drawer(page).getByRole('button', { name: 'Test now' }).click()
  await drawer(page)
    .getByText(/^Answered in [\d.]+ m?s$/)
    .waitFor()
  expect(gateway.double.calls.at(-1)?.path).toBe('/v1/models')
  gateway.double.script = (_call, response) =>
    writeDocument(response, { error: { message: 'no such key' } }, { status: 401 })
  await drawer(page).getByRole('button', { name: 'Test now' }).click()
  const result = drawer(page).getByRole('status')
  await result.getByText('Provider auth').waitFor()
  await result.getByText(/Check the variable that holds it/).waitFor()
  await row(page).getByText('Rejected').waitFor()
  mend()
  await drawer(page).getByRole('button', { name: 'Test now' }).click()
  await row(page).getByText('Present').waitFor()
  await page.context().close()
})

it('shows what the provider says is left of its own limits', async () => {
  gateway.double.script = ({ path, body }, response) => {
    if (!path.includes('chat')) return 'default'
    const model = String(body['model'])
    const paid = { model, inputTokens: 12, outputTokens: 4, cachedTokens: 0, complete: true }
    const headers = {
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '6',
      'x-ratelimit-reset-requests': '50s',
    }
    return writeDocument(response, chatDocument(paid, 'Hello.'), { headers })
  }
  const { page } = await visit()
  expect((await call()).status).toBe(200)
  const meter = row(page).getByRole('meter', { name: 'Requests of acme' })
  await meter.waitFor()
  expect(await meter.getAttribute('aria-valuetext')).toBe('6 of 60 requests left')
  await row(page)
    .getByText(/^resets in \d+ s$/)
    .waitFor()
  await page.context().close()
})

it('shows the models, found by a part of their name, and leads to requests, errors and budgets', async () => {
  const { page } = await visit('?open=acme')
  const models = drawer(page).getByRole('region', { name: 'Models' })
  await models.getByText('$1,000.00 in, $40,000.00 out a million').waitFor()
  await models.getByRole('searchbox').fill('embed')
  await expect.poll(() => models.getByRole('listitem').count(), patience).toBe(1)
  await models.getByRole('searchbox').fill('nothing like it')
  await models.getByText('No model matches').waitFor()
  const links = drawer(page).getByRole('navigation', { name: 'About acme' }).getByRole('link')
  const addresses = await links.evaluateAll((all) => all.map((one) => one.getAttribute('href')))
  expect(addresses).toEqual([
    '/dashboard/requests?provider=acme',
    '/dashboard/errors?provider=acme',
    expect.stringMatching(/^\/dashboard\/budgets\?scope=PROVIDER%3A\w+/),
  ])
  await links.last().click()
  await page.getByText('No budget matches').waitFor()
  await page.context().close()
})

it('goes through the history by keys, and tells each bucket', async () => {
  await call()
  const { page } = await visit()
  const strip = page.getByRole('slider', { name: 'Health of acme over time' })
  await strip.focus()
  await expect
    .poll(() => strip.getAttribute('aria-valuetext'), patience)
    .toMatch(
      /^\d\d:\d\d: (Healthy|Degraded|Down|Disabled), up [\d.]+%, \d+ requests?, \d+ errors?$/,
    )
  const last = Number(await strip.getAttribute('aria-valuenow'))
  await page.keyboard.press('ArrowLeft')
  expect(Number(await strip.getAttribute('aria-valuenow'))).toBe(last - 1)
  await page.keyboard.press('Home')
  expect(await strip.getAttribute('aria-valuetext')).toMatch(/^\d\d:\d\d: not known, no requests$/)
  await page.context().close()
})

it('sorts by any column, in the address, and is worked by keys', async () => {
  const { page } = await visit()
  const names = () => page.locator('tbody [data-row]').allInnerTexts()
  await row(page).waitFor()
  await page.getByRole('button', { name: 'Provider', exact: true }).click()
  await page.getByRole('button', { name: 'Provider', exact: true }).click()
  await page.waitForURL('**/providers?sort=-name')
  await expect.poll(names, patience).toEqual(['simulator', 'acme'])
  await page.reload()
  await expect.poll(names, patience).toEqual(['simulator', 'acme'])
  expect(await page.getByRole('columnheader', { name: 'Provider' }).getAttribute('aria-sort')).toBe(
    'descending',
  )
  await page.keyboard.press('j')
  await page.waitForURL('**/providers?sort=-name&open=simulator')
  await page.keyboard.press('j')
  await drawer(page).waitFor()
  await page.keyboard.press('Escape')
  await drawer(page).waitFor({ state: 'detached' })
  await page.keyboard.press('g')
  await page.keyboard.press('o')
  await page.waitForURL('**/dashboard')
  await page.getByRole('link', { name: 'acme', exact: true }).click()
  await page.waitForURL('**/providers?open=acme')
  await page.keyboard.press('Escape')
  await page.keyboard.press('g')
  await page.keyboard.press('r')
  await page.keyboard.press('g')
  await page.keyboard.press('h')
  await page.waitForURL('**/dashboard/providers')
  await page.context().close()
})

it('stands still while Live is off', async () => {
  await call()
  const { page } = await visit('?live=0')
  await row(page).waitFor()
  const before = await row(page).innerText()
  let asked = 0
  page.on('request', (request) => {
    if (request.postData()?.includes('query Providers')) asked += 1
  })
  await breakCircuit()
  expect(await row(page).innerText()).toBe(before)
  expect(asked).toBe(0)
  await page.getByRole('switch', { name: 'Live' }).click()
  await row(page).getByText('Down', { exact: true }).waitFor()
  await page.context().close()
})

it('tells who may not switch why, and shows in place what the server refuses', async () => {
  const { secret } = await gateway.issueKey('Looks on', { role: 'VIEWER' })
  const { page } = await visit('?open=acme', { key: secret })
  await drawer(page)
    .getByText(/You may look, not switch/)
    .waitFor()
  expect(await drawer(page).getByRole('button', { name: 'Test now' }).count()).toBe(0)
  await page.context().close()

  // It may change the configuration, but does not run the installation.
  const operator = await gateway.issueKey('Operates', { role: 'OPERATOR' })
  const { page: refused } = await visit('?open=acme', { key: operator.secret })
  await drawer(refused).getByRole('button', { name: 'Test now' }).click()
  await drawer(refused)
    .getByRole('alert')
    .getByText('Only those who run the installation decide about its providers.')
    .waitFor()
  await refused.context().close()
})

const looks = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [1440, 390].map((width) => ({ colorScheme, width })),
)

it.each(looks)(
  'is accessible, fits and complains of nothing while a provider hurts, $colorScheme at $width',
  async ({ colorScheme, width }) => {
    await breakCircuit()
    const { page, complaints } = await visit('', {
      colorScheme,
      viewport: { width, height: 900 },
    })
    const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)
    await page.getByText(/^tries /).waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    expect(await fits()).toBe(true)
    await page.locator('[data-row="acme"]').click()
    await drawer(page)
      .getByRole('region', { name: 'Models' })
      .getByRole('listitem')
      .first()
      .waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    expect(await fits()).toBe(true)
    // Signing in was preceded by a refusal, which browsers log.
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([])
    await page.context().close()
  },
)
