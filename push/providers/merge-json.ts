/**
 * How a caller's per-service override becomes part of that service's payload: JSON Merge Patch (RFC 7396).
 * Pure; neither argument is changed.
 */
import type { Json, JsonObject } from '../notification.ts'

/**
 * The base with the override merged over it: objects merge by key, everything else replaces, `null` removes
 * (RFC 7396 §2).
 */
export function mergeJson(base: JsonObject, override: JsonObject): JsonObject {
  // A map, because assigning the key "__proto__" to an object would not make a property.
  const merged = new Map(Object.entries(base))
  for (const [key, value] of Object.entries(override)) {
    const before = merged.get(key)
    if (value === null) merged.delete(key)
    else if (isJsonObject(value)) merged.set(key, mergeJson(isJsonObject(before) ? before : {}, value))
    else merged.set(key, value)
  }
  return Object.fromEntries(merged)
}

/** Whether the value is an object in JSON's sense. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
