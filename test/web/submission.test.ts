import { expect, it } from 'vitest'
import type { Outcome } from '#web/client.ts'
import { Submission } from '#web/submission.svelte.ts'

const answer = <Result extends object>(result: Result): Promise<Outcome<{ done: Result }>> =>
  Promise.resolve({ ok: true, data: { done: result } })
const refused = {
  __typename: 'ValidationError',
  message: '`limit` must be 0 or more.',
  code: 'INVALID_REQUEST',
  requestId: 'r-1',
  issues: [{ path: ['input', 'limit'], message: 'must be 0 or more' }],
}

it('keeps a refusal, and puts what is wrong with a field beside it', async () => {
  const sending = new Submission()
  await sending.send(answer(refused), ({ done }) => done)
  expect(sending.problem('limit')).toBe('Must be 0 or more.')
  expect(sending.problem('name')).toBeNull()
  expect(sending.failureBeside(['limit'])).toBeNull()
  expect(sending.failureBeside(['name'])).toMatchObject({ requestId: 'r-1' })
})

it('forgets the refusal with the next try', async () => {
  const sending = new Submission()
  await sending.send(answer(refused), ({ done }) => done)
  const result = await sending.send(answer({ __typename: 'BudgetSuccess' }), ({ done }) => done)
  expect(result).toEqual({ __typename: 'BudgetSuccess' })
  expect(sending.failure).toBeNull()
  expect(sending.problem('limit')).toBeNull()
})

it('leaves a conflict to whoever sent it', async () => {
  const sending = new Submission()
  const conflict = { message: 'Somebody was faster.', code: 'CONFLICT', requestId: 'r-1' }
  expect(await sending.send(answer(conflict), ({ done }) => done)).toBe(conflict)
  expect(sending.failure).toBeNull()
})

it('says why nothing came back', async () => {
  const sending = new Submission()
  const failure = { message: 'The server cannot be reached.', requestId: null, unauthorized: false }
  const lost = Promise.resolve({ ok: false, failure } as const)
  expect(await sending.send(lost, () => ({}))).toBeNull()
  expect(sending.failure).toEqual(failure)
  expect(sending.busy).toBe(false)
})
