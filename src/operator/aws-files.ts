/**
 * The files that AWS SDKs and the `aws` command read (AWS SDKs and Tools reference guide, "Shared config and
 * credentials files").
 */

export interface ProfileKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A section of a credentials file. */
export const credentialsSection = (profile: string, key: ProfileKey): string =>
  `[${profile}]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`;

/** A section of a config file, where every profile but `default` has a prefix. */
export const configSection = (profile: string, endpoint: string, region: string): string =>
  `[${profile === 'default' ? profile : `profile ${profile}`}]\nregion = ${region}\nendpoint_url = ${endpoint}\n`;

/** What may stand between the brackets without being quoted. */
export const isProfileName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}$/.test(name);

/** Whether a credentials file has the profile. */
export const hasProfile = (text: string, profile: string): boolean =>
  text.split('\n').some((line) => /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1] === profile);
