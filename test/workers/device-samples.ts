/** Well-formed addresses and registrations for tests. */

let made = 0

/** A registration token that no other test has. */
export function fcmToken(): string {
  return `test-token-${++made}:APA91bFsample`
}

export function apnsToken(): string {
  return (++made).toString(16).padStart(64, '0')
}

/** The keys of RFC 8291 Appendix A, at an endpoint that no other test has. */
export function subscription() {
  return {
    endpoint: `https://updates.push.services.mozilla.com/wpush/v2/sample-${++made}`,
    keys: {
      p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
      auth: 'BTBZMqHH6r4Tts7J_aSIgg',
    },
  }
}

export function fcmDevice(facts: object = {}) {
  return { platform: 'fcm', token: fcmToken(), ...facts }
}
