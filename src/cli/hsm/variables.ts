/** Environment variables of `lockholm hsm`; the server's settings know them, to refuse only what nothing knows. */
export const HSM_ADDRESSES = 'LOCKHOLM_HSM';
export const HSM_CLUSTER_ID = 'LOCKHOLM_HSM_CLUSTER_ID';
export const HSM_TRUST_ANCHOR = 'LOCKHOLM_HSM_TRUST_ANCHOR';
export const HSM_USER = 'LOCKHOLM_HSM_USER';
export const HSM_PASSWORD = 'LOCKHOLM_HSM_PASSWORD';
export const HSM_NEW_PASSWORD = 'LOCKHOLM_HSM_NEW_PASSWORD';
export const HSM_UNLOCK_CODE = 'LOCKHOLM_HSM_UNLOCK_CODE';

export const hsmVariables: readonly string[] = [
  HSM_ADDRESSES,
  HSM_CLUSTER_ID,
  HSM_TRUST_ANCHOR,
  HSM_USER,
  HSM_PASSWORD,
  HSM_NEW_PASSWORD,
  HSM_UNLOCK_CODE,
];
