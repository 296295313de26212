#![no_main]
//! What a log submits to a witness: any text is a request that is written the same again, or is refused; a request that was
//! read never makes the witness's look at it panic.

use ledger::{AddCheckpoint, Hash, WitnessedHead};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(request) = text.parse::<AddCheckpoint>() else { return };
    assert_eq!(request.to_string(), text);
    let known = WitnessedHead { size: request.old, root: Hash::empty_root() };
    if request.extends(Some(&known)).is_ok() {
        assert!(request.head.size >= known.size);
    }
    assert!(request.extends(None).is_err() || request.old == 0);
});
