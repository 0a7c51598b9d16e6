export const KEEP_CODE =
  'Keep it where you keep such things, apart from this machine: it is shown this once. A stopped HSM of an attended\n' +
  'cluster is ciphertext to everybody until it gets this code, and nobody can make it again for you.';
