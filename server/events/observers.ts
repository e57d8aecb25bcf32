import type { CallObserver } from '#gateway/ports.ts'

/** Tells several observers of every call, in order. */
export function tellAll(observers: readonly Partial<CallObserver>[]): CallObserver {
  return {
    callStarted(call) {
      for (const observer of observers) observer.callStarted?.(call)
    },
    callQueued(call, providerName) {
      for (const observer of observers) observer.callQueued?.(call, providerName)
    },
    attemptStarted(call, attempt) {
      for (const observer of observers) observer.attemptStarted?.(call, attempt)
    },
    callEnded(record) {
      for (const observer of observers) observer.callEnded?.(record)
    },
    ruleActed(effect) {
      for (const observer of observers) observer.ruleActed?.(effect)
    },
    callShed(call) {
      for (const observer of observers) observer.callShed?.(call)
    },
  }
}
