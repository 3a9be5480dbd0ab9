import {
  count,
  described,
  each,
  flag,
  freeObject,
  list,
  map,
  needed,
  notEmpty,
  nullable,
  object,
  oneOf,
  open,
  optional,
  record,
  recordOf,
  type Shape,
  some,
  text,
  unclear,
} from '../shape.ts'
import { geoip, maybe } from '../shared/event-shapes.ts'
import type { TransactionProtocol } from './event.ts'

/** All of them: the type says so. */
const PROTOCOLS: Readonly<Record<TransactionProtocol, true>> = {
  'oidc-basic-profile': true,
  'oidc-implicit-profile': true,
  'oidc-hybrid-profile': true,
  'oidc-ciba': true,
  'oidc-ciba-web-link': true,
  'oauth2-device-code': true,
  'oauth2-refresh-token': true,
  'oauth2-password': true,
  'oauth2-resource-owner': true,
  'oauth2-resource-owner-jwt-bearer': true,
  'oauth2-webauthn': true,
  'oauth2-access-token': true,
  'oauth2-token-exchange': true,
  'oauth2-token-exchange-federated-connection': true,
  samlp: true,
  wsfed: true,
  'wstrust-usernamemixed': true,
}

/** The values that `event.transaction.protocol` takes. */
export const TRANSACTION_PROTOCOLS: readonly string[] = Object.keys(PROTOCOLS)

/** Beyond what the schema states. */
const maybeSome = (...names: string[]) => each(optional(some), ...names)
const must = (...names: string[]) => each(needed(text), ...names)

const device = optional(
  open(maybe('initial_asn', 'initial_ip', 'initial_user_agent', 'last_asn', 'last_ip', 'last_user_agent')),
)
const transfer = optional(
  open({ parent_refresh_token: optional(open({ id: optional(some), metadata: optional(record) })) }),
)
const confidence = oneOf('low', 'medium', 'high', 'neutral')
const assessment = optional(open({ code: some, confidence: some, details: optional(open({})) }))
const actor = optional(open({ sub: needed(text) }))

/**
 * What the post-login event holds: read by the check, and by `schemas/post-login-event.schema.json`, which is made from
 * it. The types of `event.ts` are held to it by a test.
 *
 * @see https://auth0.com/docs/actions/reference/post-login/post-login-event-object
 */
export const eventShape: Shape = object({
  agent: optional(open({ agent_id: needed(text), name: text, agent_metadata: record })),
  anonymous_session: optional(
    open({ ...each(some, 'user_id', 'session_id', 'created_at', 'expires_at'), metadata: record }),
  ),
  authentication: optional(
    object({
      methods: needed(list(open({ ...must('name', 'timestamp'), ...maybe('type'), ...maybeSome('url') }))),
      riskAssessment: optional(
        object({
          confidence: needed(confidence),
          version: text,
          assessments: needed(
            open({
              UntrustedIP: assessment,
              NewDevice: assessment,
              ImpossibleTravel: assessment,
              AgentDetection: assessment,
              PhoneNumber: assessment,
            }),
          ),
          supplemental: optional(open({})),
        }),
      ),
    }),
  ),
  authorization: optional(object({ roles: described('Names of roles.', needed(list())) })),
  client: needed(
    object({
      client_id: notEmpty,
      name: needed(text),
      metadata: needed(recordOf('string')),
      refresh_token: optional(
        open({
          policies: optional(list(open({ audience: optional(text), scope: optional(list()) }))),
        }),
      ),
      authentication: optional(open({})),
      ...maybeSome('external_client_id', 'external_metadata_type'),
    }),
  ),
  configuration: open({}),
  connection: needed(object({ ...must('id', 'name', 'strategy'), metadata: optional(recordOf('string')) })),
  custom_domain: optional(object({ domain: needed(text), domain_metadata: recordOf('string') })),
  experiment: nullable(
    optional(open({ ...each(some, 'experiment_id', 'variation_id', 'is_control'), config: record })),
  ),
  organization: optional(
    object({ ...must('id', 'name', 'display_name'), metadata: needed(recordOf('string')) }),
  ),
  prompt: optional(object({ id: needed(text), fields: unclear(record), vars: unclear(record) })),
  refresh_token: described(
    'Only in refresh-token exchanges.',
    optional(
      open({
        ...must('id', 'created_at'),
        ...maybe('client_id', 'user_id'),
        session_id: nullable(optional(text)),
        ...maybe('expires_at', 'idle_expires_at', 'last_exchanged_at'),
        rotating: optional(flag),
        resource_servers: optional(
          list(
            open({
              audience: needed(text),
              scopes: described('One string, space-separated.', needed(text)),
            }),
          ),
        ),
        device,
        metadata: optional(recordOf('string')),
        session_transfer: transfer,
        access: optional(oneOf('online', 'offline')),
      }),
    ),
  ),
  request: needed(
    object({
      ...must('ip', 'method'),
      ...each(needed(record), 'query', 'body'),
      ...maybe('hostname', 'language', 'user_agent', 'asn'),
      geoip: needed(geoip),
    }),
  ),
  resource_server: optional(object({ identifier: needed(text) })),
  secrets: described('Not needed: each Action gets its own.', map(text)),
  security_context: optional(object(each(nullable(optional(text)), 'ja3', 'ja4'))),
  session: described(
    'May be an empty object in flows without a session.',
    optional(
      object({
        ...maybe('id', 'user_id', 'created_at', 'updated_at', 'authenticated_at'),
        ...maybe('expires_at', 'idle_expires_at', 'last_interacted_at'),
        clients: optional(list(open({ client_id: needed(text) }))),
        device,
        cookie: optional(object({ mode: optional(oneOf('persistent', 'non-persistent')) })),
        metadata: optional(recordOf('string')),
        actor,
        session_transfer: transfer,
      }),
    ),
  ),
  session_transfer_token: optional(
    open({
      client_id: needed(text),
      scope: needed(list()),
      request: needed(open({ ip: needed(text), ...maybe('asn', 'user_agent'), geoip: optional(geoip) })),
    }),
  ),
  stats: needed(object({ logins_count: needed(count) })),
  tenant: needed(object({ id: needed(text) })),
  transaction: unclear(
    open({
      id: optional(text),
      protocol: unclear(oneOf(...TRANSACTION_PROTOCOLS)),
      ...each(optional(list()), 'requested_scopes', 'target_scopes'),
      metadata: recordOf('string', 'number', 'boolean'),
      ...each(optional(list()), 'acr_values', 'prompt'),
      ...maybe('login_hint', 'locale'),
      ui_locales: optional(list()),
      redirect_uri: optional(text),
      response_mode: optional(oneOf('query', 'fragment', 'form_post', 'web_message')),
      response_type: optional(list(oneOf('code', 'token', 'id_token'))),
      state: optional(text),
      requested_authorization_details: optional(list(open({ type: needed(text) }))),
      ...maybe('linking_id', 'correlation_id'),
      actor,
      ...maybe('actor_token_type', 'subject_token_type'),
    }),
  ),
  user: needed(
    open({
      user_id: notEmpty,
      ...maybe('email', 'username', 'phone_number', 'name', 'nickname', 'given_name', 'family_name'),
      ...maybe('picture', 'last_password_reset'),
      email_verified: flag,
      phone_verified: optional(flag),
      ...each(text, 'created_at', 'updated_at'),
      ...each(needed(record), 'app_metadata', 'user_metadata'),
      multifactor: optional(list()),
      enrolledFactors: optional(list(open({ type: needed(text), options: freeObject }))),
      identities: list(
        open({
          ...maybeSome('connection', 'isSocial', 'provider', 'user_id', 'userId', 'accessToken'),
          profileData: optional(record),
        }),
      ),
    }),
  ),
})
