/** How a provider's key stands, as the tone of its tag. */
export const keyTones = {
  PRESENT: 'good',
  MISSING: 'bad',
  REJECTED: 'bad',
  NOT_NEEDED: 'plain',
} as const
