/** A list of resources that the local tenant keeps and does not act on. */
export interface KeptList {
  /** Key of the list in a response; empty for a bare array. */
  key: string
  /** How ids begin. */
  prefix: string
  /** The member that holds the id. @defaultValue `id` */
  id?: string
  /** Whether its resources show no times. @defaultValue false */
  untimed?: boolean
  /** What a new one shows of itself. */
  fresh?: object
  /** The list says no more of a resource than its id, name, times and this. @defaultValue it shows all */
  summary?: object
}

/** Each list that is kept, by its path below `/api/v2`. A new one is one entry. */
export const LISTS: Readonly<Record<string, KeptList>> = {
  '/branding/phone/providers': { key: 'providers', prefix: 'pro', fresh: { disabled: false } },
  '/branding/phone/templates': { key: 'templates', prefix: 'tem', fresh: { disabled: false } },
  '/branding/themes': { key: 'themes', prefix: 'thm', id: 'themeId', untimed: true },
  '/connection-profiles': { key: 'connection_profiles', prefix: 'cop', untimed: true },
  '/custom-domains': { key: '', prefix: 'cd', id: 'custom_domain_id', untimed: true },
  '/event-streams': { key: 'eventStreams', prefix: 'est' },
  '/flows': { key: 'flows', prefix: 'af', summary: {} },
  '/flows/vault/connections': { key: 'connections', prefix: 'ac' },
  '/forms': { key: 'forms', prefix: 'ap', summary: { flow_count: 0 } },
  '/hooks': { key: 'hooks', prefix: 'hok', untimed: true },
  '/log-streams': { key: '', prefix: 'lst', untimed: true, fresh: { isPriority: false } },
  '/network-acls': { key: 'network_acls', prefix: 'acl' },
  '/rate-limit-policies': { key: 'rate_limit_policies', prefix: 'rlp' },
  '/rules': { key: 'rules', prefix: 'rul', untimed: true },
  '/self-service-profiles': { key: 'self_service_profiles', prefix: 'ssp' },
  '/token-exchange-profiles': { key: 'token_exchange_profiles', prefix: 'tep' },
  '/user-attribute-profiles': { key: 'user_attribute_profiles', prefix: 'uap', untimed: true },
}

/** Factors of guardian, each with its own settings. */
export const FACTORS: readonly string[] = [
  'sms',
  'push-notification',
  'otp',
  'email',
  'duo',
  'webauthn-roaming',
  'webauthn-platform',
  'recovery-code',
]

/** Flags of a tenant that it shows although nobody has set them. */
const FLAGS: readonly string[] = [
  'allow_changing_enable_sso',
  'change_pwd_flow_v1',
  'disable_clickjack_protection_headers',
  'enable_apis_section',
  'enable_client_connections',
  'enable_custom_domain_in_emails',
  'enable_dynamic_client_registration',
  'enable_legacy_logs_search_v2',
  'enable_pipeline2',
  'revoke_refresh_token_grant',
  'use_scope_descriptions_for_consent',
]

/** Settings of which there is one of each, as a new tenant has them; `undefined` for one that it does not have. */
export const SETTINGS: Readonly<Record<string, unknown>> = {
  '/attack-protection/bot-detection': {
    bot_detection_level: 'medium',
    challenge_password_policy: 'never',
    challenge_passwordless_policy: 'never',
    challenge_password_reset_policy: 'never',
    allowlist: [],
    monitoring_mode_enabled: false,
  },
  '/attack-protection/breached-password-detection': {
    enabled: false,
    shields: [],
    admin_notification_frequency: [],
    method: 'standard',
    stage: { 'pre-user-registration': { shields: [] }, 'pre-change-password': { shields: [] } },
  },
  '/attack-protection/captcha': {
    active_provider_id: 'auth_challenge',
    simple_captcha: {},
    auth_challenge: { fail_open: false },
    recaptcha_v2: { site_key: '' },
    recaptcha_enterprise: { site_key: '', project_id: '' },
    hcaptcha: { site_key: '' },
    friendly_captcha: { site_key: '' },
    arkose: {
      site_key: '',
      client_subdomain: 'client-api',
      verify_subdomain: 'verify-api',
      fail_open: false,
    },
  },
  '/attack-protection/suspicious-ip-throttling': {
    enabled: true,
    shields: ['admin_notification', 'block'],
    allowlist: [],
    stage: {
      'pre-login': { max_attempts: 100, rate: 864_000 },
      'pre-user-registration': { max_attempts: 50, rate: 1_200 },
      'pre-custom-token-exchange': { max_attempts: 10, rate: 600_000 },
    },
  },
  '/branding': {},
  '/branding/templates/universal-login': undefined,
  '/emails/provider': undefined,
  '/guardian/factors/duo/settings': {},
  '/guardian/factors/phone/message-types': { message_types: [] },
  '/guardian/factors/phone/selected-provider': { provider: 'auth0' },
  '/guardian/factors/phone/templates': {},
  '/guardian/factors/push-notification/providers/apns': {},
  '/guardian/factors/push-notification/providers/fcm': {},
  '/guardian/factors/push-notification/providers/sns': {},
  '/guardian/factors/push-notification/selected-provider': { provider: 'guardian' },
  '/guardian/factors/sms/providers/twilio': {},
  '/guardian/factors/sms/selected-provider': { provider: 'auth0' },
  '/guardian/factors/sms/templates': {},
  '/guardian/policies': [],
  '/prompts': {
    universal_login_experience: 'new',
    identifier_first: true,
    webauthn_platform_first_factor: false,
  },
  '/risk-assessments/settings': { enabled: false },
  '/risk-assessments/settings/new-device': { remember_for: 30 },
  '/supplemental-signals': { akamai_enabled: false },
  '/tenants/settings': {
    enabled_locales: ['en'],
    flags: Object.fromEntries(FLAGS.map((name) => [name, false])),
    client_id_metadata_document_supported: false,
    sandbox_version: '22',
    session_lifetime: 168,
    idle_session_lifetime: 72,
  },
}
