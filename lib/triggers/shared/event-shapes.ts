import { each, number, object, optional, type Shape, text } from '../shape.ts'

/** Members of text that may be missing. */
export const maybe = (...names: string[]): Record<string, Shape> => each(optional(text), ...names)

/** `event.request.geoip`: always an object, and each member may be missing. */
export const geoip = object({
  ...maybe('cityName', 'continentCode', 'countryCode', 'countryCode3', 'countryName'),
  ...each(optional(number), 'latitude', 'longitude'),
  ...maybe('subdivisionCode', 'subdivisionName', 'timeZone'),
})
