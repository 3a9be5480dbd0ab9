/**
 * What the post-login event holds, for the question "may this be missing?".
 *
 * @see https://auth0.com/docs/actions/reference/post-login/post-login-event-object
 */
export interface Shape {
  /** `free`: any JSON, its members may all be missing. `leaf`: text, number or boolean. */
  kind: 'object' | 'map' | 'list' | 'leaf' | 'free'
  /**
   * `no`: always there. `yes`: a flow without it is documented. `unclear`: marked optional, and no flow without
   * it is documented.
   */
  missing: 'no' | 'yes' | 'unclear'
  members?: Readonly<Record<string, Shape>>
  /** Of a map: each value. Of a list: each element. */
  each?: Shape
  /** Other members than the named ones may exist. */
  open?: boolean
}

const leaf: Shape = { kind: 'leaf', missing: 'no' }
const free: Shape = { kind: 'free', missing: 'yes' }
const list = (each: Shape = leaf): Shape => ({ kind: 'list', missing: 'no', each })
const object = (members: Record<string, Shape>, open = false): Shape => ({
  kind: 'object',
  missing: 'no',
  members,
  open,
})
const map = (each: Shape): Shape => ({ kind: 'map', missing: 'no', each })
const optional = (shape: Shape): Shape => ({ ...shape, missing: 'yes' })
const unclear = (shape: Shape): Shape => ({ ...shape, missing: 'unclear' })
const leaves = (...names: string[]) => Object.fromEntries(names.map((name) => [name, leaf]))
const maybe = (...names: string[]) => Object.fromEntries(names.map((name) => [name, optional(leaf)]))

const metadata = map(free)
const device = optional(
  object(
    maybe('initial_asn', 'initial_ip', 'initial_user_agent', 'last_asn', 'last_ip', 'last_user_agent'),
    true,
  ),
)
const geoip = object(
  maybe(
    'cityName',
    'continentCode',
    'countryCode',
    'countryCode3',
    'countryName',
    'latitude',
    'longitude',
    'subdivisionCode',
    'subdivisionName',
    'timeZone',
  ),
)
const transfer = optional(
  object(
    { parent_refresh_token: optional(object({ id: optional(leaf), metadata: optional(metadata) }, true)) },
    true,
  ),
)
const assessment = optional(
  object({ ...leaves('code', 'confidence'), details: optional(object({}, true)) }, true),
)

export const EVENT: Shape = object({
  agent: optional(object({ ...leaves('agent_id', 'name'), agent_metadata: metadata }, true)),
  anonymous_session: optional(
    object({ ...leaves('user_id', 'session_id', 'created_at', 'expires_at'), metadata }, true),
  ),
  authentication: optional(
    object({
      methods: list(object({ ...leaves('name', 'timestamp'), ...maybe('type', 'url') }, true)),
      riskAssessment: optional(
        object({
          ...leaves('confidence', 'version'),
          assessments: object(
            {
              UntrustedIP: assessment,
              NewDevice: assessment,
              ImpossibleTravel: assessment,
              AgentDetection: assessment,
              PhoneNumber: assessment,
            },
            true,
          ),
          supplemental: optional(object({}, true)),
        }),
      ),
    }),
  ),
  authorization: optional(object({ roles: list() })),
  client: object(
    {
      ...leaves('client_id', 'name'),
      metadata,
      refresh_token: optional(object({ policies: optional(list(object({}, true))) }, true)),
      authentication: optional(object({}, true)),
      ...maybe('external_client_id', 'external_metadata_type'),
    },
    false,
  ),
  configuration: object({}, true),
  connection: object({ ...leaves('id', 'name', 'strategy'), metadata: optional(metadata) }),
  custom_domain: optional(object({ domain: leaf, domain_metadata: metadata })),
  experiment: optional(
    object({ ...leaves('experiment_id', 'variation_id', 'is_control'), config: metadata }, true),
  ),
  organization: optional(object({ ...leaves('id', 'name', 'display_name'), metadata })),
  prompt: optional(object({ id: leaf, fields: unclear(metadata), vars: unclear(metadata) })),
  refresh_token: optional(
    object(
      {
        ...leaves('id', 'created_at'),
        ...maybe(
          'client_id',
          'user_id',
          'session_id',
          'expires_at',
          'idle_expires_at',
          'last_exchanged_at',
          'rotating',
          'access',
        ),
        resource_servers: optional(list(object(leaves('audience', 'scopes'), true))),
        device,
        metadata: optional(metadata),
        session_transfer: transfer,
      },
      true,
    ),
  ),
  request: object({
    ...leaves('ip', 'method'),
    query: metadata,
    body: metadata,
    ...maybe('hostname', 'language', 'user_agent', 'asn'),
    geoip,
  }),
  resource_server: optional(object({ identifier: leaf })),
  secrets: map(leaf),
  security_context: optional(object(maybe('ja3', 'ja4'))),
  // Where there is no session it may be an empty object.
  session: optional(
    object({
      ...maybe(
        'id',
        'user_id',
        'created_at',
        'updated_at',
        'authenticated_at',
        'expires_at',
        'idle_expires_at',
        'last_interacted_at',
      ),
      clients: optional(list(object({ client_id: leaf }, true))),
      device,
      cookie: optional(object(maybe('mode'))),
      metadata: optional(metadata),
      actor: optional(object({ sub: leaf }, true)),
      session_transfer: transfer,
    }),
  ),
  session_transfer_token: optional(
    object(
      {
        client_id: leaf,
        scope: list(),
        request: object({ ip: leaf, ...maybe('asn', 'user_agent'), geoip: optional(geoip) }, true),
      },
      true,
    ),
  ),
  stats: object(leaves('logins_count')),
  tenant: object(leaves('id')),
  transaction: unclear(
    object(
      {
        ...maybe('id', 'login_hint', 'locale', 'redirect_uri', 'response_mode', 'state', 'linking_id'),
        ...maybe('correlation_id', 'actor_token_type', 'subject_token_type'),
        protocol: unclear(leaf),
        requested_scopes: optional(list()),
        target_scopes: optional(list()),
        metadata,
        acr_values: optional(list()),
        prompt: optional(list()),
        ui_locales: optional(list()),
        response_type: optional(list()),
        requested_authorization_details: optional(list(object({ type: leaf }, true))),
        actor: optional(object({ sub: leaf }, true)),
      },
      true,
    ),
  ),
  user: object(
    {
      user_id: leaf,
      ...maybe(
        'email',
        'username',
        'phone_number',
        'name',
        'nickname',
        'given_name',
        'family_name',
        'picture',
      ),
      ...maybe('last_password_reset', 'phone_verified'),
      ...leaves('email_verified', 'created_at', 'updated_at'),
      app_metadata: metadata,
      user_metadata: metadata,
      multifactor: optional(list()),
      enrolledFactors: optional(list(object({ type: leaf }, true))),
      identities: list(
        object(
          {
            ...maybe('connection', 'isSocial', 'provider', 'user_id', 'userId', 'accessToken'),
            profileData: optional(metadata),
          },
          true,
        ),
      ),
    },
    true,
  ),
})

/** The shape at a path below the event, e.g. `['user', 'email']`; `undefined` for what the event does not have. */
export function shapeAt(path: readonly string[]): Shape | undefined {
  let shape: Shape | undefined = EVENT
  for (const name of path) {
    shape = memberOf(shape, name)
    if (shape === undefined) return undefined
  }
  return shape
}

export function memberOf(shape: Shape, name: string): Shape | undefined {
  if (shape.kind === 'object') {
    const member = Object.hasOwn(shape.members!, name) ? shape.members![name] : undefined
    return member ?? (shape.open === true ? free : undefined)
  }
  if (shape.kind === 'map') return shape.each
  if (shape.kind === 'list') return shape.each
  if (shape.kind === 'free') return free
  return undefined
}
