/** How legitimate the login looks: `low` confidence means a risky login. */
type Confidence = 'low' | 'medium' | 'high' | 'neutral'

interface Assessment<Code extends string, Details> {
  code: Code
  confidence: Confidence
  details?: Details
}

/**
 * `event.authentication.riskAssessment`.
 *
 * @see https://auth0.com/docs/secure/multi-factor-authentication/adaptive-mfa/customize-adaptive-mfa
 */
export interface RiskAssessment {
  confidence: Confidence
  version: string
  assessments: {
    UntrustedIP?: Assessment<
      'not_found_on_deny_list' | 'found_on_deny_list' | 'invalid_ip_address' | 'assessment_not_available',
      { category?: string; ip?: string; matches?: string; source?: string }
    >
    NewDevice?: Assessment<
      | 'match'
      | 'partial_match'
      | 'no_match'
      | 'initial_login'
      | 'unknown_device'
      | 'no_device_history'
      | 'assessment_not_available',
      { device?: 'known' | 'unknown'; useragent?: 'known' | 'unknown' }
    >
    ImpossibleTravel?: Assessment<
      | 'minimal_travel_from_last_login'
      | 'travel_from_last_login'
      | 'substantial_travel_from_last_login'
      | 'impossible_travel_from_last_login'
      | 'invalid_travel'
      | 'missing_geoip'
      | 'anonymous_proxy'
      | 'unknown_location'
      | 'initial_login'
      | 'location_history_not_found'
      | 'assessment_not_available',
      Record<string, unknown>
    >
    AgentDetection?: Assessment<'unknown' | 'verified_agent', { provider?: string }>
  }
  /** Early Access. */
  supplemental?: {
    akamai?: {
      akamaiBot?: {
        type?: string
        action?: string
        botCategory?: string[]
        botScore?: number
        botScoreResponseSegment?: string
        botnetId?: string
        [other: string]: unknown
      }
      akamaiUserRisk?: {
        action?: string
        allow?: number
        emailDomain?: string
        general?: Record<string, unknown>
        ouid?: string
        requestid?: string
        risk?: Record<string, unknown>
        score?: number
        status?: number
        trust?: Record<string, unknown>
        username?: string
        uuid?: string
        [other: string]: unknown
      }
      [other: string]: unknown
    }
    [other: string]: unknown
  }
}
