/** What the delivery tests' environment has beside the Worker's own bindings. */
declare namespace Cloudflare {
  interface Env {
    /** The simulators' control API. */
    SIM_CONTROL_URL: string
    /** Where webhook-receiver.ts listens. */
    WEBHOOK_RECEIVER_URL: string
  }
}
