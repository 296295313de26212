//! Numbers with their check digits, the code permutation, sealed envelopes, key custody.
