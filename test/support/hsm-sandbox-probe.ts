/** A real HSM, that then tries what the sandbox must refuse. Started by test/hsm/sandbox.test.ts. */
import '../../src/hsm/main.ts';
import './sandbox-attempts.ts';
