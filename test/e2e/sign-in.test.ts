import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accessibilityFaults, openBrowser, openPage, signIn } from '#test/support/browser.ts'
import { type PricedGateway, startPricedGateway } from '#test/support/priced-gateway.ts'

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

async function visit(path: string): Promise<Page> {
  const { page } = await openPage(browser)
  await page.goto(gateway.origin + path)
  return page
}

/** All that scripts can read of what the browser keeps. */
const kept = (page: Page) =>
  page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie]))

it.each(['light', 'dark'] as const)(
  'asks for a key, says when it is wrong, and is accessible, %s',
  async (colorScheme) => {
    const { page } = await openPage(browser, { colorScheme })
    await page.goto(`${gateway.origin}/dashboard`)
    await page.getByLabel('Key').fill('wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('The server did not accept this key.').waitFor()
    expect(await accessibilityFaults(page)).toEqual([])
    await page.context().close()
  },
)

it('lets the administrator in by the router token, over a reload, until signing out', async () => {
  const page = await visit('/dashboard')
  await signIn(page, gateway.token)
  await page.getByRole('heading', { name: 'Providers' }).waitFor()
  await page.reload()
  await page.getByText('Connected', { exact: true }).waitFor()
  expect(page.url()).not.toContain(gateway.token)

  await page.getByRole('button', { name: 'Signed in as' }).click()
  await page.getByText('Do everything').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Key').waitFor()
  expect(await page.getByText('Your session is over').count()).toBe(0)
  await page.reload()
  await page.getByLabel('Key').waitFor()
  await page.context().close()
})

it('keeps the key nowhere, and the session where no script finds it', async () => {
  const { secret } = await gateway.issueKey('Somebody')
  const page = await visit('/dashboard/system')
  await signIn(page, secret)
  expect(await kept(page)).not.toContain(secret.slice(-20))
  const [cookie, ...others] = await page.context().cookies()
  expect(others).toEqual([])
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' })
  expect(await kept(page)).not.toContain(cookie?.value)
  await page.context().close()
})

it('comes back to the view that a link named', async () => {
  const page = await visit('/dashboard/requests?status=FAILED')
  await signIn(page, gateway.token)
  await page
    .getByRole('checkbox', { name: 'Failed' })
    .or(page.getByText('Filters'))
    .first()
    .waitFor()
  expect(page.url()).toContain('/dashboard/requests?status=FAILED')
  await page.context().close()
})

it('shows nothing of the gateway before', async () => {
  const page = await visit('/dashboard/system')
  await page.getByLabel('Key').waitFor()
  expect(await page.getByText('providers.yaml').count()).toBe(0)
  await page.context().close()
})

it('says that the session is over when its key is revoked, at once', async () => {
  const { id, secret } = await gateway.issueKey('Short')
  const page = await visit('/dashboard')
  await signIn(page, secret)
  await gateway.ask('mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { __typename } }', {
    id,
  })
  await page.getByText('Your session is over').waitFor()
  expect(await page.getByRole('link', { name: 'Overview' }).count()).toBe(0)
  await page.context().close()
})

it('shows who may only look no buttons, and why', async () => {
  const { secret } = await gateway.issueKey('Looks only', { role: 'VIEWER' })
  const page = await visit('/dashboard/budgets')
  await signIn(page, secret)
  await page.getByText('You may look, not change').waitFor()
  await page.getByText('Nothing limits what may be spent yet').waitFor()
  expect(await page.getByRole('button', { name: /New budget|Start with/ }).count()).toBe(0)
  await page.goto(`${gateway.origin}/dashboard/budgets?open=new`)
  await page.getByText('You may look, not change').waitFor()
  expect(await page.getByRole('dialog', { name: 'New budget' }).count()).toBe(0)

  await page.getByRole('link', { name: 'Keys & tenants' }).click()
  await page.getByText('You may look, not change').waitFor()
  expect(await page.getByRole('button', { name: 'New key' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Signed in as' }).click()
  await page.getByText('See requests, costs and budgets').waitFor()
  expect(await page.getByText('Send calls to models').count()).toBe(0)
  await page.context().close()
})
