/** What is known of a person: in the event, in tenant.local.yaml and in the database of the local tenant. */
export interface UserProfile {
  email?: string
  email_verified?: boolean
  username?: string
  phone_number?: string
  phone_verified?: boolean
  name?: string
  nickname?: string
  given_name?: string
  family_name?: string
  picture?: string
}
