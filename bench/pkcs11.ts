/** As much of pkcs11js as the benchmark calls: it is installed beside the project, so its types are not at hand. */
import { createRequire } from 'node:module';

type Handle = Buffer;
export interface Mechanism {
  readonly mechanism: number;
  readonly parameter?: object;
}
interface Attribute {
  readonly type: number;
  readonly value: number | boolean;
}

interface Pkcs11 {
  load(library: string): void;
  C_Initialize(): void;
  C_Finalize(): void;
  C_GetSlotList(tokenPresent: boolean): readonly Handle[];
  C_InitToken(slot: Handle, pin: string, label: string): void;
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_Login(session: Handle, user: number, pin: string): void;
  C_Logout(session: Handle): void;
  C_InitPIN(session: Handle, pin: string): void;
  C_GenerateKey(session: Handle, mechanism: Mechanism, template: readonly Attribute[]): Handle;
  C_EncryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Encrypt(session: Handle, data: Buffer, out: Buffer): Buffer;
  C_DecryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Decrypt(session: Handle, data: Buffer, out: Buffer): Buffer;
}

export interface Pkcs11Js {
  readonly PKCS11: new () => Pkcs11;
  readonly [constant: `CK${string}`]: number;
}

export const loadPkcs11Js = (path: string): Pkcs11Js => createRequire(import.meta.url)(path);

const SO_PIN = '123456789';
const USER_PIN = '987654321';

export interface Token {
  readonly session: Handle;
  /** AES-256, on the token, which does not give it out. */
  readonly key: Handle;
  readonly module: Pkcs11;
}

/** A new token with a key and a session of its user, as PKCS #11 2.40, section 5, has a device prepared. */
export const makeToken = (js: Pkcs11Js, library: string): Token => {
  const constant = (name: `CK${string}`): number => js[name] ?? 0;
  const module = new js.PKCS11();
  module.load(library);
  module.C_Initialize();
  const slotWithToken = () => module.C_GetSlotList(true)[0] ?? Buffer.alloc(0);
  module.C_InitToken(slotWithToken(), SO_PIN, 'bench');
  const flags = constant('CKF_SERIAL_SESSION') | constant('CKF_RW_SESSION');
  const session = module.C_OpenSession(slotWithToken(), flags);
  module.C_Login(session, constant('CKU_SO'), SO_PIN);
  module.C_InitPIN(session, USER_PIN);
  module.C_Logout(session);
  module.C_Login(session, constant('CKU_USER'), USER_PIN);
  const key = module.C_GenerateKey(session, { mechanism: constant('CKM_AES_KEY_GEN') }, [
    { type: constant('CKA_TOKEN'), value: true },
    { type: constant('CKA_PRIVATE'), value: true },
    { type: constant('CKA_SENSITIVE'), value: true },
    { type: constant('CKA_EXTRACTABLE'), value: false },
    { type: constant('CKA_ENCRYPT'), value: true },
    { type: constant('CKA_DECRYPT'), value: true },
    { type: constant('CKA_VALUE_LEN'), value: 32 },
  ]);
  return { session, key, module };
};
