/** What the tests use of aws4, which brings no types. */
declare module 'aws4' {
  interface Aws4Request {
    service?: string;
    region?: string;
    method?: string;
    host?: string;
    path?: string;
    headers?: Record<string, string | number>;
    body?: string;
    /** In the query, and not in headers. */
    signQuery?: boolean;
  }
  const aws4: {
    sign(
      request: Aws4Request,
      credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string },
    ): Aws4Request;
  };
  export default aws4;
}
