import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { accessibilityFaults, openBrowser, openPage, signIn } from '#test/support/browser.ts'
import { streamAnswer } from '#test/support/openai-double.ts'
import { callCost, type PricedGateway, startPricedGateway } from '#test/support/priced-gateway.ts'

let gateway: PricedGateway
let browser: Browser
let caller: { id: string; secret: string }

beforeAll(async () => {
  gateway = await startPricedGateway()
  browser = await openBrowser()
})

afterAll(async () => {
  await browser?.close()
  await gateway?.close()
})

beforeEach(async () => {
  caller = await gateway.issueKey('Search service')
})

async function visit(path: string): Promise<Page> {
  const { page } = await openPage(browser)
  await page.goto(gateway.origin + path)
  await signIn(page, gateway.token)
  return page
}

/** A budget on the test's own key. @returns Its id. */
async function addBudget(name: string, more: object = {}): Promise<string> {
  const scope = { kind: 'API_KEY', value: caller.id }
  const input = { scope, name, limit: '10', period: 'MONTHLY', ...more }
  const { createBudget } = await gateway.ask<{ createBudget: { budget: { id: string } } }>(
    `mutation ($input: CreateBudgetInput!) {
      createBudget(input: $input) { ... on BudgetSuccess { budget { id } } ... on Error { message } }
    }`,
    { input },
  )
  return createBudget.budget.id
}

const budgetAt = async (id: string) => {
  const { node } = await gateway.ask<{ node: object | null }>(
    `query ($id: ID!) { node(id: $id) { ... on Budget { name limit paused version spent } } }`,
    { id },
  )
  return node
}

const row = (page: Page, name: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) })

it('explains itself where there is nothing, and offers a first budget', async () => {
  const page = await visit('/dashboard/budgets')
  await page.getByText('Nothing limits what may be spent yet').waitFor()
  await page.getByRole('button', { name: 'Start with $100 a month for Default' }).click()
  const form = page.getByRole('dialog', { name: 'New budget' })
  await form.getByLabel('Limit in US dollars').fill('12,5')
  await form.getByRole('button', { name: 'Create budget' }).click()
  await form.getByText('An amount such as 250 or 0.50').waitFor()
  await form.getByLabel('Limit in US dollars').fill('1,000.000001')
  await form.getByRole('combobox', { name: 'Time zone' }).fill('kolk')
  await form.getByRole('option', { name: 'Asia/Kolkata' }).click()
  expect(await accessibilityFaults(page)).toEqual([])
  await form.getByRole('button', { name: 'Create budget' }).click()
  await page.getByRole('dialog', { name: 'Budget Default, monthly' }).waitFor()
  await page.keyboard.press('Escape')
  await row(page, 'Default, monthly').getByText('of $1,000.000001 a month').waitFor()
  await row(page, 'Default, monthly')
    .getByText(/^Resets 1 .*, 00:00 Kolkata · in /)
    .waitFor()
  await page.context().close()
})

it('fills by itself while calls run, with what they hold apart from what they have spent', async () => {
  await addBudget('Filling')
  const page = await visit('/dashboard/budgets')
  const filling = row(page, 'Filling')
  await filling.getByText('$0.000000').waitFor()
  expect((await gateway.call(caller.secret)).status).toBe(200)
  await filling.getByText(callCost, { exact: true }).waitFor()

  const { promise: go, resolve: release } = Promise.withResolvers<void>()
  gateway.double.script = (call, response) => {
    const { bill } = gateway.double
    void streamAnswer(call, { response, bill, tokens: ['a', 'b'], before: () => go })
  }
  const streaming = gateway.call(caller.secret, { stream: true })
  await filling.getByText(/^\$0\.\d{6} held$/).waitFor()
  release()
  await (await streaming).text()
  gateway.double.script = () => 'default'
  await filling.getByText('$0.264000', { exact: true }).waitFor()
  await filling.getByText(/held$/).waitFor({ state: 'detached' })
  const meter = filling.getByRole('meter')
  expect(await meter.getAttribute('aria-valuetext')).toBe(
    '$0.264000 spent, $0.000000 held and $9.736000 left of $10.00',
  )
  await page.context().close()
})

it('is told of a change, and keeps what it shows when it cannot ask', async () => {
  await addBudget('Told')
  const page = await visit('/dashboard/budgets')
  await row(page, 'Told').getByText('$0.000000').waitFor()
  await page.route('**/graphql', (route) =>
    route.request().postData()?.includes('BudgetList') ? route.abort() : route.continue(),
  )
  await page.getByRole('alert').getByText('The server cannot be reached.').waitFor()
  await gateway.call(caller.secret)
  await row(page, 'Told').getByText(callCost, { exact: true }).waitFor()
  expect(await page.getByRole('alert').count()).toBe(1)
  await page.context().close()
})

it('stands still while Live is off', async () => {
  const id = await addBudget('Still')
  const page = await visit('/dashboard/budgets?live=0')
  await row(page, 'Still').getByText('$0.000000').waitFor()
  let asked = 0
  page.on('request', (request) => {
    if (request.postData()?.includes('BudgetList')) asked += 1
  })
  await gateway.call(caller.secret)
  await expect.poll(() => budgetAt(id)).toMatchObject({ spent: '0.172' })
  expect(await row(page, 'Still').getByText('$0.000000').count()).toBe(1)
  expect(asked).toBe(0)
  await page.getByRole('switch', { name: 'Live' }).click()
  await row(page, 'Still').getByText(callCost, { exact: true }).waitFor()
  await page.context().close()
})

it('shows whose change was faster beside mine, and lets me decide', async () => {
  const id = await addBudget('Contested')
  const page = await visit(`/dashboard/budgets?open=${encodeURIComponent(id)}&edit=1`)
  const drawer = page.getByRole('dialog', { name: 'Budget Contested' })
  await drawer.getByLabel('Limit in US dollars').fill('30')
  await gateway.ask(
    `mutation ($id: ID!) {
      updateBudget(input: { id: $id, expectedVersion: 1, limit: "20", name: "Contested" }) { __typename }
    }`,
    { id },
  )
  await drawer.getByRole('button', { name: 'Save changes' }).click()
  const conflict = page.getByRole('alertdialog', { name: 'Conflict' })
  await conflict.getByText(/^router token has changed it since you looked/).waitFor()
  const cells = await conflict
    .getByRole('row', { name: /^Limit/ })
    .getByRole('cell')
    .allInnerTexts()
  expect(cells).toEqual(['$10.00', '$20.00', '$30.00'])
  expect(await accessibilityFaults(page)).toEqual([])
  expect(await budgetAt(id)).toMatchObject({ limit: '20' })
  await conflict.getByRole('button', { name: 'Save mine over theirs' }).click()
  await drawer.getByText('$30.00 a month').waitFor()
  expect(await budgetAt(id)).toMatchObject({ limit: '30', version: 3 })
  await page.context().close()
})

it('leaves what somebody else saved where I give way', async () => {
  const id = await addBudget('Yielding')
  const page = await visit(`/dashboard/budgets?open=${encodeURIComponent(id)}&edit=1`)
  const drawer = page.getByRole('dialog', { name: 'Budget Yielding' })
  await drawer.getByLabel('Limit in US dollars').fill('30')
  await gateway.ask(
    `mutation ($id: ID!) { updateBudget(input: { id: $id, expectedVersion: 1, paused: true }) { __typename } }`,
    { id },
  )
  await drawer.getByRole('button', { name: 'Save changes' }).click()
  await page.getByText('They paused it.').waitFor()
  await page.getByRole('button', { name: 'Leave it as they saved it' }).click()
  await drawer.getByRole('button', { name: 'Resume' }).waitFor()
  expect(await budgetAt(id)).toMatchObject({ limit: '10', paused: true })
  await page.context().close()
})

it('is paused and resumed', async () => {
  const id = await addBudget('Paused now and then', { limit: '0' })
  const page = await visit(`/dashboard/budgets?open=${encodeURIComponent(id)}`)
  expect((await gateway.call(caller.secret)).status).toBe(402)
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('button', { name: 'Resume' }).waitFor()
  await expect.poll(async () => (await gateway.call(caller.secret)).status).toBe(200)
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('button', { name: 'Pause' }).waitFor()
  expect((await gateway.call(caller.secret)).status).toBe(402)
  await page.context().close()
})

it('puts a budget in trouble first, and shows the refusal among the requests', async () => {
  await addBudget('Roomy')
  await addBudget('Tight', { limit: '1' })
  const page = await visit('/dashboard/budgets')
  await row(page, 'Tight').getByText('$1.000000 left').waitFor()
  const answers: Response[] = []
  while (answers.length < 9 && answers.at(-1)?.status !== 402)
    answers.push(await gateway.call(caller.secret))
  expect(answers.at(-1)?.status).toBe(402)
  expect(answers.at(-1)?.headers.get('x-should-retry')).toBe('false')
  await row(page, 'Tight').getByText('Nearly used up').waitFor()
  const names = await page.getByRole('listitem').getByRole('link').allInnerTexts()
  expect(names.indexOf('Tight')).toBeLessThan(names.indexOf('Roomy'))

  await page.getByRole('link', { name: 'Requests' }).click()
  await page
    .getByRole('link', { name: /\d\d:\d\d:\d\d/ })
    .first()
    .click()
  await page
    .getByRole('dialog', { name: 'Request' })
    .getByText(/budget “Tight”/)
    .first()
    .waitFor()
  await page.context().close()
})

it('is found by name and by what it is on, and the address keeps that', async () => {
  await addBudget('Needle')
  const page = await visit('/dashboard/budgets')
  await page.getByRole('combobox', { name: 'Show those on' }).selectOption('API_KEY')
  await page.getByRole('searchbox', { name: 'Part of a name' }).fill('needle')
  await expect
    .poll(() =>
      page
        .getByRole('listitem')
        .filter({ has: page.getByRole('meter') })
        .count(),
    )
    .toBe(1)
  await page.reload()
  await row(page, 'Needle').waitFor()
  expect(
    await page
      .getByRole('listitem')
      .filter({ has: page.getByRole('meter') })
      .count(),
  ).toBe(1)
  await page.getByRole('searchbox', { name: 'Part of a name' }).fill('nothing like it')
  await page.getByText('No budget matches').waitFor()
  await page.context().close()
})

it('is deleted after a question that names it', async () => {
  const id = await addBudget('Unwanted')
  const page = await visit(`/dashboard/budgets?open=${encodeURIComponent(id)}`)
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  const question = page.getByRole('dialog', { name: 'Delete the budget “Unwanted”?' })
  await question.getByRole('button', { name: 'Cancel' }).click()
  await question.waitFor({ state: 'detached' })
  expect(await budgetAt(id)).toMatchObject({ name: 'Unwanted' })
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await question.getByRole('button', { name: 'Delete budget' }).click()
  await row(page, 'Unwanted').waitFor({ state: 'detached' })
  expect(await budgetAt(id)).toBeNull()
  await page.context().close()
})

it('makes a quota, counts what it refuses, changes it and takes it away', async () => {
  const page = await visit('/dashboard/budgets?tab=quotas')
  await page.getByRole('button', { name: 'New quota' }).click()
  const form = page.getByRole('dialog', { name: 'New quota' })
  await form.getByLabel('Name').fill('Twice a day')
  await form.getByLabel('On', { exact: true }).selectOption('API_KEY')
  await form.getByRole('combobox', { name: 'Which' }).click()
  await form
    .getByRole('option', { name: /^Search service/ })
    .first()
    .click()
  await form.getByLabel('Limit').fill('2')
  await form.getByLabel('In', { exact: true }).selectOption('DAY')
  await form.getByRole('button', { name: 'Create quota' }).click()

  const quota = page.getByRole('row').filter({ hasText: 'Twice a day' })
  await quota.getByText('2 requests a day').waitFor()
  for (const status of [200, 200, 429])
    expect((await gateway.call(caller.secret)).status).toBe(status)
  await quota.getByText('2 used').waitFor()
  await quota.getByText('1 refused').waitFor()

  await quota.getByRole('link').click()
  const drawer = page.getByRole('dialog', { name: 'Quota Twice a day' })
  await drawer.getByRole('button', { name: 'Edit' }).click()
  await drawer.getByLabel('Limit').fill('3')
  await drawer.getByRole('button', { name: 'Save changes' }).click()
  await quota.getByText('3 requests a day').waitFor()
  await expect.poll(async () => (await gateway.call(caller.secret)).status).toBe(200)

  await drawer.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('button', { name: 'Delete quota' }).click()
  await quota.waitFor({ state: 'detached' })
  await page.context().close()
})
