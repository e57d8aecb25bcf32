import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accessibilityFaults, openBrowser, openPage } from '#test/support/browser.ts'
import { type RunningServer, serverFolder, startServer } from '#test/support/server.ts'

const token = 'only-for-this-test'
const folder = serverFolder()
let server: RunningServer
let browser: Browser

beforeAll(async () => {
  server = await startServer({ ...folder.env, ROUTER_AUTH_TOKEN: token })
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.close()
  await server?.stop()
  folder.remove()
})

it('asks for the token, says when it is wrong, and keeps the right one for the tab', async () => {
  const { page } = await openPage(browser)
  await page.goto(`${server.origin}/dashboard`)
  await page.getByLabel('Token').fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('The server did not accept this token.').waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Connected', { exact: true }).waitFor()
  await page.getByRole('heading', { name: 'Providers' }).waitFor()
  await page.reload()
  await page.getByText('Connected', { exact: true }).waitFor()
  expect(page.url()).not.toContain(token)
  await page.context().close()
})

it('shows nothing of the gateway before', async () => {
  const { page } = await openPage(browser)
  await page.goto(`${server.origin}/dashboard/system`)
  await page.getByLabel('Token').waitFor()
  expect(await page.getByText('providers.yaml').count()).toBe(0)
  await page.context().close()
})
