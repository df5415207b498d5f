/** The secrets that the Worker of the tests has. Nothing that they encrypt or admit lives longer than a test file. */

export const TEST_SECRETS = {
  ROOT_KEY: 'root-key-of-the-tests',
  CREDENTIALS_KEY: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
}
