/** What both ends of a TLS connection name the protocol within it (RFC 7301). */
export const ALPN = 'lockholm-hsm/1';
export const PEER_ALPN = 'lockholm-hsm-peer/1';
