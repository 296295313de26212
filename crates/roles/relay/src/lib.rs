//! 情報連携基盤: registration and translation; holds no record and no My Number.
