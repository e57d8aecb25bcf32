import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { accessibilityFaults, openBrowser, openPage, signIn } from '#test/support/browser.ts'
import { streamAnswer } from '#test/support/openai-double.ts'
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
  const { page } = await openPage(browser, { permissions: ['clipboard-read', 'clipboard-write'] })
  await page.goto(gateway.origin + path)
  await signIn(page, gateway.token)
  return page
}

const copied = (page: Page) => page.evaluate(() => navigator.clipboard.readText())
const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })

it('makes a key, shows its secret this once, and the key works', async () => {
  const page = await visit('/dashboard/keys')
  await page.getByRole('button', { name: 'New key' }).click()
  const form = page.getByRole('dialog', { name: 'New key' })
  await form.getByRole('button', { name: 'Create key' }).click()
  await form.getByText('Give it a name.').waitFor()
  await form.getByLabel('Name').fill('Fresh')
  await form.getByRole('combobox', { name: 'Allowed models' }).fill('acme:gpt-test')
  await page.keyboard.press('Tab')
  await form.getByRole('button', { name: '30 days' }).click()
  expect(await accessibilityFaults(page)).toEqual([])
  await form.getByRole('button', { name: 'Create key' }).click()

  const drawer = page.getByRole('dialog', { name: 'Key Fresh' })
  await drawer.getByText('Copy it now: it is shown this once').waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await drawer.getByRole('button', { name: 'Copy key' }).click()
  const secret = await copied(page)
  expect(secret).toMatch(/^ao_[0-9a-z]{16}_[\w-]{43}$/)
  await drawer.getByRole('button', { name: 'Copy cURL' }).click()
  expect(await copied(page)).toMatch(/^curl http.*Bearer ao_.*"acme:gpt-test"/s)
  await drawer.getByRole('button', { name: 'I have stored it' }).click()

  await row(page, 'Fresh').getByText('Active').waitFor()
  expect(await page.content()).not.toContain(secret.slice(-30))
  expect((await gateway.call(secret)).status).toBe(200)
  expect((await gateway.call(secret, { model: 'acme:gpt-other' })).status).toBeGreaterThan(400)
  await row(page, 'Fresh')
    .getByText(/ago$|^just now$/)
    .waitFor()
  await page.context().close()
})

it('rotates a secret, and the old one works until its grace is over', async () => {
  const { secret: old } = await gateway.issueKey('Rotated')
  const page = await visit('/dashboard/keys')
  await page.getByRole('link', { name: 'Rotated' }).click()
  const drawer = page.getByRole('dialog', { name: 'Key Rotated' })
  await drawer.getByLabel('The old one goes on working').selectOption('an hour')
  await drawer.getByRole('button', { name: 'Rotate', exact: true }).click()
  await drawer.getByText(/The secret before this one works until/).waitFor()
  await drawer.getByRole('button', { name: 'Copy key' }).click()
  const second = await copied(page)
  expect(second).not.toBe(old)
  for (const key of [old, second]) expect((await gateway.call(key)).status).toBe(200)
  await drawer.getByRole('button', { name: 'I have stored it' }).click()
  await drawer.getByText(/^works until .* in (1 h|59 m)/).waitFor()
  await row(page, 'Rotated').getByText('Rotating').waitFor()

  await drawer.getByLabel('The old one goes on working').selectOption('not at all')
  await drawer.getByRole('button', { name: 'Rotate', exact: true }).click()
  await drawer.getByRole('button', { name: 'Copy key' }).click()
  const third = await copied(page)
  await expect.poll(async () => (await gateway.call(second)).status).toBe(403)
  expect((await gateway.call(old)).status).toBe(403)
  expect((await gateway.call(third)).status).toBe(200)
  await page.context().close()
})

it('revokes a key, and cuts the stream that runs with it', async () => {
  const { secret } = await gateway.issueKey('Leaked')
  const { promise: never } = Promise.withResolvers<void>()
  const { promise: aborted, resolve: abort } = Promise.withResolvers<void>()
  gateway.double.script = (call, response) => {
    const { bill } = gateway.double
    void call.aborted.then(abort)
    void streamAnswer(call, {
      response,
      bill,
      tokens: ['a', 'b', 'c'],
      before: (index) => (index === 2 ? never : Promise.resolve()),
    })
  }
  const stream = await gateway.call(secret, { stream: true, max_tokens: 50 })
  expect(stream.status).toBe(200)
  const whole = stream.text().catch((error: unknown) => `cut: ${String(error)}`)

  const page = await visit('/dashboard/keys')
  await page.getByRole('link', { name: 'Leaked' }).click()
  await page.getByRole('button', { name: 'Revoke', exact: true }).click()
  const question = page.getByRole('dialog', { name: 'Revoke the key “Leaked”?' })
  await question.getByText(/are cut within a second/).waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  const from = performance.now()
  await question.getByRole('button', { name: 'Revoke key' }).click()
  await aborted
  expect(performance.now() - from).toBeLessThan(2000)
  expect(await whole).not.toContain('"finish_reason":"stop"')
  gateway.double.script = () => 'default'
  expect((await gateway.call(secret)).status).toBe(403)

  await page.keyboard.press('Escape')
  await row(page, 'Leaked').waitFor({ state: 'detached' })
  await page.getByRole('switch', { name: 'Show revoked' }).click()
  await row(page, 'Leaked').getByText('Revoked').waitFor()
  await row(page, 'Leaked').getByRole('link').click()
  const drawer = page.getByRole('dialog', { name: 'Key Leaked' })
  await drawer.getByRole('heading', { name: 'Facts' }).waitFor()
  expect(await drawer.getByRole('button', { name: /Edit|Rotate|Revoke/ }).count()).toBe(0)
  await page.context().close()
})

it('changes what a key may do', async () => {
  const { secret } = await gateway.issueKey('Changed')
  const page = await visit('/dashboard/keys')
  await page.getByRole('link', { name: 'Changed' }).click()
  const drawer = page.getByRole('dialog', { name: 'Key Changed' })
  await drawer.getByRole('button', { name: 'Edit' }).click()
  await drawer.getByRole('radio', { name: /^Viewer/ }).check()
  await drawer.getByRole('button', { name: 'Save changes' }).click()
  await drawer.getByRole('heading', { name: 'Viewer' }).waitFor()
  await row(page, 'Changed').getByText('Viewer').waitFor()
  await expect.poll(async () => (await gateway.call(secret)).status).toBe(403)
  await page.context().close()
})

it('leads from a key to its budgets', async () => {
  await gateway.issueKey('Frugal')
  const page = await visit('/dashboard/keys')
  await page.getByRole('link', { name: 'Frugal' }).click()
  await page.getByRole('link', { name: 'Its budgets and quotas' }).click()
  await page.getByText('No budget matches').waitFor()
  await page.getByRole('button', { name: 'One api key' }).click()
  expect(new URL(page.url()).searchParams.has('scope')).toBe(false)
  await page.context().close()
})

it('makes a tenant and a project, and a key of them', async () => {
  const page = await visit('/dashboard/keys?tab=tenants')
  await page.getByRole('button', { name: 'New tenant' }).click()
  const form = page.getByRole('dialog', { name: 'New tenant' })
  await form.getByLabel('Name').fill('Ça & là')
  expect(await form.getByLabel('Slug').inputValue()).toBe('ca-la')
  await form.getByRole('combobox', { name: 'Reporting time zone' }).fill('asia/tok')
  await form.getByRole('option', { name: 'Asia/Tokyo' }).click()
  await form.getByRole('button', { name: 'Create tenant' }).click()
  await page.getByText('Days begin in Tokyo').waitFor()

  await page.getByRole('button', { name: 'Project in Ça & là' }).click()
  const project = page.getByRole('dialog', { name: 'New project in Ça & là' })
  await project.getByLabel('Name').fill('Search')
  await project.getByRole('button', { name: 'Create project' }).click()
  await page.getByRole('link', { name: 'Budgets of Search' }).waitFor()

  await page.getByRole('button', { name: 'Edit Ça & là' }).click()
  const edit = page.getByRole('dialog', { name: 'Edit Ça & là' })
  await edit.getByLabel('Name').fill('There')
  await edit.getByRole('button', { name: 'Save changes' }).click()
  await page.getByRole('heading', { name: 'There' }).waitFor()

  await page.getByRole('link', { name: 'Keys', exact: true }).click()
  await page.getByRole('combobox', { name: 'Tenant' }).selectOption('There')
  await page.getByText('No keys yet').waitFor()
  await page.getByRole('button', { name: 'Create the first key' }).click()
  const key = page.getByRole('dialog', { name: 'New key' })
  await key.getByLabel('Name').fill('Of there')
  await key.getByLabel('Project').selectOption('Search')
  await key.getByRole('button', { name: 'Create key' }).click()
  await page.getByRole('button', { name: 'I have stored it' }).click()
  await row(page, 'Of there').getByText('Search').waitFor()
  await page.context().close()
})
