/** Seconds of live metrics that are kept, and that the live charts show. */
export const liveWindowS = 300
