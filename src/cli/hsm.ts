/** `lockholm hsm`: what a tenant does to its HSMs, over TLS that ends inside them. The verbs are cloudhsm-cli's. */
import type { Command } from 'commander';
import { registerActivate } from './hsm/activate.ts';
import { registerList as registerAuditList } from './hsm/audit/list.ts';
import { registerSave } from './hsm/audit/save.ts';
import { registerVerify as registerAuditVerify } from './hsm/audit/verify.ts';
import { registerZeroize as registerClusterZeroize } from './hsm/cluster/zeroize.ts';
import { registerDecrypt } from './hsm/crypto/decrypt.ts';
import { registerEncrypt } from './hsm/crypto/encrypt.ts';
import { registerInfo } from './hsm/info.ts';
import { registerDelete as registerKeyDelete } from './hsm/key/delete.ts';
import { registerGenerateSymmetric } from './hsm/key/generate-symmetric.ts';
import { registerImport } from './hsm/key/import.ts';
import { registerList as registerKeyList } from './hsm/key/list.ts';
import { registerReceipts } from './hsm/key/receipts.ts';
import { registerSharing } from './hsm/key/sharing.ts';
import { registerUnwrap } from './hsm/key/unwrap.ts';
import { registerWrap } from './hsm/key/wrap.ts';
import { registerApprove } from './hsm/member/approve.ts';
import { registerList as registerMemberList } from './hsm/member/list.ts';
import { registerMode } from './hsm/mode.ts';
import { registerVerify as registerReceiptVerify } from './hsm/receipt/verify.ts';
import { registerTamperAnswer } from './hsm/tamper-answer.ts';
import { registerUnlock } from './hsm/unlock.ts';
import { registerReplace } from './hsm/unlock-code/replace.ts';
import { registerChangePassword } from './hsm/user/change-password.ts';
import { registerCreate } from './hsm/user/create.ts';
import { registerDelete as registerUserDelete } from './hsm/user/delete.ts';
import { registerList as registerUserList } from './hsm/user/list.ts';
import { registerZeroize } from './hsm/zeroize.ts';

export function registerHsm(program: Command): void {
  const hsm = program
    .command('hsm')
    .description('activate, unlock and use HSMs, over TLS that ends inside them: docs/hsm.md');
  registerInfo(hsm);
  registerActivate(hsm);
  registerUnlock(hsm);
  registerReplace(hsm.command('unlock-code').description('what opens stopped HSMs of an attended cluster'));
  registerMode(hsm);
  registerTamperAnswer(hsm);
  registerUsers(hsm.command('user').description('administrators and crypto users'));
  registerMembers(hsm.command('member').description('the HSMs of the cluster, as they know each other'));
  registerKeys(hsm.command('key').description('the keys of a crypto user'));
  const crypto = hsm.command('crypto').description('encrypt and decrypt inside an HSM');
  registerEncrypt(crypto);
  registerDecrypt(crypto);
  registerReceiptVerify(hsm.command('receipt').description('what HSMs sign for others to keep'));
  const audit = hsm.command('audit').description('what happened to an HSM, as it signed it');
  registerAuditList(audit);
  registerSave(audit);
  registerAuditVerify(audit);
  registerZeroize(hsm);
  registerClusterZeroize(hsm.command('cluster').description('all HSMs of a cluster at one time'));
}

function registerUsers(user: Command): void {
  registerCreate(user);
  registerUserList(user);
  registerUserDelete(user);
  registerChangePassword(user);
}

function registerMembers(member: Command): void {
  registerMemberList(member);
  registerApprove(member);
}

function registerKeys(key: Command): void {
  registerGenerateSymmetric(key);
  registerKeyList(key);
  registerKeyDelete(key);
  registerImport(key);
  registerWrap(key);
  registerUnwrap(key);
  registerReceipts(key);
  registerSharing(key, {
    name: 'share',
    message: 'shareKey',
    description: 'let another crypto user use a key: not delete, wrap or share it',
    done: 'may use',
  });
  registerSharing(key, {
    name: 'unshare',
    message: 'unshareKey',
    description: 'take that back',
    done: 'may no longer use',
  });
}
