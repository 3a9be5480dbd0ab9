/** Where a request comes from, as far as it is known. */
export interface GeoIp {
  cityName?: string
  continentCode?: string
  countryCode?: string
  countryCode3?: string
  countryName?: string
  latitude?: number
  longitude?: number
  subdivisionCode?: string
  subdivisionName?: string
  timeZone?: string
}
