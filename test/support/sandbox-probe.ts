/** A real engine, that then tries what the sandbox must refuse. Started by test/engine/sandbox.test.ts. */
import '../../src/engine/main.ts';
import './sandbox-attempts.ts';
