import type { ErrorCode } from '#web/graphql/documents.ts'

/** What whoever runs the gateway does about failures of a code. */
export const errorAdvice: Readonly<Record<ErrorCode, string>> = {
  INVALID_REQUEST:
    'The caller sends something that no model takes. The message names the field: correct it in the application.',
  NOT_FOUND: 'What was asked for does not exist, or belongs to another tenant. Check the id.',
  CONFLICT:
    'Two callers changed the same thing, or the first call under an idempotency key still ran. Read again and repeat.',
  IDEMPOTENCY_CONFLICT:
    'An idempotency key was used for two different requests. Give each request a key of its own.',
  UNAUTHENTICATED:
    'The caller brought no key, or one that cannot be read. Send it as a bearer token.',
  FORBIDDEN:
    'The key lacks a scope, or may not use this model. Change the key under Keys & tenants, or use another one.',
  BUDGET_EXCEEDED:
    'A budget is spent. Raise it under Budgets & quotas, or wait until its period begins anew.',
  BUDGET_BUSY:
    'Calls that run hold what is left of a budget. If it happens often, raise the budget or let callers state smaller output limits.',
  QUOTA_EXCEEDED:
    'A quota is used up. Raise it under Budgets & quotas, or spread the calls over more time.',
  RATE_LIMITED:
    'Callers ask more often than a rate limit allows. Let them wait as Retry-After says, or raise the limit in the configuration.',
  QUEUE_FULL: 'More calls wait than may. Raise the number of slots, or start another replica.',
  OVERLOADED:
    'This process had more to do than it could. Look at its event-loop lag and memory, give it more, or start another replica.',
  UNPRICED_MODEL:
    'A blocking budget applies and nobody knows the price of the model. Give it a price, or set allow_unpriced.',
  MODEL_NOT_FOUND:
    'No provider has the model. Check its name, add an alias for it, or (with Ollama) pull it.',
  CONTEXT_LENGTH_EXCEEDED:
    'The messages are longer than the model takes. Shorten them, or name a larger model in the route.',
  CONTENT_BLOCKED:
    'The provider refused the content by its policy. Change the content, or allow the route to fall back on it.',
  PROVIDER_AUTH:
    'The provider does not accept the key. Check the variable that holds it, and the rights of the key at the provider.',
  PROVIDER_RATE_LIMITED:
    'The provider limits how often it is asked. Give the route a second target, spread the load, or ask the provider for more.',
  PROVIDER_QUOTA:
    'The account at the provider is out of credit or over its limit. Top it up; retrying does not help.',
  PROVIDER_REJECTED:
    'The provider does not take the request as it is. Its message says why: correct the request, or choose a model that can do it.',
  PROVIDER_UNAVAILABLE:
    'The provider answered that it cannot serve. It is mostly over in minutes: a fallback target bridges it.',
  PROVIDER_TIMEOUT:
    'No answer in time. Allow more time in the configuration if the model is slow by nature, or add a faster fallback.',
  PROVIDER_PROTOCOL:
    'What came was no valid answer, or one without an end. Check the base_url, and what stands between here and the provider.',
  PROVIDER_NETWORK:
    'The provider could not be reached, or the connection broke. Check DNS, TLS and the network between here and there.',
  CIRCUIT_OPEN:
    'The target failed too often and is left alone for a while; it is tried again by itself. Find its first failures in this list.',
  NO_HEALTHY_PROVIDER:
    'No target of the route could be asked. Look at the providers’ health, and add a target that does not fail with them.',
  CANCELLED: 'The caller went away before the answer was complete. Nothing has to be done.',
  CONFIG_INVALID:
    'The configuration has a fault, and the old one stays in force. The message names the line: correct it there.',
  INTERNAL:
    'The gateway itself failed. Look for the request id in its log, and report what you find.',
}
