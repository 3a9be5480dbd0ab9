import {
  each,
  list,
  map,
  needed,
  notEmpty,
  object,
  open,
  optional,
  record,
  recordOf,
  type Shape,
  text,
  unclear,
} from '../shape.ts'
import { geoip, maybe } from '../shared/event-shapes.ts'

const must = (...names: string[]) => each(needed(text), ...names)

/**
 * What the credentials-exchange event holds. The types of `event.ts` are held to it by a test.
 *
 * @see https://auth0.com/docs/actions/reference/credentials-exchange/credentials-exchange-event-object
 */
export const eventShape: Shape = object({
  accessToken: needed(object({ customClaims: needed(record), scope: needed(list()) })),
  agent: optional(open({ agent_id: needed(text), name: text, agent_metadata: record })),
  client: needed(
    object({
      client_id: notEmpty,
      name: needed(text),
      metadata: needed(recordOf('string')),
      // Of mutual TLS: in Auth0's fixture, on no page and in no type.
      authentication: optional(open({})),
    }),
  ),
  configuration: open({}),
  custom_domain: optional(object({ domain: needed(text), domain_metadata: recordOf('string') })),
  organization: optional(
    object({ ...must('id', 'name', 'display_name'), metadata: needed(recordOf('string')) }),
  ),
  request: needed(
    object({
      ...must('ip', 'method'),
      body: needed(record),
      ...maybe('hostname', 'language', 'user_agent'),
      geoip: needed(geoip),
    }),
  ),
  resource_server: needed(object({ identifier: notEmpty })),
  secrets: map(text),
  tenant: needed(object({ id: needed(text) })),
  transaction: needed(
    object({
      requested_scopes: needed(list()),
      target_scopes: unclear(list()),
      ...maybe('correlation_id'),
    }),
  ),
})
