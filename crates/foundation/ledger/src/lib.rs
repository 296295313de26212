//! Tamper-evident log: tiles, checkpoints, proofs, witness cosignature.
