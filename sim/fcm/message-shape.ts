/**
 * The fields of `messages:send`, as data.
 *
 * Source: the discovery document (googleapis/google-api-go-client, fcm/v1/fcm-api.json), and `fid` from
 * firebase-admin 14 and Google's Dart client.
 */
import { bool, duration, integer, list, map, message, number, oneOf, struct, text } from './shapes.ts'

const fcmOptions = message({ analytics_label: text })

const androidNotification = message({
  title: text,
  body: text,
  icon: text,
  color: text,
  sound: text,
  tag: text,
  click_action: text,
  body_loc_key: text,
  body_loc_args: list(text),
  title_loc_key: text,
  title_loc_args: list(text),
  channel_id: text,
  ticker: text,
  sticky: bool,
  event_time: text,
  local_only: bool,
  notification_priority: oneOf(
    'NotificationPriority',
    'PRIORITY_UNSPECIFIED',
    'PRIORITY_MIN',
    'PRIORITY_LOW',
    'PRIORITY_DEFAULT',
    'PRIORITY_HIGH',
    'PRIORITY_MAX',
  ),
  default_sound: bool,
  default_vibrate_timings: bool,
  default_light_settings: bool,
  vibrate_timings: list(duration),
  visibility: oneOf('Visibility', 'VISIBILITY_UNSPECIFIED', 'PRIVATE', 'PUBLIC', 'SECRET'),
  notification_count: integer,
  light_settings: message({
    color: message({ red: number, green: number, blue: number, alpha: number }),
    light_on_duration: duration,
    light_off_duration: duration,
  }),
  image: text,
  bypass_proxy_notification: bool,
  proxy: oneOf('Proxy', 'PROXY_UNSPECIFIED', 'ALLOW', 'DENY', 'IF_PRIORITY_LOWERED'),
})

const android = message({
  collapse_key: text,
  priority: oneOf('AndroidMessagePriority', 'NORMAL', 'HIGH'),
  ttl: duration,
  restricted_package_name: text,
  data: map,
  notification: androidNotification,
  fcm_options: fcmOptions,
  direct_boot_ok: bool,
  bandwidth_constrained_ok: bool,
  restricted_satellite_ok: bool,
})

const apns = message({
  headers: map,
  payload: struct,
  fcm_options: message({ analytics_label: text, image: text }),
  live_activity_token: text,
})

const webpush = message({
  headers: map,
  data: map,
  notification: struct,
  fcm_options: message({ link: text, analytics_label: text }),
})

/** The body of `messages:send`. */
export const SEND_REQUEST = message({
  validate_only: bool,
  message: message(
    {
      name: text,
      data: map,
      notification: message({ title: text, body: text, image: text }),
      android,
      apns,
      webpush,
      fcm_options: fcmOptions,
      token: text,
      fid: text,
      topic: text,
      condition: text,
    },
    { name: 'target', fields: ['token', 'fid', 'topic', 'condition'] },
  ),
})
