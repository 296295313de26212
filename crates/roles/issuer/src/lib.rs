//! 付番機関: issues codes to who asks, keeps the issue state.
